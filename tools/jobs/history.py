"""The runs of a stack's job that were made before: which of them count, and what they left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from tools.jobs.definition import JobDefinition
from tools.jobs.life import attempt_name
from tools.jobs.runner import Runner
from tools.jobs.view import COMPLETED, JobView

# How many of a job's newest runs are looked at to find one of its definition.
LOOKED_AT: Final = 20
# How the names of runs end: a definition, from the second attempt on with its number, or when it was started.
_RUN: Final = r"[0-9a-f]{10}(?:-r\d+)?|\d{8}-\d{6}"


def fresh_name(runner: Runner, job: JobDefinition, now: datetime | None = None) -> str:
    """`<prefix>-<yyyymmdd-hhmmss>`, in UTC; of the next second that no run has: a name is never given twice."""
    second = now or datetime.now(UTC)
    while runner.describe(name := f"{job.name_prefix}-{second:%Y%m%d-%H%M%S}"):
        second += timedelta(seconds=1)
    return name


def need_name(job: JobDefinition, attempt: int) -> str:
    """The name of an attempt at a job that another one needs: the same for all who ask, `<prefix>-<definition>`."""
    return attempt_name(f"{job.name_prefix}-{job.definition}", attempt)


def completed(runner: Runner, job: JobDefinition, *, definition: str = "") -> JobView | None:
    """The newest completed run of the job's definition (or of another, as `--set` makes one); None where there is none."""
    return _newest(runner, job, COMPLETED, definition or job.definition)


def newest(runner: Runner, job: JobDefinition) -> JobView | None:
    """The newest completed run of a job, of whatever definition."""
    return _newest(runner, job, COMPLETED, "")


def runs(runner: Runner, job: JobDefinition, *, status: str = "") -> Iterator[JobView]:
    """The newest runs of a job, the newest first: those of `up`, of a need and of `train`; of one status where one is given.

    A trial of a search and an evaluation are none, and neither is a run of a job whose name only begins like this one's.
    """
    ending = re.compile(f"{re.escape(job.name_prefix)}-(?:{_RUN})")
    named = [name for name in runner.runs(job.name_prefix, status=status) if ending.fullmatch(name)]
    for name in named[:LOOKED_AT]:
        view = runner.describe(name)
        if view and view.spec.workload == job.workload:
            yield view


def usable(runner: Runner, view: JobView) -> bool:
    """Whether what a completed run left is still there."""
    return not view.product or runner.holds(view.product)


def model_of_job(runner: Runner, channel: str, job: JobDefinition) -> str:
    """S3 URI of the model of a job that `channel` reads. Raises ValueError, with the way to one, where there is none."""
    found = completed(runner, job) or newest(runner, job)
    if found is None or not found.artifact:
        raise ValueError(f"channel {channel} reads the model of job {job.name}, which has none; run `./slipway train {job.name}`")
    return found.artifact


def _newest(runner: Runner, job: JobDefinition, status: str, definition: str) -> JobView | None:
    # The one that `up` waited for has its definition in its name.
    if job.job_name and status == COMPLETED and definition in ("", job.definition):
        view = runner.describe(job.job_name)
        if view and view.status == status:
            return view
    return next((view for view in runs(runner, job, status=status) if definition in ("", view.spec.definition)), None)
