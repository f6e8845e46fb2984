"""The result of an estimate: one line a resource, what could not be priced, and totals that are sums of the lines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from tools.cost.usage import Usage, in_stack_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The cost of one resource in USD, rounded half-even to 0.0001 USD.

    `monthly_usd` is the expected cost; `min_usd` and `max_usd` bound it under autoscaling. `one_off_usd` is the expected cost of
    one run of a training job, `one_off_max_usd` that of a run to its time limit (the month includes `Usage.training_runs` runs).
    `stand_in` says that at least one price is not the region's own published one; `basis` says which.
    """

    urn: str
    type: str
    name: str
    monthly_usd: float
    min_usd: float
    max_usd: float
    basis: str
    one_off_usd: float = 0.0
    one_off_max_usd: float = 0.0
    stand_in: bool = False
    priced_from: str = ""
    priced_at: str = ""

    def to_json(self) -> dict[str, Any]:
        """The entry in `cost.lines`. It has the one-off keys only for a training job."""
        line: dict[str, Any] = {
            "urn": self.urn,
            "monthly_usd": self.monthly_usd,
            "basis": self.basis,
            "type": self.type,
            "name": self.name,
            "min_usd": self.min_usd,
            "max_usd": self.max_usd,
        }
        if self.one_off_max_usd:
            line |= {"one_off_usd": self.one_off_usd, "one_off_max_usd": self.one_off_max_usd}
        return line


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpriced:
    """A resource, or a part of it, whose cost is not in the total, and why."""

    urn: str
    type: str
    name: str
    reason: str

    def to_json(self) -> dict[str, str]:
        """The entry in `cost.unpriced`."""
        return {"urn": self.urn, "type": self.type, "name": self.name, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A change that would save `saves_usd` a month of the expected cost of the resource `urn`."""

    urn: str
    saves_usd: float
    message: str

    def to_json(self) -> dict[str, Any]:
        """The entry in `cost.hints`."""
        return {"urn": self.urn, "saves_usd": self.saves_usd, "message": self.message}


@dataclass(frozen=True, slots=True, kw_only=True)
class CostReport:
    """All lines, largest first, and what is missing from them. Every total is the sum of its column."""

    region: str
    lines: tuple[Line, ...]
    unpriced: tuple[Unpriced, ...]
    before_usd: float
    ceiling_usd: float | None
    ceiling_holds: str  # "expected" or "maximum"
    usage: Usage
    unmatched: tuple[str, ...] = ()  # overrides of `usage` that no resource's name fits
    hints: tuple[Hint, ...] = ()  # of `tools.cost.hints`, one a line at most

    @property
    def monthly_usd(self) -> float:
        """Expected USD a month."""
        return total(line.monthly_usd for line in self.lines)

    @property
    def min_usd(self) -> float:
        """USD a month with everything scaled in."""
        return total(line.min_usd for line in self.lines)

    @property
    def max_usd(self) -> float:
        """USD a month with everything scaled out and every training job at its limit."""
        return total(line.max_usd for line in self.lines)

    @property
    def delta_usd(self) -> float:
        """Expected USD a month more (or, negative, less) than before."""
        return total((self.monthly_usd, -self.before_usd))

    @property
    def held_usd(self) -> float:
        """The USD a month that are compared with the ceiling: the expected or the maximum, by `ceiling_holds`."""
        return self.max_usd if self.ceiling_holds == "maximum" else self.monthly_usd

    @property
    def over_ceiling(self) -> bool:
        """Whether the month exceeds the ceiling. Without a ceiling it never does."""
        return self.ceiling_usd is not None and self.held_usd > self.ceiling_usd

    @property
    def largest(self) -> tuple[Line, ...]:
        """The lines that cost something, largest first by the month that the ceiling limits. They are shown when it blocks."""
        at_most = self.ceiling_holds == "maximum"
        costly = [line for line in self.lines if line.max_usd > 0]
        return tuple(sorted(costly, key=lambda line: -(line.max_usd if at_most else line.monthly_usd)))

    def to_json(self) -> dict[str, Any]:
        """The `cost` object. `priced_from` and `priced_at` are the oldest and newest date of a price used, "" when none was."""
        dated = [line for line in self.lines if line.priced_at]
        return {
            "monthly_usd": self.monthly_usd,
            "before_usd": self.before_usd,
            "ceiling_usd": self.ceiling_usd,
            "ceiling_holds": self.ceiling_holds,
            "lines": [line.to_json() for line in self.lines],
            "unpriced": [item.to_json() for item in self.unpriced],
            "delta_usd": self.delta_usd,
            "min_usd": self.min_usd,
            "max_usd": self.max_usd,
            "one_off_usd": total(line.one_off_usd for line in self.lines),
            "one_off_max_usd": total(line.one_off_max_usd for line in self.lines),
            "stand_in_usd": total(line.monthly_usd for line in self.lines if line.stand_in),
            "over_ceiling": self.over_ceiling,
            "region": self.region,
            "priced_from": min((line.priced_from for line in dated), default=""),
            "priced_at": max((line.priced_at for line in dated), default=""),
            "usage": self.usage_json(),
            "hints": [hint.to_json() for hint in self.hints],
        }

    def usage_json(self) -> dict[str, Any]:
        """The assumptions that differ from the defaults, by the stack file's names, and the overrides that match no resource."""
        return {
            "assumed": {name: number for name, (number, _) in self.usage.differences().items()},
            "overrides": {
                pattern: {in_stack_file(name): number for name, number in values.items()}
                for pattern, values in self.usage.overrides.items()
            },
            "unmatched": list(self.unmatched),
        }


def total(values: Any) -> float:
    """The exact sum, rounded to 0.0001 USD as every line is, so that the lines add up to the total."""
    return rounded(math.fsum(values))


def rounded(usd: float) -> float:
    """USD rounded half-even to 0.0001; never -0.0."""
    return round(usd, 4) + 0.0
