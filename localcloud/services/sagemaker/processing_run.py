"""One processing job from its first status to its last: inputs from S3, the user's command on every host, outputs to S3.

A run is one thread, as a training job's is, with the same hosts, logs and ends (`host_run.py`, `crew.py`). The command finds its
folder at /opt/ml and the names of its hosts as a training job does (`places.py`).
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path

from localcloud.services.sagemaker import layout, programs
from localcloud.services.sagemaker.crew import Crew
from localcloud.services.sagemaker.host_run import Ended, HostRun
from localcloud.services.sagemaker.kept import DAEMON_STOPPED
from localcloud.services.sagemaker.places import Places
from localcloud.services.sagemaker.processes import Child
from localcloud.services.sagemaker.processing_data import ProcessingData, ProcessingFailed
from localcloud.services.sagemaker.processing_record import ProcessingRecord
from localcloud.services.sagemaker.shared import Shared
from localcloud.services.sagemaker.transfer import TransferError

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingStoppingCondition.html
DEFAULT_SECONDS = 86_400


class ProcessingRun(HostRun[ProcessingRecord]):
    """A processing job that runs or has run."""

    def __init__(
        self, shared: Shared, record: ProcessingRecord, *, region: str, folder: Path, slots: threading.Semaphore
    ) -> None:
        super().__init__(shared, record, kind="processing job", region=region, folder=folder, slots=slots)
        self._asked = max(1, int(self._request["ProcessingResources"]["ClusterConfig"].get("InstanceCount") or 1))
        self._hosts = layout.host_names(min(self._asked, shared.limits.hosts))
        self._data = ProcessingData(shared, region, self._request, self._bases, self._note)

    def _main(self) -> None:
        status, reason = "Completed", ""
        try:
            self._open_logs(LOG_GROUP, int(time.time() * 1000))
            self._run()
        except Ended as ended:
            status, reason = ("Failed", DAEMON_STOPPED) if str(ended) == "Interrupted" else ("Stopped", "")
        except (ProcessingFailed, TransferError) as error:
            status, reason = "Failed", str(error) if isinstance(error, ProcessingFailed) else f"ClientError: {error}"
        except Exception as error:  # an exception here must end the job too, or whoever waits for it waits for ever
            status, reason = "Failed", f"InternalServerError: {type(error).__name__}: {error}"
        self._close(reason)
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
            if note := self._cap_note():
                self._note(note)
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
        """Runs the command on all hosts. Raises ProcessingFailed for a host that failed, Ended for a job that was ended."""
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
            raise Ended(ending)
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
