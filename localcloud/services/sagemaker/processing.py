"""Processing jobs by name: what a request may do to them, and the runs behind them."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from typing import Any

from catalog.jobs import ENDED
from localcloud.services.sagemaker import layout
from localcloud.services.sagemaker.invoke import Answer
from localcloud.services.sagemaker.kept import DAEMON_STOPPED, Kept
from localcloud.services.sagemaker.processing_record import ProcessingRecord
from localcloud.services.sagemaker.processing_run import ProcessingRun
from localcloud.services.sagemaker.shared import RequestError, Shared, bad_name, invalid

Forward = Callable[[], Answer]
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingS3Input.html (LocalPath)
INPUTS_ROOT = f"{layout.CONTRACT_ROOT}/processing/"


class Processing:
    """All processing runs of this daemon, by region and name. `operations` are the requests that it answers."""

    def __init__(self, shared: Shared, slots: threading.Semaphore) -> None:
        self._shared, self._slots = shared, slots
        self.kept: Kept[ProcessingRun] = Kept()
        self.operations: dict[str, Callable[[str, dict[str, Any], Forward], Answer | dict[str, Any]]] = {
            "CreateProcessingJob": self._create,
            "StopProcessingJob": self._stop,
            "DeleteProcessingJob": self._delete,
        }

    def _create(self, region: str, request: dict[str, Any], forward: Forward) -> Answer:
        self._check(region, request)
        answer = forward()
        if answer.status == 200:
            self._begin(region, request)
        return answer

    def _check(self, region: str, request: Mapping[str, Any]) -> None:
        name = str(request.get("ProcessingJobName", ""))
        if not layout.valid_name(name):
            raise bad_name(name, "processingJobName", layout.NAME_PATTERN)
        existing = self._shared.backend(region).processing_jobs.get(name)
        if existing is not None:
            raise RequestError(
                "ResourceInUse",
                "Processing job names must be unique within an AWS account and region, "
                f"and a processing job with this name already exists ({existing.arn})",
            )
        for given in request.get("ProcessingInputs") or ():
            path = (given.get("S3Input") or {}).get("LocalPath")
            if given.get("AppManaged") or "S3Input" not in given:
                continue
            if path is None:
                raise invalid(f"LocalPath is required for the input {given['InputName']}, which the platform downloads.")
            if not str(path).startswith(INPUTS_ROOT):
                raise invalid(f"LocalPath '{path}' of the input {given['InputName']} must start with {INPUTS_ROOT}")
        outputs = (request.get("ProcessingOutputConfig") or {}).get("Outputs") or ()
        for kind, names in (
            ("input", [given["InputName"] for given in request.get("ProcessingInputs") or ()]),
            ("output", [output["OutputName"] for output in outputs]),
        ):
            if twice := sorted({each for each in names if names.count(each) > 1}):
                raise invalid(f"Processing {kind} names must be unique within a job; {', '.join(twice)} is there more than once")

    def _begin(self, region: str, request: Mapping[str, Any]) -> None:
        """Starts the job that moto has just recorded."""
        name = request["ProcessingJobName"]
        record = ProcessingRecord(self._shared, self._shared.backend(region).processing_jobs[name], request)
        folder = self.kept.folder(self._shared.home / "processing", region, name)
        self.kept.begin(region, name, ProcessingRun(self._shared, record, region=region, folder=folder, slots=self._slots))

    def _stop(self, region: str, request: dict[str, Any], _forward: Forward) -> dict[str, Any]:
        job = self._find(region, request["ProcessingJobName"])
        if job.processing_job_status in ENDED:
            raise invalid(f"The request was rejected because the processing job is in status {job.processing_job_status}.")
        self.kept.runs[region, job.processing_job_name].request_stop()
        return {}

    def _delete(self, region: str, request: dict[str, Any], _forward: Forward) -> dict[str, Any]:
        job = self._find(region, request["ProcessingJobName"])
        if job.processing_job_status not in ENDED:
            raise invalid(f"The request was rejected because the processing job is in status {job.processing_job_status}.")
        del self._shared.backend(region).processing_jobs[job.processing_job_name]
        run = self.kept.runs.pop((region, job.processing_job_name), None)
        if run is not None:
            shutil.rmtree(run.folder, ignore_errors=True)
        return {}

    def _find(self, region: str, name: str) -> Any:
        job = self._shared.backend(region).processing_jobs.get(name)
        if job is None:
            raise invalid("Requested resource not found.")
        return job

    def adopt(self) -> None:
        """Ends the jobs that a state from an earlier daemon calls running: their processes died with it."""
        with self._shared.records:
            for region, backend in self._shared.regions():
                for name, job in backend.processing_jobs.items():
                    if job.processing_job_status not in ENDED and (region, name) not in self.kept.runs:
                        job.processing_job_status, job.failure_reason = "Failed", DAEMON_STOPPED
