"""Packages that a job imports and that are not installed yet: fetched before it starts, where it runs on this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable

from tools.engine.home import REPOSITORY
from tools.flows.job_verdict import NamedSpec
from workloads.catalog import absent_packages


def fetch_packages(runs: Iterable[NamedSpec], *, local: bool, say: Callable[[str], None]) -> None:
    """Has `./slipway setup compression` fetch what the runs lack, once. On AWS the image has its packages.

    Nothing is fetched into an environment that `./slipway` did not make; the job then says itself what it lacks.
    Raises ValueError where the packages cannot be had; the script has said why.
    """
    absent = sorted({name for run in runs for name in absent_packages(run.spec.workload, run.spec.hyperparameters)})
    if not (local and absent and (REPOSITORY / ".venv" / "slipway.stamp").exists()):
        return
    say(f"fetching what the job imports besides ({', '.join(absent)}): once")
    done = subprocess.run(
        ["sh", str(REPOSITORY / "slipway"), "setup", "compression", "--json"], stdout=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        raise ValueError(f"the job imports {', '.join(absent)}, which could not be fetched; nothing was started")
