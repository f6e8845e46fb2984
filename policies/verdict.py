"""The verdict of a rule on a resource, and how the verdicts on several items become one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tools.plan.reader import Undecided


@dataclass(frozen=True, slots=True)
class Pass:
    """The resource keeps the rule (or the rule has nothing to say about it)."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The resource breaks the rule. The message says what was found; the rule's `fix` says the way out."""

    message: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The verdict depends on the property at this path, which is known at `up` only."""

    property: str


PASS: Final = Pass()
Verdict = Pass | Fail | Unknown


def _verdicts(items: Iterable[Any], judge: Callable[[Any], Verdict]) -> Iterator[Verdict]:
    """The verdict on each item, one after the other; an item that cannot be decided is Unknown."""
    for item in items:
        try:
            yield judge(item)
        except Undecided as undecided:
            yield Unknown(undecided.path)


def every(items: Iterable[Any], judge: Callable[[Any], Verdict]) -> Verdict:
    """The worst verdict over the items: the first failure, else the first unknown, else PASS."""
    unknown: Unknown | None = None
    for verdict in _verdicts(items, judge):
        if isinstance(verdict, Fail):
            return verdict
        if isinstance(verdict, Unknown) and unknown is None:
            unknown = verdict
    return unknown or PASS


def some(items: Iterable[Any], judge: Callable[[Any], Verdict], otherwise: str) -> Verdict:
    """The best verdict over the items: PASS where one passes, else the first unknown, else a failure with this message."""
    unknown: Unknown | None = None
    for verdict in _verdicts(items, judge):
        if isinstance(verdict, Pass):
            return PASS
        if isinstance(verdict, Unknown) and unknown is None:
            unknown = verdict
    return unknown or Fail(otherwise)
