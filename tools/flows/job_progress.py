"""What a flow that runs jobs reports while it works. The command line shows it; another caller may ignore it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from tools.jobs.progress import Progress


class JobProgress(Protocol):
    """The progress of one verb."""

    def say(self, message: str) -> None:
        """Takes a sentence for a person."""

    def following(self, label: str) -> AbstractContextManager[Callable[[Progress], None]]:
        """Entered while one job is followed; gives what takes each look at it. `label` names the job for a person."""
