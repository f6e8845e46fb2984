"""A step: one property that a thing in AWS must have. It is looked at first and changed only where it differs.

So a run may be interrupted at any time, and the next run continues.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tools.bootstrap.account import Account
from tools.bootstrap.errors import asking

# The op of a step: the property is as wanted, is absent, or differs. A thing that is made has all its properties made.
FOUND: Final = "found"
MAKE: Final = "make"
MEND: Final = "mend"
DONE: Final = {MAKE: "made", MEND: "mended", FOUND: FOUND}


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One property (`aspect`) of one `thing` (a key, a bucket, a role). The first aspect of a thing is that it exists.

    `look` gives the property's value in AWS, None where it is absent; `want` gives the value it must have; `put` sets it.
    """

    thing: str
    aspect: str
    look: Callable[[Account], Any]
    want: Callable[[Account], Any]
    put: Callable[[Account], None]
    same: Callable[[Any, Any], bool] = lambda seen, wanted: bool(seen == wanted)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The result of a step: `op` is found, make or mend in a survey, and found, made or mended after it was applied."""

    thing: str
    aspect: str
    op: str


def survey(account: Account, steps: Iterable[Step]) -> list[Outcome]:
    """Looks at every step: what is found, and what would be made or mended. Changes nothing."""
    return [Outcome(thing=step.thing, aspect=step.aspect, op=_op(account, step)) for step in steps]


def apply(account: Account, steps: Iterable[Step]) -> Iterator[Outcome]:
    """Makes and mends, step by step. Raises BootstrapError at the first refusal; the steps before it stay done."""
    for step in steps:
        op = _op(account, step)
        if op != FOUND:
            with asking(f"{step.thing}, {step.aspect}"):
                step.put(account)
        yield Outcome(thing=step.thing, aspect=step.aspect, op=DONE[op])


def _op(account: Account, step: Step) -> str:
    with asking(f"looking at {step.thing}, {step.aspect}"):
        seen = step.look(account)
    if seen is None:
        return MAKE
    return FOUND if step.same(seen, step.want(account)) else MEND
