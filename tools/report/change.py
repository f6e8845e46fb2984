"""A change as data, read from what `preview --json` or `up --json` printed. Markdown and HTML are made from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from catalog.types.every import CARDS
from tools.report.redact import HIDDEN

OPS: Final = ("create", "update", "replace", "delete", "same")
# The sign in front of a row of the preflight, by the row's state.
PREFLIGHT_MARKS: Final[Mapping[str, str]] = {"short": "⛔", "unknown": "⚠️", "ok": "✅"}


def data_lost(type_: str, op: str) -> str:
    """The data that is lost when `op` is done to a resource of this type; "" where none is lost."""
    card = CARDS.get(type_)
    return card.holds if card and op in ("replace", "delete") else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One changed property of a resource; `old` and `new` are "" where the document lacks them."""

    path: str
    old: str = ""
    new: str = ""

    @classmethod
    def of(cls, path: str, old: str, new: str) -> Property:
        """A property with both values hidden where either is: the other would tell what the secret was or will be."""
        return cls(path=path, old=HIDDEN, new=HIDDEN) if HIDDEN in (old, new) else cls(path=path, old=old, new=new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One resource that changes. `kind` is the type's last part, `component` the outermost component around it."""

    name: str
    type: str
    kind: str
    component: str
    op: str
    custom: bool
    properties: tuple[Property, ...] = ()
    because: tuple[str, ...] = ()

    @property
    def loses(self) -> str:
        """The data that is lost when this resource is replaced or deleted; "" where it holds none."""
        return data_lost(self.type, self.op) if self.custom else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """What one resource costs a month."""

    name: str
    kind: str
    usd: float
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """A change to one resource that does the same for less: how much less a month, and how."""

    name: str
    usd: float
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """The bill of the change in USD a month. A number that the document lacks is None."""

    after: float
    before: float
    ceiling: float | None
    at_most: bool  # whether the ceiling holds the month with everything scaled out, not the expected one
    least: float | None
    most: float | None
    largest: tuple[Priced, ...]
    unpriced: tuple[tuple[str, str], ...]  # name, why
    savings: tuple[Saving, ...]  # the largest first
    region: str
    priced_at: str

    @property
    def delta(self) -> float:
        """The change of the monthly bill; negative where the stack becomes cheaper."""
        return self.after - self.before

    @property
    def holds(self) -> str:
        """The words after the ceiling that say it limits the most expensive month; "" where it limits the expected month."""
        return " at the most" if self.at_most else ""

    @property
    def saved(self) -> float:
        """The sum of all savings. A resource has one saving at most, so none is counted twice."""
        return sum(one.usd for one in self.savings)

    @property
    def over(self) -> bool:
        """Whether the ceiling is passed."""
        held = self.most if self.at_most and self.most is not None else self.after
        return self.ceiling is not None and held > self.ceiling


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule and message, with every resource it applies to: the same fault of four roles is one finding."""

    rule: str
    message: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The verdict of the policies. `waiting` are rules that only `up` can settle, with the property that each waits for."""

    rules: int
    evaluated: int
    mandatory: tuple[Finding, ...]
    advisory: tuple[Finding, ...]
    waiting: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One row of the preflight: what the plan needs of the account, and what it has. `state`: short, unknown, ok, or ""."""

    kind: str
    code: str
    need: str
    have: str
    message: str
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """Quotas and capacity, asked before `up`."""

    ok: bool
    rows: tuple[Need, ...]

    @property
    def verdict(self) -> str:
        """The verdict in words, with how many rows are not known either way."""
        unknown = sum(1 for row in self.rows if row.state == "unknown")
        verdict = "the account has what it takes" if self.ok else "the account lacks something"
        return f"{verdict}, {unknown} could not be told" if unknown else verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """All that a report shows of one change. A part that the document lacks is None."""

    stack: str
    seconds: float
    counts: Mapping[str, int]
    changed: tuple[Changed, ...]
    money: Money | None
    policy: Policy | None
    preflight: Preflight | None
    faults: tuple[str, ...]

    def of(self, *ops: str) -> tuple[Changed, ...]:
        """The real resources (no components) of these operations: those that hold data first, then in plan order."""
        found = [one for one in self.changed if one.custom and one.op in ops]
        return tuple(sorted(found, key=lambda one: (not one.loses, ops.index(one.op))))

    @property
    def blocks(self) -> tuple[str, ...]:
        """The reasons for which `up` would refuse this change; empty where it would run."""
        reasons = []
        if self.faults:
            reasons.append("the preview failed")
        if self.policy and self.policy.mandatory:
            count = sum(len(one.names) for one in self.policy.mandatory)
            reasons.append(f"{count} mandatory policy {'violation' if count == 1 else 'violations'}")
        if self.money and self.money.over:
            reasons.append("over the cost ceiling")
        if self.preflight and not self.preflight.ok:
            reasons.append("the account lacks quota or capacity")
        return tuple(reasons)


def grouped(changed: Iterable[Changed]) -> list[tuple[str, int, list[tuple[str, int]]]]:
    """(component, resources, [(kind, resources)] by number): one row a component, in plan order, for lists too long to name."""
    kinds: dict[str, Counter[str]] = {}
    for one in changed:
        kinds.setdefault(one.component, Counter())[one.kind] += 1
    return [(component, counted.total(), counted.most_common()) for component, counted in kinds.items()]


def alike(changed: Iterable[Changed]) -> list[tuple[tuple[Property, ...], list[Changed]]]:
    """Groups resources whose same properties change in the same way: a tag of the whole stack is one row, not two hundred."""
    found: dict[tuple[Property, ...], list[Changed]] = {}
    for one in changed:
        found.setdefault(one.properties, []).append(one)
    return list(found.items())
