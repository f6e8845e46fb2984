"""A run of a job as its runner describes it, in plain fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from catalog.jobs import ENDED
from tools.jobs.spec import JobSpec

IN_PROGRESS: Final = "InProgress"
STOPPING: Final = "Stopping"
COMPLETED: Final = "Completed"
FAILED: Final = "Failed"
STOPPED: Final = "Stopped"


@dataclass(frozen=True, kw_only=True, slots=True)
class JobView:
    """One run. Times are aware; `seconds` count from the start of the download of data, 0 before; `training_seconds` are the
    runner's own count of them once the run has ended.

    `spec` is what was asked for, as far as the runner tells it; tags are not part of a description. `status` is one of the five
    above, `phase` the runner's finer word. `failure` is the runner's reason for an end that is not Completed, "" where it gives
    none; `artifact` the S3 URI of what the run left, "" for nothing yet.
    """

    name: str
    arn: str
    status: str
    phase: str
    created: datetime
    started: datetime | None
    ended_at: datetime | None
    seconds: float
    training_seconds: int
    billable_seconds: float | None
    metrics: Mapping[str, float]
    artifact: str
    failure: str
    spec: JobSpec

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def product(self) -> str:
        """The S3 URI of what the run is there for: the corpus that it was told to write, else its artifact; "" for neither."""
        return self.spec.hyperparameters.get("output_uri") or self.artifact


def reason_of(view: JobView) -> str:
    """Why a run did not complete: the runner's reason, or that it gives none."""
    if view.failure:
        return view.failure
    return f"it was stopped (phase {view.phase})" if view.status == STOPPED else f"no reason is given (phase {view.phase})"
