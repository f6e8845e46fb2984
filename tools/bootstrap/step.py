"""A step: one property of one thing that has to be so. Looked at first, changed only where it differs, so any run may be cut."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tools.bootstrap.account import Account
from tools.bootstrap.errors import asking

# Op of a step: what it would be or what it was. A thing that is made has all its properties made.
FOUND: Final = "found"
MAKE: Final = "make"
MEND: Final = "mend"
DONE: Final = {MAKE: "made", MEND: "mended", FOUND: FOUND}


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """`thing` is what a person counts (a key, a bucket, a role), `aspect` which property of it; the first is that it is there.

    `look` tells what it is now, None where there is nothing; `want` what it must be; `put` makes it so.
    """

    thing: str
    aspect: str
    look: Callable[[Account], Any]
    want: Callable[[Account], Any]
    put: Callable[[Account], None]
    same: Callable[[Any, Any], bool] = lambda seen, wanted: bool(seen == wanted)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a step was or would be: `op` is found, make or mend, or with `done` what became of it."""

    thing: str
    aspect: str
    op: str


def survey(account: Account, steps: Iterable[Step]) -> list[Outcome]:
    """What there is, and what would be made or mended. Changes nothing."""
    return [Outcome(thing=step.thing, aspect=step.aspect, op=_op(account, step)) for step in steps]


def apply(account: Account, steps: Iterable[Step]) -> Iterator[Outcome]:
    """Makes and mends, step by step. Raises BootstrapError at the first that is refused; what was done before stays."""
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
