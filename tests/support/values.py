"""Reads a property of a recorded resource, by the same reader as production code."""

from __future__ import annotations

from typing import Any

from tools.plan.reader import Block
from tools.plan.view import ResourceView


def read(view: ResourceView, path: str) -> Any:
    """The plain value at a dotted path, None where there is none. Raises Undecided where it is unknown."""
    return Block.of(view).value(path)
