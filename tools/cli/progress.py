"""Progress of a run: a bar on a terminal, a line now and then elsewhere. Always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from tools.cli.terminal import console, say

# Without a terminal a line this often says that the run lives.
LINE_SECONDS: Final = 10.0


class Progress:
    """Give `say` and `tick` to the engine; `phase` names what follows."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._task: Any = None
        self._phase = ""
        self._expected = 0
        self._said = time.monotonic()

    @contextmanager
    def shown(self) -> Iterator[Progress]:
        if not sys.stderr.isatty():
            yield self
            return
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[doing]}"),
        )
        with Bar(*columns, console=console(stderr=True), transient=True) as bar:
            self._bar = bar
            self._task = bar.add_task("starting", total=None, doing="")
            try:
                yield self
            finally:
                self._bar = None

    def phase(self, name: str, expected: int = 0) -> None:
        """What follows, and how many resources it will pass (0: not known yet)."""
        self._phase, self._expected = name, expected
        if self._bar is not None:
            self._bar.reset(self._task, description=name, total=expected or None, doing="")
        else:
            say(f"{name} ...")

    def pause(self) -> None:
        """Takes the bar away, so that a question can be read."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def say(self, message: str) -> None:
        if self._bar is not None:
            self._bar.console.print(message, markup=False)
        else:
            say(message)

    def tick(self, tick: Any) -> None:
        """Takes a `tools.engine.events.Tick`."""
        if self._bar is not None:
            total = max(self._expected, tick.known)
            self._bar.update(self._task, completed=tick.done, total=total, doing=tick.doing[:48])
        elif time.monotonic() - self._said >= LINE_SECONDS:
            self._said = time.monotonic()
            say(f"{self._phase}: {tick.done} of {max(self._expected, tick.known)} resources, {tick.doing}")
