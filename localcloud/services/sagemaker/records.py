"""A training job's record in moto, with its status and the transitions that SageMaker lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from moto.core.utils import utcnow

from catalog.jobs import ENDED
from localcloud.services.sagemaker.shared import Shared

# Parts of the request that moto does not keep; DescribeTrainingJob gives them back.
KEPT = ("Environment", "RetryStrategy", "ProfilerConfig", "RemoteDebugConfig", "InfraCheckConfig")


class JobRecord:
    """Reads and moves one moto training job. Every change holds the records' lock; times are moto's naive UTC."""

    def __init__(self, shared: Shared, moto_job: Any, request: Mapping[str, Any]) -> None:
        self._shared = shared
        self._job = moto_job
        self.name: str = moto_job.training_job_name
        self.arn: str = moto_job.arn
        self.request = request
        with shared.records:
            self._begin()

    @property
    def status(self) -> str:
        return str(self._job.training_job_status)

    @property
    def secondary_status(self) -> str:
        return str(self._job.secondary_status)

    def advance(self, secondary: str, message: str, *, status: str | None = None) -> None:
        """The next step: closes the last transition, opens one, and sets the job's status when it changes."""
        now = utcnow()
        with self._shared.records:
            job = self._job
            transitions = list(job.secondary_status_transitions)
            if transitions:
                transitions[-1] = {**transitions[-1], "EndTime": now}
            last = {"EndTime": now} if status in ENDED else {}
            transitions.append({"Status": secondary, "StartTime": now, "StatusMessage": message, **last})
            job.secondary_status_transitions = transitions
            job.secondary_status = secondary
            job.last_modified_time = now
            if status is not None:
                job.training_job_status = status
            if secondary == "Downloading" and job.training_start_time is None:
                job.training_start_time = now

    def stopping(self) -> None:
        self.advance("Stopping", "Stopping the training job", status="Stopping")

    def finish(
        self, status: str, secondary: str, message: str, *, reason: str = "", artifacts: str = "", metrics: list[dict[str, Any]]
    ) -> None:
        """The end, in one step, so that no reader sees a Completed job without its artifact."""
        with self._shared.records:
            job, now = self._job, utcnow()
            job.failure_reason = reason or None
            job.model_artifacts = {"S3ModelArtifacts": artifacts} if artifacts else None
            job.final_metric_data_list = metrics or None
            job.training_end_time = now
            if job.training_start_time is not None:
                seconds = round((now - job.training_start_time).total_seconds())
                job.training_time_in_seconds = job.billable_time_in_seconds = seconds
            self.advance(secondary, message, status=status)

    def _begin(self) -> None:
        """Removes what moto made up for a job that it does not run."""
        job = self._job
        job.training_job_status = "InProgress"
        job.secondary_status = "Starting"
        job.secondary_status_transitions = []
        job.model_artifacts = None
        job.final_metric_data_list = None
        job.training_start_time = None
        job.training_end_time = None
        job.training_time_in_seconds = None
        job.billable_time_in_seconds = None
        job.failure_reason = None
        definitions = self.request["AlgorithmSpecification"].get("MetricDefinitions")
        job.algorithm_specification = {k: v for k, v in job.algorithm_specification.items() if k != "MetricDefinitions"}
        if definitions:
            job.algorithm_specification["MetricDefinitions"] = definitions
        # SageMaker gives it back empty where none was asked for, and its SDK reads it: `Estimator.attach`.
        job.output_data_config = {"KmsKeyId": "", **job.output_data_config}
        for key in KEPT:
            if key in self.request:
                setattr(job, re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower(), self.request[key])
