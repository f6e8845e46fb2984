"""One live line of a job that is followed: a bar on a terminal, a line now and then elsewhere. Always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tools.cli.terminal.console import console
from tools.cli.terminal.streams import say
from tools.jobs.progress import Progress, words

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

# Without a terminal a line this often says that the job lives; a new phase says so at once.
LINE_SECONDS: Final = 10.0


class JobLines:
    """Shows what a flow reports of its jobs. Implements `tools.flows.job_progress.JobProgress`."""

    def say(self, message: str) -> None:
        say(message)

    @contextmanager
    def following(self, label: str) -> Iterator[Callable[[Progress], None]]:
        if not sys.stderr.isatty():
            yield _Lines(label)
            return
        with _make_bar() as bar:
            yield _Bar(bar, label)


class _Lines:
    """A line at every new phase, and now and then between."""

    def __init__(self, label: str) -> None:
        self._label, self._phase, self._said = label, "", 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.phase != self._phase or now - self._said >= LINE_SECONDS:
            self._phase, self._said = progress.phase, now
            say(f"{self._label}: {words(progress)}")


class _Bar:
    """A bar of the steps, with the same words."""

    def __init__(self, bar: Bar, label: str) -> None:
        self._bar, self._task = bar, bar.add_task(label, total=None, words="")

    def __call__(self, progress: Progress) -> None:
        done = progress.steps if progress.status == "Completed" else progress.step
        self._bar.update(self._task, total=progress.steps, completed=done or 0, words=words(progress))


def _make_bar() -> Bar:
    from rich.progress import BarColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bar
    from rich.table import Column

    return Bar(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[words]}", style="dim", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
        console=console(stderr=True),
        transient=True,
        expand=False,
    )
