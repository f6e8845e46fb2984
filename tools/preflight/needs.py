"""How much of something a plan takes in all, and how much its change adds. The functions have no effects.

What a plan takes is counted at its largest (autoscaling maxima). A change adds, by its operation:

    create   all that the resource takes
    replace  all that the resource takes: the new one is made before the old one is deleted
    update   the increase, where the plan has the inputs before
    same     nothing
    delete   nothing: what the deletion frees is free only after the rest is made
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from tools.plan.reader import Block
from tools.plan.view import ResourceView

# A larger number in a plan is taken for a typing error.
_LARGEST: Final = 1e9
GONE: Final = ("delete", "read")
MADE: Final = ("create", "replace")

# Gives how much of something a resource takes; None where that is known at `up` only.
Size = Callable[[ResourceView], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A need of one kind: `total` is all that the plan takes, `added` what its change adds.

    `by` names the resources that take it, `gaps` those of which it is not known yet how much they take.
    """

    total: float = 0.0
    added: float = 0.0
    by: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()

    def __add__(self, other: Need) -> Need:
        return Need(
            total=self.total + other.total,
            added=self.added + other.added,
            by=self.by + other.by,
            gaps=self.gaps + other.gaps,
        )


def live(plan: Iterable[ResourceView]) -> list[ResourceView]:
    """The real resources of the stack that will exist after the change."""
    return [view for view in plan if view.custom and view.op not in GONE]


def need(view: ResourceView, size: Size, *, says: str = "", kept: bool = True) -> Need:
    """The need of one resource. `kept` is false for a resource that takes something only while it is made, such as a job."""
    total = size(view)
    if total is None:
        return Need(gaps=(view.name,))
    added = _added(view, total, size)
    if not kept:
        total = added
    return Need(total=total, added=added, by=(says or view.name,) if total else ())


def _added(view: ResourceView, total: float, size: Size) -> float:
    if view.op in MADE:
        return total
    if view.op == "update" and view.before:
        before = size(replace(view, props=view.before))
        return total if before is None else max(0.0, total - before)
    return 0.0


def amount(block: Block, path: str, default: float) -> float | None:
    """The number of 0 or more at `path`; `default` where the property is not set, None where it is unknown or no such number."""
    if not block.given(path):
        return default
    found = block.number(path, unknown=None)
    return found if found is not None and 0 <= found < _LARGEST else None


def texts(block: Block, path: str) -> tuple[str, ...] | None:
    """The texts of a list, or the one text in its place, each once; () for an empty list, None where any is not known."""
    found = [item.text(unknown="") for item in block.items(path, unknown=[Block("")])]
    return tuple(dict.fromkeys(found)) if all(found) else None
