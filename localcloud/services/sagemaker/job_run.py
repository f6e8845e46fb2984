"""One training job from its first status to its last: layout, download, processes, upload.

A run is one thread. Everything that happens to it (a host's exit, a stop request, the daemon's end) arrives in one queue, so
there is no state that two threads decide on.
"""

from __future__ import annotations

import contextlib
import queue
import shutil
import threading
import time
from pathlib import Path
from typing import Any

from catalog import jobs
from catalog.limits import DEFAULT_JOB_SECONDS
from localcloud.services.sagemaker import layout, metrics, transfer
from localcloud.services.sagemaker.checkpoints import Checkpoints
from localcloud.services.sagemaker.crew import Crew, Event
from localcloud.services.sagemaker.logs import LogStream
from localcloud.services.sagemaker.processes import Child
from localcloud.services.sagemaker.records import JobRecord
from localcloud.services.sagemaker.shared import Shared
from localcloud.services.sagemaker.transfer import TransferError


class JobFailed(Exception):
    """The job's FailureReason."""


class _Ended(Exception):
    """Someone ended the job: `Stopped`, `MaxRuntimeExceeded` or `Interrupted` (the daemon stops)."""


class JobRun:
    """A job that runs or has run."""

    def __init__(self, shared: Shared, record: JobRecord, *, region: str, folder: Path, slots: threading.Semaphore) -> None:
        self._shared, self._record, self._region, self.folder = shared, record, region, folder
        self._request = record.request
        self._slots = slots
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._ending = ""  # set once by a stop; read between the steps
        self._children: dict[str, Child] = {}
        self._logs: dict[str, LogStream] = {}
        self._watch = metrics.MetricWatch(self._request["AlgorithmSpecification"].get("MetricDefinitions") or ())
        self._thread = threading.Thread(target=self._main, name=f"job {record.name}", daemon=True)
        self._deadline = float("inf")

        self._asked = hosts_asked(self._request["ResourceConfig"])
        self._hosts = layout.host_names(min(self._asked, shared.limits.hosts))

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    def request_stop(self) -> None:
        """StopTrainingJob: SIGTERM, the grace, then the end; what was written so far is kept."""
        if not self._ending:
            self._ending = "Stopped"
            self._record.advance("Stopping", "Stopping the training job", status="Stopping")
            self._events.put("Stopped")

    def interrupt(self) -> None:
        """The daemon ends: so do the processes, within the shutdown grace."""
        self._ending = "Interrupted"
        self._events.put("Interrupted")

    def status(self) -> dict[str, Any]:
        return {
            "name": self._record.name,
            "region": self._region,
            "status": self._record.status,
            "secondary_status": self._record.secondary_status,
            "hosts": len(self._hosts),
            "hosts_asked": self._asked,
            "pids": [child.pid for child in list(self._children.values()) if not child.ended.is_set()],
        }

    def _main(self) -> None:
        final: dict[str, Any]
        try:
            self._open_logs()
            final = self._run()
        except _Ended as ended:
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
        for child in self._children.values():
            child.kill()
        if final.get("reason"):
            self._note(final["reason"])
        for log in self._logs.values():
            self._shared.logs.close(log)
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
            checkpoints = Checkpoints(
                self._shared, self._region, self._request.get("CheckpointConfig"), self._bases(), self._note
            )
            checkpoints.start()
            try:
                self._record.advance("Training", f"Training image download completed. Training in progress.{self._cap_note()}")
                ending = self._train()
            finally:
                checkpoints.finish()
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
            raise _Ended(self._ending)
        self._record.advance("Starting", f"Preparing the instances for training{self._cap_note()}")

    def _prepare(self) -> None:
        """The command and the folders, before anything is fetched."""
        self._command = self._find_command()
        self._shared.storage.require_bucket(self._region, self._request["OutputDataConfig"]["S3OutputPath"])
        if self._cap_note():
            self._note(self._cap_note().lstrip(": "))
        for host, base in zip(self._hosts, self._bases(), strict=True):
            layout.write_training_tree(
                base,
                hyperparameters=self._request.get("HyperParameters") or {},
                channels=self._channels(),
                resources=layout.resourceconfig(host, self._hosts, instance_type(self._request["ResourceConfig"])),
            )

    def _download(self) -> None:
        for channel in self._channels():
            name, source = channel["ChannelName"], channel.get("DataSource", {}).get("S3DataSource")
            mode = channel.get("InputMode") or self._request["AlgorithmSpecification"].get("TrainingInputMode", "File")
            if source is None or mode == "Pipe":
                what = "a file system" if source is None else "Pipe mode"
                raise JobFailed(
                    f"ClientError: channel {name!r} uses {what}, which is not run locally; use S3DataSource with File or FastFile"
                )
            try:
                objects = transfer.channel_objects(self._shared.storage, self._region, source)
                self._fetch(name, objects, sharded=source.get("S3DataDistributionType") == "ShardedByS3Key")
            except TransferError as error:
                raise JobFailed(f"ClientError: Data download failed: channel {name!r}: {error}") from error

    def _fetch(self, channel: str, objects: list[tuple[str, str, str]], *, sharded: bool) -> None:
        """Fetches each object once from S3; further hosts get a link, since a channel is input and not written to."""
        folders = [base / "input" / "data" / channel for base in self._bases()]
        for number, (bucket, key, name) in enumerate(objects):
            self._check()
            first, *others = [folders[number % len(folders)]] if sharded else folders
            self._shared.storage.download(self._region, bucket, key, first / name)
            for other in others:
                (other / name).parent.mkdir(parents=True, exist_ok=True)
                (other / name).hardlink_to(first / name)

    def _train(self) -> str:
        """Runs all hosts. The empty string for success, else how the job was ended. Raises JobFailed for a host that failed."""
        port = str(layout.free_port())
        for host, base in zip(self._hosts, self._bases(), strict=True):
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
            raise _Ended(ending)
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

        environment = layout.container_environment(
            base=base,
            repository=self._shared.repository,
            python=self._shared.python,
            endpoint_url=self._shared.endpoint_url(),
            region=self._region,
            asked=self._request.get("Environment") or {},
            extra={
                "TRAINING_JOB_NAME": self._record.name,
                "TRAINING_JOB_ARN": self._record.arn,
                "MASTER_ADDR": layout.LOOPBACK,
                "MASTER_PORT": port,
            },
        )
        return Child(
            self._command,
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
        models = [base / "model" for base in self._bases()]
        data = [base / "output" / "data" for base in self._bases()]
        try:
            if any(True for folder in data for _ in folder.rglob("*")):
                archive = self.folder / "output.tar.gz"
                transfer.pack(data, archive, warn=self._note)
                self._shared.storage.upload(self._region, archive, f"{target}/output.tar.gz")
            if only_if_written and not any(True for folder in models for _ in folder.rglob("*")):
                return ""
            if output.get("CompressionType") == "NONE":
                for folder in reversed(models):
                    transfer.SyncUp(self._shared.storage, self._region, f"{target}/model").send(folder)
                return f"{target}/model/"
            archive = self.folder / "model.tar.gz"
            transfer.pack(models, archive, warn=self._note)
            self._shared.storage.upload(self._region, archive, f"{target}/model.tar.gz")
        except TransferError as error:
            raise JobFailed(f"ClientError: Artifact upload failed: {error}") from error
        return f"{target}/model.tar.gz"

    def _stopped(self, ending: str, artifacts: str) -> dict[str, Any]:
        if ending == "Interrupted":
            reason = "InternalServerError: the local cloud stopped while this job ran; start it again"
            return {"status": "Failed", "secondary": "Failed", "message": "Training job failed", "reason": reason}
        message = {"Stopped": "Training job stopped", "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds"}[
            ending
        ]
        return {"status": "Stopped", "secondary": ending, "message": message, "artifacts": artifacts}

    def _find_command(self) -> list[str]:
        algorithm = self._request["AlgorithmSpecification"]
        image = algorithm.get("TrainingImage") or algorithm.get("AlgorithmName", "")
        ours = layout.repository_of(image).endswith("-training")
        if not ours and not (self._request.get("HyperParameters") or {}).get(jobs.PROGRAM):
            raise JobFailed(
                f"ClientError: image {image!r} cannot run in the local cloud: its repository does not end in '-training' (our "
                "own workloads), and the job brings no script (hyperparameters sagemaker_program, sagemaker_submit_directory)"
            )
        arguments = (algorithm.get("ContainerArguments") if ours else None) or ["train"]
        return [self._shared.python, "-m", "workloads.entrypoint", *arguments]

    def _open_logs(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)  # a job of the same name in an earlier cloud left this folder
        epoch = int(time.time())
        for host in self._hosts:
            self._logs[host] = self._shared.logs.open(
                region=self._region,
                group=jobs.LOG_GROUP,
                stream=f"{self._record.name}/{host}-{epoch}",
                path=self.folder / "logs" / f"{host}.log",
            )

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
        for base in self._bases():
            for name in ("input/data", "model", "checkpoints"):
                shutil.rmtree(base / name, ignore_errors=True)

    def _check(self) -> None:
        if self._ending:
            raise _Ended(self._ending)
        if time.monotonic() >= self._deadline:
            raise _Ended("MaxRuntimeExceeded")

    def _note(self, line: str) -> None:
        with contextlib.suppress(IndexError, KeyError):
            self._logs[self._hosts[0]].note(line)

    def _cap_note(self) -> str:
        if len(self._hosts) == self._asked:
            return ""
        cores = self._shared.limits.cores
        return f": {len(self._hosts)} of the {self._asked} hosts asked for, since this machine has {cores} cores"

    def _bases(self) -> list[Path]:
        return [self.folder / host for host in self._hosts]

    def _channels(self) -> list[dict[str, Any]]:
        return list(self._request.get("InputDataConfig") or ())

    def _max_runtime_s(self) -> float:
        return float((self._request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds", DEFAULT_JOB_SECONDS))


def hosts_asked(resources: dict[str, Any]) -> int:
    """InstanceCount, or the sum over the instance groups."""
    groups = resources.get("InstanceGroups") or ()
    return max(1, sum(int(group["InstanceCount"]) for group in groups) or int(resources.get("InstanceCount") or 1))


def instance_type(resources: dict[str, Any]) -> str:
    groups = resources.get("InstanceGroups") or [{}]
    return str(resources.get("InstanceType") or groups[0].get("InstanceType") or "")
