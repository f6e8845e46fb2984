"""A training job for people: what came of it and the way on, or why it failed and how its log ends."""

from __future__ import annotations

from typing import Any, Final

from tools.cli.terminal.console import console
from tools.cli.terminal.streams import say
from tools.jobs.logs import tail
from tools.jobs.progress import clock

LOG_LINES: Final = 15


def summary(found: Any, job: Any, result: Any) -> None:
    """The end of a job that completed, on stdout."""
    out = console()
    cost = "" if result.cost_usd is None else f", {result.cost_usd:,.4f} USD{' at the prices of AWS' if found.local else ''}"
    out.print(f"[bold]{result.job}[/] {result.status.lower()} in {clock(result.seconds)}{cost}")
    for name, value in result.metrics.items():
        out.print(f"  {name:<22} {value:.6g}", markup=False)
    if result.artifact:
        out.print(f"  {'artifact':<22} {result.artifact}", markup=False)
    if result.version:
        version = result.version
        out.print(f"  {'registered':<22} {version['group']} version {version['version']}, {version['status']}", markup=False)
        out.print(f"next: ./slipway models list{found.options}", markup=False)
    elif job is None or not job.group:
        out.print(f"next: ./slipway outputs {found.stack}{' --local' if '--local' in found.options else ''}", markup=False)


def failure(found: Any, result: Any) -> None:
    """The cause and the end of the log, on stderr."""
    lines = tail(found.clients, result.job, LOG_LINES)
    if lines:
        say(f"--- the end of its log ({result.job})")
        for line in lines:
            say(line)
    cause = result.failure.partition("\n\n")[0]  # what follows is the end of the log once more
    say(f"error: {result.job} {result.status.lower()}: {cause}")
