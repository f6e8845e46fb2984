"""One live line of a job that is followed: a bar on a terminal, a line now and then elsewhere. Always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from tools.cli.terminal.console import console
from tools.cli.terminal.streams import say
from tools.jobs.progress import Progress, words

# Without a terminal a line this often says that the job lives; a new phase says so at once.
LINE_SECONDS: Final = 10.0


class JobLine:
    """Give it to `follow` as `on`. `name` is what the line begins with."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._bar: Any = None
        self._task: Any = None
        self._phase = ""
        self._said = 0.0

    @contextmanager
    def shown(self) -> Iterator[JobLine]:
        if not sys.stderr.isatty():
            yield self
            return
        with _make_bar() as bar:
            self._bar, self._task = bar, bar.add_task(self._name, total=None, words="")
            try:
                yield self
            finally:
                self._bar = None

    def __call__(self, progress: Progress) -> None:
        if self._bar is not None:
            done = progress.steps if progress.status == "Completed" else progress.step
            self._bar.update(self._task, total=progress.steps, completed=done or 0, words=words(progress))
            return
        now = time.monotonic()
        if progress.phase != self._phase or now - self._said >= LINE_SECONDS:
            self._phase, self._said = progress.phase, now
            say(f"{self._name}: {words(progress)}")


def _make_bar() -> Any:
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
