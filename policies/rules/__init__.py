"""The rules, one file a family. A new file is found by being here; a new rule by its decorator."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from policies.rule import REGISTRY, Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of the pack, by id."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return tuple(REGISTRY[identity] for identity in sorted(REGISTRY))
