"""A search for people: its trials as a table, the best one, and the command that trains with it."""

from __future__ import annotations

from collections.abc import Sequence

from tools.cli.terminal.console import console
from tools.jobs.spec import text
from tools.tuning.kept import Row
from tools.tuning.search import Outcome
from tools.tuning.space import Value


def outcome(found: Outcome, *, train: str) -> None:
    """The trials, the best of them, and how to train with it; `train` is the command without its hyperparameters."""
    from rich.table import Table

    out = console()
    names = list(dict.fromkeys(name for row in found.rows for name in row.params))
    table = Table(box=None, pad_edge=False)
    for title in ("trial", *names, found.metric, "seconds", "usd", "status"):
        table.add_column(title, justify="left" if title in ("status", *names) else "right", no_wrap=title != "status")
    for row in found.rows:
        mark = "bold" if found.best and row.number == found.best.number else ""
        table.add_row(*_cells(row, names), style=mark)
    out.print(table)
    best = found.best
    if best is None:
        out.print("no trial ended well; the reasons are above", markup=False)
        return
    out.print(f"best: trial {best.number}, {found.metric}={best.value:g}; all trials cost ${found.cost_usd:.4f}", markup=False)
    flags = " ".join(f"--set {name}={text(value)}" for name, value in best.params.items())
    out.print(f"train with it: {train} {flags}", markup=False)


def _cells(row: Row, names: Sequence[str]) -> list[str]:
    from rich.markup import escape

    status = "interrupted" if row.interrupted else row.status
    status += f": {row.failure.splitlines()[0]}" if row.failure and not row.interrupted else ""
    numbers = (f"{row.value:g}" if row.value is not None else "", "" if row.seconds is None else f"{row.seconds:.0f}")
    cost = "" if row.cost_usd is None else f"{row.cost_usd:.4f}"
    return [str(row.number), *(escape(_plain(row.params.get(name, ""))) for name in names), *numbers, cost, escape(status)]


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)
