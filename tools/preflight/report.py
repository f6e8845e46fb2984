"""The result of a preflight: one row for each check, those that are short first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """The state of a row. SHORT is known not to fit, OK is known to fit, UNKNOWN is not known either way."""

    SHORT = "short"
    UNKNOWN = "unknown"
    OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One check. `need` and `have` are numbers where there are any; `way_out` lists ways to mend a shortfall, the best first."""

    kind: str
    code: str
    need: float | str
    have: float | str
    says: str
    state: State = State.OK
    way_out: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The row's sentence and, where something is short, the best way out."""
        return f"{self.says}; {self.way_out[0]}" if self.way_out else self.says

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "code": self.code,
            "state": str(self.state),
            "need": _number(self.need),
            "have": _number(self.have),
            "message": self.message,
            "way_out": list(self.way_out),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """All rows. Only a row that is known to be short fails the preflight; unknown rows are shown and counted."""

    rows: tuple[Row, ...]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Preflight:
        """The preflight of some rows, sorted by state: short, unknown, ok."""
        return cls(rows=tuple(sorted(rows, key=lambda row: list(State).index(row.state))))

    def all(self, state: State) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.state == state)

    @property
    def ok(self) -> bool:
        return not self.all(State.SHORT)

    def to_json(self) -> dict[str, Any]:
        return {"ok": self.ok, "rows": [row.to_json() for row in self.rows]}


def unknown(kind: str, code: str, need: float | str, says: str) -> Row:
    """A row whose state is UNKNOWN."""
    return Row(kind=kind, code=code, need=need, have="?", says=says, state=State.UNKNOWN)


def several(names: Iterable[str], most: int = 4) -> str:
    """The first `most` names, and how many more there are."""
    named = list(dict.fromkeys(names))
    rest = len(named) - most
    return ", ".join(named[:most]) + (f" and {rest} more" if rest > 0 else "")


def _number(value: float | str) -> float | int | str:
    return int(value) if isinstance(value, float) and value.is_integer() else value
