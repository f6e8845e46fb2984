"""One processing job from its first status to its last: inputs from S3, the user's command on every host, outputs to S3.

A run is one thread, as a training job's is, with the same hosts, logs and ends (`crew.py`). The command finds its folder at
/opt/ml and the names of its hosts as a training job does (`places.py`).
"""

from __future__ import annotations

import os
import queue
import shutil
import threading
import time
from pathlib import Path
from typing import Any

from localcloud.services.sagemaker import layout, programs
from localcloud.services.sagemaker.crew import Crew, Event
from localcloud.services.sagemaker.logs import LogStream
from localcloud.services.sagemaker.places import Places
from localcloud.services.sagemaker.processes import Child
from localcloud.services.sagemaker.processing_data import ProcessingData, ProcessingFailed
from localcloud.services.sagemaker.processing_record import ProcessingRecord
from localcloud.services.sagemaker.shared import Shared
from localcloud.services.sagemaker.transfer import TransferError

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingStoppingCondition.html
DEFAULT_SECONDS = 86_400
STOPPED = "InternalServerError: the local cloud stopped while this job ran; start it again"


class _Ended(Exception):
    """Someone ended the job: `Stopped`, `MaxRuntimeExceeded` or `Interrupted` (the daemon stops)."""


class ProcessingRun:
    """A processing job that runs or has run."""

    def __init__(
        self, shared: Shared, record: ProcessingRecord, *, region: str, folder: Path, slots: threading.Semaphore
    ) -> None:
        self._shared, self._record, self._region, self.folder, self._slots = shared, record, region, folder, slots
        self._request = record.request
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._ending = ""  # set once by a stop; read between the steps
        self._children: dict[str, Child] = {}
        self._logs: dict[str, LogStream] = {}
        self._deadline = float("inf")
        self._asked = max(1, int(self._request["ProcessingResources"]["ClusterConfig"].get("InstanceCount") or 1))
        self._hosts = layout.host_names(min(self._asked, shared.limits.hosts))
        self._bases = [folder / host for host in self._hosts]
        self._data = ProcessingData(shared, region, self._request, self._bases, self._note)
        self._thread = threading.Thread(target=self._main, name=f"processing job {record.name}", daemon=True)

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    def request_stop(self) -> None:
        """StopProcessingJob: SIGTERM, the grace, then the end."""
        if not self._ending:
            self._ending = "Stopped"
            self._record.stopping()
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
            "secondary_status": "Processing",
            "hosts": len(self._hosts),
            "hosts_asked": self._asked,
            "pids": [child.pid for child in list(self._children.values()) if not child.ended.is_set()],
        }

    def _main(self) -> None:
        status, reason = "Completed", ""
        try:
            self._open_logs()
            self._run()
        except _Ended as ended:
            status, reason = ("Failed", STOPPED) if str(ended) == "Interrupted" else ("Stopped", "")
        except (ProcessingFailed, TransferError) as error:
            status, reason = "Failed", str(error) if isinstance(error, ProcessingFailed) else f"ClientError: {error}"
        except Exception as error:  # an exception here must end the job too, or whoever waits for it waits for ever
            status, reason = "Failed", f"InternalServerError: {type(error).__name__}: {error}"
        for child in self._children.values():
            child.kill()
        if reason:
            self._note(reason)
        for log in self._logs.values():
            self._shared.logs.close(log)
        message = self._data.exit_message()
        if status == "Completed":
            for base in self._bases:
                for folder in ("processing", "packages"):  # what is in S3 anyway, and what the script installed
                    shutil.rmtree(base / folder, ignore_errors=True)
        self._record.finish(status, reason=reason[: layout.FAILURE_CHARACTERS], message=message)

    def _run(self) -> None:
        while not self._slots.acquire(timeout=0.2):
            self._check()
        try:
            self._check()
            command = self._command()
            if len(self._hosts) < self._asked:
                cores = self._shared.limits.cores
                self._note(f"{len(self._hosts)} of the {self._asked} hosts asked for, since this machine has {cores} cores")
            self._data.prepare(self._record.arn, self._hosts)
            self._record.started()
            limit = (self._request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds", DEFAULT_SECONDS)
            self._deadline = time.monotonic() + float(limit)
            self._data.fetch(self._check)
            self._process(command)
            self._data.send_all()
        finally:
            self._slots.release()

    def _command(self) -> list[str]:
        application = self._request["AppSpecification"]
        entrypoint = list(application.get("ContainerEntrypoint") or ())
        if not entrypoint:
            raise ProcessingFailed(
                f"ClientError: the entrypoint of the image {application['ImageUri']!r} is not known in the local cloud, which "
                "pulls no images; name it in AppSpecification.ContainerEntrypoint"
            )
        try:
            self._python = programs.python_of(self._shared, self._request.get("Environment") or {})
            entrypoint = programs.entry_point(entrypoint, self._python, str(application["ImageUri"]))
        except programs.CannotRun as error:
            raise ProcessingFailed(f"ClientError: {error}") from error
        return [*entrypoint, *(application.get("ContainerArguments") or ())]

    def _process(self, command: list[str]) -> None:
        """Runs the command on all hosts. Raises ProcessingFailed for a host that failed, _Ended for a job that was ended."""
        places = Places(self._shared, self.folder, self._hosts, plain=False)
        if places.note:
            self._note(places.note)
        for host, base in zip(self._hosts, self._bases, strict=True):
            places.write(host)
            self._children[host] = self._launch(host, base, command, places)
        over = threading.Event()
        sender = threading.Thread(target=self._data.send_until, args=(over,), name=f"outputs of {self._record.name}")
        sender.start()
        crew = Crew(list(self._children.values()), self._events, self._shared.limits)
        try:
            ending = crew.watch(self._deadline)
        finally:
            over.set()
            sender.join()
        if ending:
            if ending != "Interrupted":
                self._note("MaxRuntimeInSeconds is over" if ending == "MaxRuntimeExceeded" else "stopped on request")
            raise _Ended(ending)
        if crew.failed:
            child = crew.culprit(lambda child: self._logs[child.name].tail(2000))
            code = f", exit code: {child.exit_code}"
            text = f"AlgorithmError: See job logs for more information; the log ends: {self._logs[child.name].tail(600)}"
            raise ProcessingFailed(text[: layout.FAILURE_CHARACTERS - len(code)] + code)

    def _launch(self, host: str, base: Path, command: list[str], places: Places) -> Child:
        asked = places.texts(host, self._request.get("Environment") or {})
        packages = str(places.base(host) / "packages")
        paths = os.pathsep.join(filter(None, (places.paths(host, asked.get("PYTHONPATH")), packages)))
        environment = layout.container_environment(
            base=places.base(host),
            repository=self._shared.repository,
            python=self._python,
            endpoint_url=self._shared.endpoint_url(),
            region=self._region,
            asked=asked,
            # What a script installs goes to a folder of the job's; this project's own code is not the script's.
            extra={"PYTHONPATH": paths, "PIP_TARGET": packages, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        )
        return Child(
            places.command(host, command),
            python=self._shared.python,
            env=environment,
            cwd=base,
            on_line=self._logs[host].write,
            on_end=self._events.put,
            name=host,
        )

    def _open_logs(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)  # a job of the same name in an earlier cloud left this folder
        epoch = int(time.time() * 1000)
        for host in self._hosts:
            self._logs[host] = self._shared.logs.open(
                region=self._region,
                group=LOG_GROUP,
                stream=f"{self._record.name}/{host}-{epoch}",
                path=self.folder / "logs" / f"{host}.log",
            )

    def _note(self, line: str) -> None:
        if self._logs:
            self._logs[self._hosts[0]].note(line)

    def _check(self) -> None:
        if self._ending:
            raise _Ended(self._ending)
        if time.monotonic() >= self._deadline:
            raise _Ended("MaxRuntimeExceeded")
