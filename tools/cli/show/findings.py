"""A diagnosis for people: a line a finding, and the way out below what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tools.cli.terminal.console import console
from tools.cli.terminal.streams import say

if TYPE_CHECKING:
    from tools.flows.diagnosis import Finding
    from tools.flows.linting import Checked


def findings(found: Iterable[Finding]) -> None:
    out = console()
    for finding in found:
        mark = "[green]ok[/]     " if finding.ok else "[red]missing[/]" if finding.needed else "[yellow]absent[/] "
        out.print(f"{mark} [bold]{finding.name}[/]: ", end="")
        out.print(finding.found, markup=False)
        if not finding.ok and finding.way_out:
            out.print(f"          -> {finding.way_out}", markup=False)


def checked(found: Iterable[Checked]) -> None:
    """What each check of the source found, and a line for each."""
    for one in found:
        if not one.passed:
            print(one.output)
        say(f"{one.check}: {'ok' if one.passed else 'failed'} ({one.seconds:.1f} s)")
