"""The training jobs of one hyperparameter tuning job: how each stands, which is best, and whether to go on.

What is told of them is read from moto's records, which `job_run.py` moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.jobs import ENDED
from localcloud.services.sagemaker.shared import Shared

# SageMaker gives up after so many training jobs of which none had an objective.
ATTEMPTS = 5


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One training job of a tuning job. `trial` is the sampler's own mark of it; `objective` is None before there is one."""

    name: str
    values: Mapping[str, str]
    trial: Any
    ended: bool = False
    objective: float | None = None


class Attempts:
    """All of them, in the order of their beginning. Call every method with the records' lock held."""

    def __init__(self, shared: Shared, region: str, *, metric: str, type_: str, definition_name: str | None) -> None:
        self._shared, self._region, self._metric, self._type, self._definition = shared, region, metric, type_, definition_name
        self.all: list[Attempt] = []

    @property
    def running(self) -> list[Attempt]:
        return [attempt for attempt in self.all if not attempt.ended]

    @property
    def succeeded(self) -> list[Attempt]:
        return [attempt for attempt in self.all if attempt.objective is not None]

    @property
    def best(self) -> Attempt | None:
        """The first of the best ones."""
        choose = max if self._type == "Maximize" else min
        return choose(self.succeeded, key=lambda attempt: attempt.objective or 0.0) if self.succeeded else None

    def look(self) -> list[Attempt]:
        """Takes up the training jobs that have ended since the last look; which those are."""
        found = []
        for attempt in self.running:
            job = self.training_job(attempt)
            if job is not None and job.training_job_status not in ENDED:
                continue
            attempt.ended = True
            final = (job.final_metric_data_list or ()) if job is not None and job.training_job_status == "Completed" else ()
            attempt.objective = next((float(each["Value"]) for each in final if each["MetricName"] == self._metric), None)
            found.append(attempt)
        return found

    def tell(self, job: Any) -> None:
        """Writes counters, best job and used time into the tuning job's record."""
        statuses = [self.status(attempt) for attempt in self.all]
        job.training_job_status_counters = {
            "Completed": statuses.count("Completed"),
            "InProgress": sum(status not in ENDED for status in statuses),
            "RetryableError": 0,
            "NonRetryableError": statuses.count("Failed"),
            "Stopped": statuses.count("Stopped"),
        }
        succeeded, pending = len(self.succeeded), len(self.running)
        failed = len(self.all) - pending - succeeded
        job.objective_status_counters = {"Succeeded": succeeded, "Pending": pending, "Failed": failed}
        if self.best:
            job.best_training_job = self.summary(self.best, with_type=True)
        used = (getattr(self.training_job(each), "training_time_in_seconds", None) for each in self.all)
        job.consumed_resources = {"RuntimeInSeconds": sum(int(seconds or 0) for seconds in used)}

    def satisfied(self, criteria: Mapping[str, Any]) -> bool:
        """Whether one of the TuningJobCompletionCriteria is met."""
        best = self.best
        if best is None or best.objective is None:
            return False
        target = criteria.get("TargetObjectiveMetricValue")
        if target is not None and (best.objective >= target if self._type == "Maximize" else best.objective <= target):
            return True
        patience = (criteria.get("BestObjectiveNotImproving") or {}).get("MaxNumberOfTrainingJobsNotImproving")
        return patience is not None and len(self.succeeded) - 1 - self.succeeded.index(best) >= patience

    def hopeless(self, most: int) -> str:
        """Why the search is given up, in SageMaker's own words; "" where it is not."""
        ended = [attempt for attempt in self.all if attempt.ended]
        if len(ended) < min(ATTEMPTS, most) or self.succeeded:
            return ""
        if any(self.status(attempt) == "Completed" for attempt in ended):
            return (
                f"No objective metrics found after running {len(ended)} training jobs. Please ensure that the custom algorithm "
                "is emitting the objective metric as defined by the regular expression provided."
            )
        return (
            f"No training job succeeded after {len(ended)} attempts. Please take a look at the training job failures to get more "
            "details."
        )

    def summary(self, attempt: Attempt, *, with_type: bool = False) -> dict[str, Any]:
        """One of them as ListTrainingJobsForHyperParameterTuningJob tells it."""
        job = self.training_job(attempt)
        told = {
            "TrainingJobDefinitionName": self._definition,
            "TrainingJobName": attempt.name,
            "TrainingJobArn": getattr(job, "arn", None),
            "CreationTime": getattr(job, "creation_time", None),
            "TrainingStartTime": getattr(job, "training_start_time", None),
            "TrainingEndTime": getattr(job, "training_end_time", None),
            "TrainingJobStatus": self.status(attempt),
            "TunedHyperParameters": dict(attempt.values),
            "FailureReason": getattr(job, "failure_reason", None),
            "ObjectiveStatus": "Succeeded" if attempt.objective is not None else "Failed" if attempt.ended else "Pending",
        }
        if attempt.objective is not None:
            kind = {"Type": self._type} if with_type else {}
            metric = {**kind, "MetricName": self._metric, "Value": attempt.objective}
            told["FinalHyperParameterTuningJobObjectiveMetric"] = metric
        return {key: value for key, value in told.items() if value is not None}

    def status(self, attempt: Attempt) -> str:
        return str(getattr(self.training_job(attempt), "training_job_status", "Stopped"))

    def training_job(self, attempt: Attempt) -> Any:
        """moto's record; None where somebody deleted the training job."""
        return self._shared.backend(self._region).training_jobs.get(attempt.name)
