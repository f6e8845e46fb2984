"""How much of something a plan takes: in all, and by this change. Pure.

What a plan takes is counted at its largest (autoscaling maxima). What a change adds to what is there:

    create   all of it
    replace  all of it: the new one is made before the old one goes
    update   what it grows by, where the plan tells what was there before
    same     nothing
    delete   nothing: what it frees is free only after the rest was made
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from tools.plan.view import ResourceView, Secret

GONE: Final = ("delete", "read")
MADE: Final = ("create", "replace")

# How much of something a resource takes, for whom; None where only `up` can tell.
Size = Callable[[ResourceView], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """`total` is all that the plan takes, `added` what this change adds; `by` says who, `gaps` whose need nobody knows yet."""

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
    """What is ours and will be there."""
    return [view for view in plan if view.custom and view.op not in GONE]


def need(view: ResourceView, size: Size, *, says: str = "", kept: bool = True) -> Need:
    """The need of one resource. `kept` is false of what takes something only while it is made, as a job that runs and ends."""
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


def number(view: ResourceView, path: str, default: float) -> float | None:
    """The number at a path, also one in quotes; the default where there is none, None where it is not known or no number."""
    value = plain(view.get(path, default))
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    wrong = isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9
    return None if wrong else float(value)


def text(view: ResourceView, path: str, default: str = "") -> str | None:
    """The words at a path; None where they are not known."""
    value = plain(view.get(path, default))
    return value if isinstance(value, str) else None


def items(view: ResourceView, path: str) -> list[Any] | None:
    """The list at a path, [] where there is none; None where it is not known."""
    value = plain(view.get(path, ()))
    return [plain(item) for item in value] if isinstance(value, list | tuple) else None


def plain(value: Any) -> Any:
    """A value without the cover of a secret."""
    return value.value if isinstance(value, Secret) else value
