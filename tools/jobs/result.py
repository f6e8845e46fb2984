"""What came of a job: the document that `slipway train --follow --json` ends with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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

    def to_json(self, version: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The document of a run; `version` is the one that its model is registered as, None for none."""
        return {
            "job": self.job,
            "status": self.status,
            "seconds": round(self.seconds, 1),
            "metrics": dict(self.metrics),
            "artifact": self.artifact,
            "cost_usd": self.cost_usd,
            "failure": self.failure,
            "version": version,
            "series": [list(point) for point in self.series],
        }


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
