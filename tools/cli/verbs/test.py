"""`slipway test`: the source is checked, then every test there is runs, the fast ones first."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import typer

from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave, say
from tools.flows.documents.machine import TestPhaseDocument


def run(
    context: typer.Context,
    unit: bool = typer.Option(False, "--unit", help="Only the unit tests: no engine, no network."),
    e2e: bool = typer.Option(False, "--e2e", help="Only the end-to-end tests: the genuine engine over the local cloud."),
    as_json: bool = typer.Option(False, "--json", help="Print the answer as JSON on stdout."),
) -> None:
    """Run lint, then the tests: unit, then end to end. Whatever follows is passed to pytest, and lint is left out then.

    Example: slipway test --unit tests/policies -k wildcard
    """
    with errors_said(as_json=as_json):
        outcomes: list[TestPhaseDocument] = []
        if not context.args and not e2e:
            outcomes.append(_linted(quiet=as_json))
        # What lint has run need not run again.
        given = ["--ignore=tests/tree"] if outcomes else context.args
        every = phases(unit=unit, e2e=e2e) if all(outcome["passed"] for outcome in outcomes) else []
        for name, arguments in every:
            if name == "end-to-end":
                from tools.engine import locate

                # Made here, with its progress shown, and not by whichever test comes first.
                locate.ensure(progress=say)
            began = time.monotonic()
            if not as_json:
                say(f"{name} tests ...")
            done = subprocess.run(
                [sys.executable, "-m", "pytest", *arguments, *given],
                cwd=_repository(),
                env=environment(),
                stdout=sys.stderr if as_json else None,
                check=False,
            )
            # 5: nothing was collected, as when a path of the other phase is given.
            passed = done.returncode in (0, 5)
            outcomes.append({"tests": name, "passed": passed, "seconds": round(time.monotonic() - began, 1)})
            if not passed:
                break
        if as_json:
            answer({"passed": all(outcome["passed"] for outcome in outcomes), "phases": outcomes})
        leave(0 if all(outcome["passed"] for outcome in outcomes) else 1)


def _linted(*, quiet: bool) -> TestPhaseDocument:
    """The first phase: what `slipway lint` does."""
    from tools.cli.show.findings import checked
    from tools.flows.linting import lint

    began = time.monotonic()
    if not quiet:
        say("lint ...")
    found = lint()
    if not quiet:
        checked(found)
    return {"tests": "lint", "passed": all(one.passed for one in found), "seconds": round(time.monotonic() - began, 1)}


def environment() -> dict[str, str]:
    """The variables of this process, without the one that keeps Python from saving what it compiles.

    pytest rewrites every test file, which takes 6 s of CPU for each worker where nothing is saved.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def phases(*, unit: bool, e2e: bool) -> list[tuple[str, list[str]]]:
    """(name, pytest arguments) of each phase. Unit tests use all cores; files that share what is dear stay on one worker.

    Two processes end to end: each has a cloud, jobs and servers of its own, which want the cores too.
    """
    both = unit == e2e
    found = []
    if unit or both:
        found.append(("unit", ["-n", "auto", "--dist", "loadgroup", "-m", "not e2e"]))
    if e2e or both:
        found.append(("end-to-end", ["-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder", "-m", "e2e"]))
    return found


def _repository() -> str:
    from tools.engine.home import REPOSITORY

    return str(REPOSITORY)
