"""A training job for people: what came of it and the way on, or why it failed and how its log ends."""

from __future__ import annotations

from tools.cli.terminal.console import console
from tools.cli.terminal.streams import say
from tools.engine.stack_ref import StackRef
from tools.flows.train import Trained
from tools.jobs.definition import JobDefinition
from tools.jobs.progress import clock


def trained(what: Trained, stack: StackRef, job: JobDefinition | None) -> None:
    """The end of a job that completed, on stdout. `job` is None where the run is of no job, or no model was to be registered."""
    out, result = console(), what.result
    cost = "" if result.cost_usd is None else f", {result.cost_usd:,.4f} USD{' at the prices of AWS' if stack.local else ''}"
    out.print(f"[bold]{result.job}[/] {result.status.lower()} in {clock(result.seconds)}{cost}")
    for name, value in result.metrics.items():
        out.print(f"  {name:<22} {value:.6g}", markup=False)
    if result.artifact:
        out.print(f"  {'artifact':<22} {result.artifact}", markup=False)
    if version := what.version:
        out.print(f"  {'registered':<22} {version.group} version {version.version}, {version.status}", markup=False)
        out.print(f"next: ./slipway models list{stack.option}", markup=False)
    elif job is None or not job.group:
        out.print(f"next: ./slipway outputs {stack.words}", markup=False)


def failed(what: Trained) -> None:
    """The cause and the end of the log, on stderr."""
    result = what.result
    if what.log_tail:
        say(f"--- the end of its log ({result.job})")
        for line in what.log_tail:
            say(line)
    cause = (result.failure or "").partition("\n\n")[0]  # what follows is the end of the log once more
    say(f"error: {result.job} {result.status.lower()}: {cause}")
