"""A processing job's record in moto: what DescribeProcessingJob says of a job that really runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.utils import utcnow

from localcloud.services.sagemaker.shared import Shared


class ProcessingRecord:
    """Reads and moves one moto processing job. Every change holds the records' lock; times are moto's naive UTC."""

    def __init__(self, shared: Shared, moto_job: Any, request: Mapping[str, Any]) -> None:
        self._shared, self._job, self.request = shared, moto_job, request
        self.name: str = moto_job.processing_job_name
        self.arn: str = moto_job.arn
        with shared.records:
            # moto calls a job done before it began, and forgets these parts of the request.
            moto_job.processing_job_status = "InProgress"
            moto_job.processing_end_time = None
            moto_job.processing_start_time = None
            moto_job.exit_message = moto_job.failure_reason = None
            moto_job.environment = request.get("Environment")
            moto_job.processing_resources = request.get("ProcessingResources")

    @property
    def status(self) -> str:
        return str(self._job.processing_job_status)

    @property
    def secondary_status(self) -> str:
        """SageMaker has one for training jobs only."""
        return "Processing"

    def stopping(self) -> None:
        with self._shared.records:
            self._job.processing_job_status = "Stopping"
            self._job.last_modified_time = utcnow()

    def started(self) -> None:
        with self._shared.records:
            self._job.processing_start_time = self._job.last_modified_time = utcnow()

    def finish(self, status: str, *, reason: str = "", message: str = "") -> None:
        """The end, in one step."""
        with self._shared.records:
            job = self._job
            job.processing_end_time = job.last_modified_time = utcnow()
            job.failure_reason = reason or None
            job.exit_message = message or None
            job.processing_job_status = status
