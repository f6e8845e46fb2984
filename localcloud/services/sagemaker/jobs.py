"""Training jobs by name: what a request may do to them, and the runs behind them."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Mapping
from typing import Any

from catalog.jobs import ENDED
from localcloud.services.sagemaker import layout
from localcloud.services.sagemaker.job_run import JobRun
from localcloud.services.sagemaker.kept import DAEMON_STOPPED, Kept
from localcloud.services.sagemaker.metrics import compile_metric
from localcloud.services.sagemaker.records import JobRecord
from localcloud.services.sagemaker.shared import RequestError, Shared, bad_name, invalid


class Jobs:
    """All runs of this daemon, by region and name."""

    def __init__(self, shared: Shared, slots: threading.Semaphore) -> None:
        self._shared, self._slots = shared, slots
        self.kept: Kept[JobRun] = Kept()

    def check(self, region: str, request: Mapping[str, Any]) -> None:
        """Raises what AWS answers to a job that cannot be made. Call with the records' lock held, before moto records it."""
        name = str(request.get("TrainingJobName", ""))
        if not layout.valid_name(name):
            raise bad_name(name, "trainingJobName", layout.NAME_PATTERN)
        existing = self._shared.backend(region).training_jobs.get(name)
        if existing is not None:
            raise RequestError(
                "ResourceInUse",
                "Training job names must be unique within an AWS account and region, "
                f"and a training job with this name already exists ({existing.arn})",
            )
        for channel in request.get("InputDataConfig") or ():
            if re.fullmatch(layout.CHANNEL_PATTERN, channel["ChannelName"]) is None or channel["ChannelName"] in {".", ".."}:
                raise bad_name(channel["ChannelName"], "inputDataConfig.member.channelName", layout.CHANNEL_PATTERN)
        for row in request.get("AlgorithmSpecification", {}).get("MetricDefinitions") or ():
            try:
                compile_metric(row["Name"], row["Regex"])
            except ValueError as error:
                raise invalid(str(error)) from error

    def begin(self, region: str, request: Mapping[str, Any]) -> None:
        """Starts the job that moto has just recorded. Call with the records' lock held since `check`."""
        name = request["TrainingJobName"]
        record = JobRecord(self._shared, self._shared.backend(region).training_jobs[name], request)
        folder = self.kept.folder(self._shared.home / "jobs", region, name)
        self.kept.begin(region, name, JobRun(self._shared, record, region=region, folder=folder, slots=self._slots))

    def stop_job(self, region: str, name: str) -> None:
        """StopTrainingJob."""
        with self._shared.records:
            job = self._find(region, name)
            if job.training_job_status in ENDED:
                raise invalid(f"The request was rejected because the training job is in status {job.training_job_status}.")
            self.kept.runs[region, name].request_stop()

    def delete(self, region: str, name: str) -> None:
        """DeleteTrainingJob: only for a job that has ended; its folder here goes too."""
        with self._shared.records:
            job = self._find(region, name)
            if job.training_job_status not in ENDED:
                raise invalid(f"The request was rejected because the training job is in status {job.training_job_status}.")
            del self._shared.backend(region).training_jobs[name]
            run = self.kept.runs.pop((region, name), None)
        if run is not None:
            shutil.rmtree(run.folder, ignore_errors=True)

    def adopt(self) -> None:
        """Ends the jobs that a state from an earlier daemon calls running: their processes died with it."""
        with self._shared.records:
            for region, backend in self._shared.regions():
                for name, job in backend.training_jobs.items():
                    if job.training_job_status not in ENDED and (region, name) not in self.kept.runs:
                        job.training_job_status = job.secondary_status = "Failed"
                        job.failure_reason = DAEMON_STOPPED

    def _find(self, region: str, name: str) -> Any:
        job = self._shared.backend(region).training_jobs.get(name)
        if job is None:
            raise invalid("Requested resource not found.")
        return job
