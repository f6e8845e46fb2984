"""What a place that runs jobs must be able to do: start one, say how it is, stop it, show its log, find earlier runs.

A runner is one folder in `tools/jobs/runners/`. The life of a job (`tools/jobs/life.py`), `tools/jobs/follow.py` and all verbs
know this protocol only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tools.jobs.spec import JobSpec
from tools.jobs.view import JobView


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLine:
    """One line that a host wrote; `at` orders the lines of several hosts."""

    at: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HostLog:
    """The last lines of one host; `source` names where they were read."""

    source: str
    lines: tuple[LogLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LogTail:
    """How a run's log ends, host by host. `problem` says why it cannot be read, "" where it can; `place` where the log is."""

    place: str
    hosts: tuple[HostLog, ...] = ()
    problem: str = ""

    def merged(self, count: int) -> list[str]:
        """The last lines of all hosts together, by time."""
        lines = sorted((line for host in self.hosts for line in host.lines), key=lambda line: line.at)
        return [line.text for line in lines][-count:]

    def by_host(self) -> str:
        """The last lines of each host under its name, or why there are none."""
        if self.problem:
            return f"(its log in {self.place} cannot be read: {self.problem})"
        told = [text for host in self.hosts for text in (f"--- end of {host.source}", *(line.text for line in host.lines))]
        return "\n".join(told) or f"(it wrote no log to {self.place})"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedRun:
    """A run as a resource of a plan. `name` is the stack's for the job, where its tags tell it, so that an exception of the job
    holds for every run of it."""

    type: str
    name: str
    props: Mapping[str, Any]


class LookFailed(ConnectionError):
    """A runner did not answer a question about a run, or refused to; the next look may succeed."""


class JobLog(Protocol):
    """A cursor over the log of one run, all hosts together."""

    def lines(self) -> list[str]:
        """The new lines since the last call, by time; none where the log is not there (yet) or cannot be read."""


class Runner(Protocol):
    """A place that runs jobs. A run is known by its name, which is never given twice."""

    @property
    def region(self) -> str:
        """The region whose prices hold for its machines."""

    @property
    def local(self) -> bool:
        """Whether the jobs run on this machine: its log is complete when a run has ended, and a look costs nothing."""

    def submit(self, spec: JobSpec, name: str) -> bool:
        """Starts a run. False where a run of that name is there already. Raises ValueError with the reason of a refusal."""

    def describe(self, name: str) -> JobView | None:
        """The run as it is now; None where there is none of that name. Raises LookFailed where the runner does not answer."""

    def stop(self, name: str) -> None:
        """Asks a run to stop: it has two minutes to leave a checkpoint. One that has ended meanwhile is fine."""

    def log(self, name: str) -> JobLog:
        """The log of a run from its beginning."""

    def tail(self, name: str, *, lines: int) -> LogTail:
        """How the log of a run ends: the last lines of each of its first hosts."""

    def runs(self, prefix: str, *, status: str = "") -> Iterator[str]:
        """The names of the newest runs whose names contain `prefix`, the newest first; of one status where one is given."""

    def recent(self) -> list[str]:
        """The names of the newest runs of all, the newest first."""

    def holds(self, uri: str) -> bool:
        """Whether there is an object at, or below, an S3 URI: buckets may be gone, or emptied, while a run's history stays."""

    def planned(self, spec: JobSpec, name: str) -> PlannedRun:
        """The run as a resource of a plan, as policies judge it before it is started."""
