"""One way to break one rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

ADD: Final = "+"
REMOVE: Final = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One way to break one rule; a rule of "" is a change that breaks none."""

    rule: str
    resource: str
    path: str
    value: Any = ...
    also: tuple[str, ...] = ()
