"""A preflight for people: one table, what is short first, and the ways out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tools.cli.terminal.console import console, escaped

if TYPE_CHECKING:
    from tools.preflight import Preflight

# (mark, style) by state.
MARKS: Final = {"short": ("✗ short", "red"), "unknown": ("⚠ unknown", "yellow"), "ok": ("fits", "dim")}
# Of a table that goes into a file or a log, where nobody's window is too small.
_WIDE: Final = 160
# A longer text than this is not said twice: it stands under "what".
_LONGEST: Final = 12


def preflight(found: Preflight, *, verbose: bool = False) -> None:
    """The table of what is short and what nobody could tell (all, when `verbose`), the ways out, and the sum."""
    from rich.table import Table

    from tools.preflight import State

    out = console()
    if not out.is_terminal:
        out.width = max(out.width, _WIDE)
    rows = [row for row in found.rows if verbose or row.state != "ok"]
    if rows:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("", "kind", "code"):
            table.add_column(column, no_wrap=True)
        table.add_column("needed", justify="right")
        table.add_column("there", justify="right")
        table.add_column("what", overflow="fold", ratio=1)
        for row in rows:
            mark, style = MARKS[row.state]
            cells = (row.kind, row.code, _short(row.need), _short(row.have), row.says)
            table.add_row(f"[{style}]{mark}[/]", *map(escaped, cells))
        out.print(table)
    short, unknown = found.all(State.SHORT), found.all(State.UNKNOWN)
    for row in short:
        out.print(f"[bold]{escaped(f'{row.kind} {row.code}')}[/]: the way out")
        for way in row.way_out:
            out.print(f"  {escaped(way)}", soft_wrap=True)
    fits = len(found.rows) - len(short) - len(unknown)
    verdict = f"[red]does not fit: {len(short)} short[/]" if short else "[green]fits[/]"
    told = f", [yellow]{len(unknown)} unknown[/]" if unknown else ""
    out.print(f"{verdict}{told}, {fits} asked and fine" + ("" if verbose or not fits else " [dim](--verbose lists them)[/]"))


def _short(value: float | str) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else ""
