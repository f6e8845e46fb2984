"""A runner whose runs are no processes: a test says what each look at a run finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from tests.tools.jobs.make import described
from tools.jobs.runner import JobLog, LogTail, LookFailed, PlannedRun
from tools.jobs.runners.sagemaker.describe import view_of
from tools.jobs.spec import JobSpec
from tools.jobs.view import COMPLETED, IN_PROGRESS, STOPPED, STOPPING, JobView


def view(name: str, status: str = IN_PROGRESS) -> JobView:
    return replace(view_of(described(100, status)), name=name)


@dataclass
class FakeRunner:
    """Implements `tools.jobs.runner.Runner`. A run has the status in `statuses`; `on_look` may change it before each look."""

    statuses: dict[str, str] = field(default_factory=dict)
    on_look: Callable[[str], None] = lambda name: None
    left: set[str] = field(default_factory=set)
    submitted: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    region: str = "eu-west-1"
    local: bool = True

    def submit(self, spec: JobSpec, name: str) -> bool:
        if name in self.statuses or name in self.taken:
            return False
        self.submitted.append(name)
        self.statuses[name] = IN_PROGRESS
        return True

    def describe(self, name: str) -> JobView | None:
        self.on_look(name)
        return view(name, self.statuses[name]) if name in self.statuses else None

    def stop(self, name: str) -> None:
        self.stopped.append(name)
        self.statuses[name] = STOPPING

    def log(self, name: str) -> JobLog:
        raise NotImplementedError

    def tail(self, name: str, *, lines: int) -> LogTail:
        return LogTail(place="nowhere")

    def runs(self, prefix: str, *, status: str = "") -> Iterator[str]:
        yield from (name for name, now in self.statuses.items() if prefix in name and status in ("", now))

    def recent(self) -> list[str]:
        return list(self.statuses)

    def holds(self, uri: str) -> bool:
        return uri in self.left

    def planned(self, spec: JobSpec, name: str) -> PlannedRun:
        return PlannedRun(type="fake", name=name, props={})

    def ends(self, name: str, status: str, after: int) -> None:
        """From the look after so many on, the run has ended."""
        looks = 0

        def count(asked: str) -> None:
            nonlocal looks
            looks += asked == name
            if looks > after:
                self.statuses[name] = status

        self.on_look = count


def silent(name: str) -> None:
    """An `on_look` of a runner that does not answer."""
    raise LookFailed(f"no answer about {name}")


__all__ = ["COMPLETED", "IN_PROGRESS", "STOPPED", "STOPPING", "FakeRunner", "silent", "view"]
