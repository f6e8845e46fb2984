"""One training job from its first status to its last: layout, download, processes, upload.

A run is one thread (`host_run.py`).
"""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path
from typing import Any

from catalog import jobs
from catalog.limits import DEFAULT_JOB_SECONDS
from localcloud.services.sagemaker import archives, channels, layout, metrics, programs, synced, transfer
from localcloud.services.sagemaker.crew import Crew
from localcloud.services.sagemaker.host_run import Ended, HostRun
from localcloud.services.sagemaker.kept import DAEMON_STOPPED
from localcloud.services.sagemaker.places import OWN_PATHS, Places
from localcloud.services.sagemaker.processes import Child
from localcloud.services.sagemaker.records import JobRecord
from localcloud.services.sagemaker.shared import Shared
from localcloud.services.sagemaker.transfer import TransferError


class JobFailed(Exception):
    """The job's FailureReason."""


class JobRun(HostRun[JobRecord]):
    """A job that runs or has run."""

    def __init__(self, shared: Shared, record: JobRecord, *, region: str, folder: Path, slots: threading.Semaphore) -> None:
        super().__init__(shared, record, kind="job", region=region, folder=folder, slots=slots)
        self._watch = metrics.MetricWatch(self._request["AlgorithmSpecification"].get("MetricDefinitions") or ())
        self._asked = hosts_asked(self._request["ResourceConfig"])
        self._groups = layout.host_groups(self._request["ResourceConfig"], shared.limits.hosts)
        self._hosts = [host for group in self._groups for host in group.hosts]

    def _main(self) -> None:
        final: dict[str, Any]
        try:
            self._open_logs(jobs.LOG_GROUP, int(time.time()))
            final = self._run()
        except Ended as ended:
            final = self._stopped(str(ended), "")
        except (JobFailed, TransferError) as error:
            reason = str(error) if isinstance(error, JobFailed) else f"ClientError: {error}"
            final = {
                "status": "Failed",
                "secondary": "Failed",
                "message": "Training job failed",
                "reason": reason[: layout.FAILURE_CHARACTERS],
            }
        except Exception as error:  # an exception here must end the job too, or `up` waits for ever
            reason = f"InternalServerError: {type(error).__name__}: {error}"
            final = {
                "status": "Failed",
                "secondary": "Failed",
                "message": "Training job failed",
                "reason": reason[: layout.FAILURE_CHARACTERS],
            }
        self._close(final.get("reason", ""))
        self._publish_metrics()
        if final["status"] == "Completed":
            self._tidy()
        self._record.finish(**final, metrics=self._watch.final())

    def _run(self) -> dict[str, Any]:
        self._wait_for_slot()
        try:
            self._prepare()
            self._record.advance("Downloading", "Downloading input data")
            self._deadline = time.monotonic() + self._max_runtime_s()
            self._download()
            kept = synced.of_job(self._shared, self._region, self._request, self._bases, self._note)
            for folder in kept:
                folder.start()
            try:
                self._record.advance("Training", f"Training image download completed. Training in progress.{self._capped()}")
                ending = self._train()
            finally:
                for folder in kept:
                    folder.finish()
            if not self._ending:
                self._record.advance("Uploading", "Uploading generated training model")
            artifacts = self._upload(only_if_written=bool(ending))
            if ending := ending or self._ending:
                return self._stopped(ending, artifacts)
            return {"status": "Completed", "secondary": "Completed", "message": "Training job completed", "artifacts": artifacts}
        finally:
            self._slots.release()

    def _wait_for_slot(self) -> None:
        if not self._slots.acquire(blocking=False):
            self._record.advance("Pending", f"Waiting: {self._shared.limits.jobs} jobs run at once on this machine")
            while not self._slots.acquire(timeout=0.2):
                self._check()
        if self._ending:
            self._slots.release()
            raise Ended(self._ending)
        self._record.advance("Starting", f"Preparing the instances for training{self._capped()}")

    def _prepare(self) -> None:
        """The command and the folders, before anything is fetched."""
        try:
            self._program = programs.find_program(self._shared, self._request)
        except programs.CannotRun as error:
            raise JobFailed(f"ClientError: {error}") from error
        self._shared.storage.require_bucket(self._region, self._request["OutputDataConfig"]["S3OutputPath"])
        self._places = Places(self._shared, self.folder, self._hosts, plain=self._program.ours)
        for note in filter(None, (self._cap_note(), self._program.note, self._places.note)):
            self._note(note)
        hyperparameters = self._request.get("HyperParameters") or {}
        for host, base in zip(self._hosts, self._bases, strict=True):
            layout.write_training_tree(
                base,
                hyperparameters=self._places.texts(host, hyperparameters),
                channels=channels.of_host(self._request, self._groups, host),
                resources=layout.resourceconfig(host, self._groups),
                further={name: self._places.document(host, file) for name, file in synced.config_files(self._request).items()},
            )
            self._places.write(host)

    def _download(self) -> None:
        storage = self._shared.storage
        try:
            for channel in self._request.get("InputDataConfig") or ():
                hosts = channels.hosts_of(channel, self._groups)
                folders = [self.folder / host / "input" / "data" / channel["ChannelName"] for host in hosts]
                for number, item in enumerate(channels.objects(storage, self._region, self._request, channel)):
                    self._check()
                    if folders:
                        channels.fetch(storage, self._region, channel, number, item, folders)
        except channels.CannotFetch as error:
            raise JobFailed(f"ClientError: {error}") from error

    def _train(self) -> str:
        """Runs all hosts. The empty string for success, else how the job was ended. Raises JobFailed for a host that failed."""
        port = str(layout.free_port())
        for host, base in zip(self._hosts, self._bases, strict=True):
            self._children[host] = self._launch(host, base, port)
        crew = Crew(list(self._children.values()), self._events, self._shared.limits)
        over = threading.Event()
        publisher = threading.Thread(
            target=self._publish_until, args=(over,), name=f"metrics of {self._record.name}", daemon=True
        )
        publisher.start()
        try:
            ending = crew.watch(self._deadline)
        finally:
            over.set()
            publisher.join()
        if ending == "Interrupted":
            raise Ended(ending)
        if ending:
            self._note("MaxRuntimeInSeconds is over" if ending == "MaxRuntimeExceeded" else "stopped on request")
        elif crew.failed:
            child = crew.culprit(lambda child: self._logs[child.name].tail(2000))
            tail = self._logs[child.name].tail(800)
            raise JobFailed(layout.failure_reason(self.folder / child.name, child.exit_code or 1, tail))
        return ending

    def _launch(self, host: str, base: Path, port: str) -> Child:
        log = self._logs[host]

        def on_line(line: str) -> None:
            log.write(line)
            self._watch.feed(line)

        asked = self._places.texts(host, self._request.get("Environment") or {})
        meeting = {"MASTER_ADDR": self._places.master, "MASTER_PORT": port} if self._program.launched else {}
        if not self._program.ours:
            meeting = {name: asked.get(name, value) for name, value in meeting.items()}
        chosen = {programs.PYTHON_VARIABLE: self._program.python} if self._program.python != self._shared.python else {}
        environment = layout.container_environment(
            base=self._places.base(host),
            repository=self._shared.repository,
            python=self._program.python,
            endpoint_url=self._shared.endpoint_url(),
            region=self._region,
            asked=asked,
            extra={
                "TRAINING_JOB_NAME": self._record.name,
                "TRAINING_JOB_ARN": self._record.arn,
                "PYTHONPATH": self._places.paths(host, asked.get("PYTHONPATH")),
                **meeting,
                **chosen,
            },
        )
        return Child(
            self._places.command(host, self._program.command),
            python=self._shared.python,
            env=environment,
            cwd=base,
            on_line=on_line,
            on_end=self._events.put,
            name=host,
        )

    def _upload(self, *, only_if_written: bool) -> str:
        """model.tar.gz of all hosts, output.tar.gz when there is any; the model's S3 URI, "" when there is none to keep."""
        output = self._request["OutputDataConfig"]
        target = f"{output['S3OutputPath'].rstrip('/')}/{self._record.name}/output"
        models = [base / "model" for base in self._bases]
        data = [base / "output" / "data" for base in self._bases]
        try:
            if any(True for folder in data for _ in folder.rglob("*")):
                archive = self.folder / "output.tar.gz"
                archives.pack(data, archive, warn=self._note, bases=self._bases)
                self._shared.storage.upload(self._region, archive, f"{target}/output.tar.gz")
            if only_if_written and not any(True for folder in models for _ in folder.rglob("*")):
                return ""
            if output.get("CompressionType") == "NONE":
                for folder, base in zip(reversed(models), reversed(self._bases), strict=True):
                    for member in archives.members(folder, base=base, warn=self._note):
                        if member.path is None:
                            self._note(f"{member.name!r} of the model is no object: S3 holds no empty folders and no links")
                    transfer.SyncUp(self._shared.storage, self._region, f"{target}/model").send(folder)
                return f"{target}/model/"
            archive = self.folder / "model.tar.gz"
            archives.pack(models, archive, warn=self._note, bases=self._bases)
            self._shared.storage.upload(self._region, archive, f"{target}/model.tar.gz")
        except TransferError as error:
            raise JobFailed(f"ClientError: Artifact upload failed: {error}") from error
        return f"{target}/model.tar.gz"

    def _stopped(self, ending: str, artifacts: str) -> dict[str, Any]:
        if ending == "Interrupted":
            return {"status": "Failed", "secondary": "Failed", "message": "Training job failed", "reason": DAEMON_STOPPED}
        message = {"Stopped": "Training job stopped", "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds"}[
            ending
        ]
        return {"status": "Stopped", "secondary": ending, "message": message, "artifacts": artifacts}

    def _publish_until(self, over: threading.Event) -> None:
        """What the job measures goes to CloudWatch while it trains; the rest when it has ended."""
        while not over.wait(self._shared.limits.metric_period_s):
            self._publish_metrics()

    def _publish_metrics(self) -> None:
        dimension = [{"Name": "TrainingJobName", "Value": self._record.name}]
        data = [{"MetricName": n, "Value": v, "Timestamp": t, "Dimensions": dimension} for n, v, t in self._watch.take_series()]
        metrics.publish(self._shared.account, self._region, metrics.JOB_NAMESPACE, data)

    def _tidy(self) -> None:
        """A finished job keeps its logs, configuration and model archive; what is in S3 anyway goes."""
        for base in self._bases:
            for name in ("input/data", "model", "checkpoints", f"{OWN_PATHS}/packages"):
                shutil.rmtree(base / name, ignore_errors=True)

    def _capped(self) -> str:
        """What a status message ends with when fewer hosts run than were asked for."""
        note = self._cap_note()
        return f": {note}" if note else ""

    def _max_runtime_s(self) -> float:
        return float((self._request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds", DEFAULT_JOB_SECONDS))


def hosts_asked(resources: dict[str, Any]) -> int:
    """InstanceCount, or the sum over the instance groups."""
    groups = resources.get("InstanceGroups") or ()
    return max(1, sum(int(group["InstanceCount"]) for group in groups) or int(resources.get("InstanceCount") or 1))
