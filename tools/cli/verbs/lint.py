"""`slipway lint`: what can be said of the source without running it."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Final

import typer

from tools.cli.options import Json
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave, say
from tools.engine.home import REPOSITORY, cache_path
from tools.flows.ending import Ending

# What mypy reads; the first run after an update of its libraries takes about a minute, the others seconds.
TYPED: Final = ("catalog", "infra", "workloads", "policies", "localcloud", "tools", "tests", "benchmarks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one check said. `output` is empty where it found nothing."""

    check: str
    passed: bool
    seconds: float
    output: str = ""


def run(
    fix: bool = typer.Option(False, "--fix", help="Mend what the formatter and ruff can mend by themselves, first."),
    as_json: Json = False,
) -> None:
    """Check the source: format, lint, types and the form of the tree. Exit code 1 when something is found.

    Example: slipway lint --fix
    """
    with errors_said(as_json=as_json):
        if fix:
            for arguments in (("check", "--fix", "--quiet", "."), ("format", "--quiet", ".")):
                subprocess.run([sys.executable, "-m", "ruff", *arguments], cwd=REPOSITORY, check=False)
        # Types take longest and the others fill the second core meanwhile.
        with ThreadPoolExecutor(max_workers=2) as pool:
            outcomes = list(pool.map(_outcome, CHECKS))
        passed = all(outcome.passed for outcome in outcomes)
        if as_json:
            answer({"passed": passed, "checks": [asdict(outcome) for outcome in outcomes]})
        else:
            for outcome in outcomes:
                if not outcome.passed:
                    print(outcome.output)
                say(f"{outcome.check}: {'ok' if outcome.passed else 'failed'} ({outcome.seconds:.1f} s)")
        leave(0 if passed else Ending.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: the module that Python runs, and its arguments."""

    name: str
    module: str
    arguments: tuple[str, ...]


CHECKS: Final = (
    Check(name="types", module="mypy", arguments=TYPED),
    Check(name="format", module="ruff", arguments=("format", "--check", "--quiet", ".")),
    Check(name="lint", module="ruff", arguments=("check", "--quiet", ".")),
    Check(name="tree", module="pytest", arguments=("-q", "tests/tree")),
)


def _outcome(check: Check) -> Outcome:
    began = time.monotonic()
    command = [sys.executable, "-m", check.module, *check.arguments]
    if check.module == "mypy":
        # Outside the checkout: a fresh clone need not read PyTorch's and pulumi-aws's types again.
        command += ["--cache-dir", str(cache_path() / "mypy")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    passed = done.returncode == 0
    return Outcome(
        check=check.name,
        passed=passed,
        seconds=round(time.monotonic() - began, 1),
        output="" if passed else (done.stdout + done.stderr).strip(),
    )
