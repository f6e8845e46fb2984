"""The runs of one kind of job that this daemon has begun, by region and name."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

# The FailureReason of a job whose processes ended with their daemon.
DAEMON_STOPPED: Final = "InternalServerError: the local cloud stopped while this job ran; start it again"


class Run(Protocol):
    """A job of any kind that runs or has run."""

    @property
    def ended(self) -> bool: ...

    def start(self) -> None: ...

    def interrupt(self) -> None: ...

    def join(self, timeout_s: float) -> None: ...


R = TypeVar("R", bound=Run)


class Kept(Generic[R]):
    """Runs that were begun and whose jobs were not deleted."""

    def __init__(self) -> None:
        self.runs: dict[tuple[str, str], R] = {}

    def folder(self, parent: Path, region: str, name: str) -> Path:
        """Where a new run works. The same name may run in two regions; the first one has the plain folder."""
        taken = any(other == name and where != region for where, other in self.runs)
        return parent / (f"{name}@{region}" if taken else name)

    def begin(self, region: str, name: str, run: R) -> None:
        self.runs[region, name] = run
        run.start()

    def running(self) -> list[R]:
        return [run for run in list(self.runs.values()) if not run.ended]

    def interrupt_all(self) -> None:
        """Tells all runs to end, without waiting."""
        for run in self.running():
            run.interrupt()

    def shutdown(self, timeout_s: float, *, forget: bool = False) -> None:
        """Ends all runs. Blocks until their processes are gone. `forget` drops them as well (a reset of the cloud)."""
        self.interrupt_all()
        for run in list(self.runs.values()):
            run.join(timeout_s)
        if forget:
            self.runs.clear()
