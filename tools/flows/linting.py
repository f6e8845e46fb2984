"""What can be said of the source without running it: format, lint, types, the form of the tree."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.engine.home import REPOSITORY, cache_path
from tools.flows.aws_stubs import write_stubs

TYPED: Final = ("catalog", "infra", "workloads", "policies", "localcloud", "tools", "tests", "benchmarks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: the module that Python runs, and its arguments."""

    name: str
    module: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What one check found; `output` is empty where it found nothing."""

    check: str
    passed: bool
    seconds: float
    output: str = ""


def checks() -> tuple[Check, ...]:
    """Every check. mypy's cache lies outside the checkout, so that a fresh clone need not read PyTorch and pulumi-aws again.
    Without a cache two processes of mypy read them in half the time of one.
    """
    return (
        Check(name="types", module="mypy", arguments=("--num-workers=2", "--cache-dir", str(cache_path() / "mypy"), *TYPED)),
        Check(name="format", module="ruff", arguments=("format", "--check", "--quiet", ".")),
        Check(name="lint", module="ruff", arguments=("check", "--quiet", ".")),
        Check(name="tree", module="pytest", arguments=("-q", "tests/tree")),
    )


def lint(every: tuple[Check, ...] | None = None, *, root: Path = REPOSITORY) -> tuple[Checked, ...]:
    """Runs the checks over the checkout, two at a time: types take longest, and the others fit beside them."""
    write_stubs([root / folder for folder in TYPED if (root / folder).is_dir()], _stubs())
    with ThreadPoolExecutor(max_workers=2) as pool:
        return tuple(pool.map(lambda check: _run(check, root), every or checks()))


def mend(root: Path = REPOSITORY) -> None:
    """Lets ruff mend what it can mend by itself."""
    for arguments in (("check", "--fix", "--quiet", "."), ("format", "--quiet", ".")):
        subprocess.run([sys.executable, "-m", "ruff", *arguments], cwd=root, check=False)


def _run(check: Check, root: Path) -> Checked:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", check.module, *check.arguments],
        cwd=root,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(_stubs()), os.environ.get("PYTHONPATH", "")]))},
        capture_output=True,
        text=True,
        check=False,
    )
    passed = done.returncode == 0
    seconds = round(time.monotonic() - began, 1)
    return Checked(check=check.name, passed=passed, seconds=seconds, output="" if passed else (done.stdout + done.stderr).strip())


def _stubs() -> Path:
    """Where mypy finds stubs beside those that are installed; the cache it keeps has been made with them."""
    return cache_path() / "mypy-stubs"
