"""What a training job and a processing job have in common while they run: one thread, hosts with logs, and the ways to end.

Everything that happens to a run (a host's exit, a stop request, the daemon's end) arrives in one queue, so there is no state that
two threads decide on.
"""

from __future__ import annotations

import contextlib
import queue
import shutil
import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from localcloud.services.sagemaker.crew import Event
from localcloud.services.sagemaker.logs import LogStream
from localcloud.services.sagemaker.processes import Child
from localcloud.services.sagemaker.shared import Shared


class Ended(Exception):
    """Someone ended the job: `Stopped`, `MaxRuntimeExceeded` or `Interrupted` (the daemon stops)."""


class Record(Protocol):
    """What a run reads of its record in moto."""

    name: str
    request: Any  # the job's request as it came over the wire

    @property
    def status(self) -> str: ...

    @property
    def secondary_status(self) -> str: ...

    def stopping(self) -> None: ...


RecordT = TypeVar("RecordT", bound=Record)


class HostRun(ABC, Generic[RecordT]):
    """A job that runs or has run on one or several hosts, each a process on this machine."""

    def __init__(
        self, shared: Shared, record: RecordT, *, kind: str, region: str, folder: Path, slots: threading.Semaphore
    ) -> None:
        self._shared, self._record, self._region, self.folder, self._slots = shared, record, region, folder, slots
        self._request = record.request
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._ending = ""  # set once by a stop; read between the steps
        self._children: dict[str, Child] = {}
        self._logs: dict[str, LogStream] = {}
        self._deadline = float("inf")
        self._asked = 1
        self._hosts: list[str] = []
        self._thread = threading.Thread(target=self._main, name=f"{kind} {record.name}", daemon=True)

    @abstractmethod
    def _main(self) -> None:
        """The whole run. Every way out ends the job."""

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    def request_stop(self) -> None:
        """The Stop operation: SIGTERM, the grace, then the end; what was written so far is kept."""
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
            "secondary_status": self._record.secondary_status,
            "hosts": len(self._hosts),
            "hosts_asked": self._asked,
            "pids": [child.pid for child in list(self._children.values()) if not child.ended.is_set()],
        }

    @property
    def _bases(self) -> list[Path]:
        """The folder of each host."""
        return [self.folder / host for host in self._hosts]

    def _open_logs(self, group: str, epoch: int) -> None:
        """One stream a host: `<job>/<host>-<epoch>`."""
        shutil.rmtree(self.folder, ignore_errors=True)  # a job of the same name in an earlier cloud left this folder
        for host in self._hosts:
            self._logs[host] = self._shared.logs.open(
                region=self._region,
                group=group,
                stream=f"{self._record.name}/{host}-{epoch}",
                path=self.folder / "logs" / f"{host}.log",
            )

    def _close(self, reason: str) -> None:
        """Ends every process and log; the reason, if there is one, is the log's last line."""
        for child in self._children.values():
            child.kill()
        if reason:
            self._note(reason)
        for log in self._logs.values():
            self._shared.logs.close(log)

    def _note(self, line: str) -> None:
        with contextlib.suppress(IndexError, KeyError):
            self._logs[self._hosts[0]].note(line)

    def _cap_note(self) -> str:
        """What is said of hosts that were asked for and are more than this machine runs; "" when all run."""
        if len(self._hosts) == self._asked:
            return ""
        cores = self._shared.limits.cores
        return f"{len(self._hosts)} of the {self._asked} hosts asked for, since this machine has {cores} cores"

    def _check(self) -> None:
        """Raises Ended for a job that somebody has ended, or whose time is over."""
        if self._ending:
            raise Ended(self._ending)
        if time.monotonic() >= self._deadline:
            raise Ended("MaxRuntimeExceeded")
