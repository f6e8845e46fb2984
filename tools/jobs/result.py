"""The result of a run, in plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tools.jobs.cost import cost_usd
from tools.jobs.view import COMPLETED, JobView, reason_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """A job that has ended, or as it is now. `failure` is None unless it failed or was stopped; `series` are (step, loss)."""

    job: str
    status: str
    seconds: float
    metrics: Mapping[str, float]
    artifact: str | None
    cost_usd: float | None
    failure: str | None
    series: tuple[tuple[int, float], ...] = ()


def result_of(job: JobView, region: str, series: tuple[tuple[int, float], ...] = ()) -> Result:
    """The result of a run as it is described."""
    return Result(
        job=job.name,
        status=job.status,
        seconds=job.seconds,
        metrics=dict(job.metrics),
        artifact=job.artifact or None,
        cost_usd=cost_usd(job, region),
        failure=reason_of(job) if job.ended and job.status != COMPLETED else None,
        series=series,
    )
