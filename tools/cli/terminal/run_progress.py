"""Progress of a run: a bar on a terminal, a line now and then elsewhere. Always on stderr."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from catalog.types import sagemaker
from tools.cli.terminal.console import console
from tools.cli.terminal.streams import say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from tools.engine.events import Tick

# Without a terminal a line this often says that the run lives.
LINE_SECONDS: Final = 10.0
# How often what is under way is looked at between the engine's events, which are silent while a job trains.
BEAT_SECONDS: Final = 1.0
# From here on a step's own time is worth showing.
LONG_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bar:
    """The bar on a terminal, and its one task."""

    bar: Progress
    task: TaskID


class RunProgress:
    """Give `say` and `tick` to the engine; `phase` names what follows; `watch` is asked for a line while a job trains."""

    def __init__(self) -> None:
        self.watch: Callable[[], str] | None = None
        self._bar: _Bar | None = None
        self._phase = ""
        self._expected = 0
        self._tick: Tick | None = None
        self._said = time.monotonic()
        self._over = threading.Event()

    @contextmanager
    def shown(self) -> Iterator[RunProgress]:
        beat = threading.Thread(target=self._beat, daemon=True, name="progress")
        beat.start()
        try:
            if sys.stderr.isatty():
                with _make_bar() as bar:
                    self._bar = _Bar(bar=bar, task=bar.add_task("starting", total=None, doing=""))
                    try:
                        yield self
                    finally:
                        self._bar = None
            else:
                yield self
        finally:
            self._over.set()

    def phase(self, name: str, expected: int = 0) -> None:
        """What follows, and how many resources it will pass (0: not known yet)."""
        self._phase, self._expected, self._tick = name, expected, None
        if self._bar is not None:
            self._bar.bar.reset(self._bar.task, description=name, total=expected or None, doing="")
        else:
            say(f"{name} ...")

    def pause(self) -> None:
        """Takes the bar away, so that a question can be read."""
        if self._bar is not None:
            self._bar.bar.stop()
            self._bar = None

    def say(self, message: str) -> None:
        if self._bar is not None:
            self._bar.bar.console.print(message, markup=False)
        else:
            say(message)

    def tick(self, tick: Tick) -> None:
        """Takes a `tools.engine.events.Tick`."""
        self._tick = tick
        if self._bar is not None:
            total = max(self._expected, tick.known)
            self._bar.bar.update(self._bar.task, completed=tick.done, total=total, doing=doing(tick, time.monotonic()))

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            self._look(time.monotonic())

    def _look(self, now: float) -> None:
        """One look between events: the bar's words are renewed, or a line is due."""
        tick, bar = self._tick, self._bar
        if tick is None:
            return
        if bar is not None:
            bar.bar.update(bar.task, doing=self._words(tick, now))
        elif now - self._said >= LINE_SECONDS:
            self._said = now
            say(f"{self._phase}: {tick.done} of {max(self._expected, tick.known)}, {self._words(tick, now)}")

    def _words(self, tick: Tick, now: float) -> str:
        """What the run waits for: what a job in training says, else the oldest step."""
        if self.watch and any(step.type == sagemaker.TRAINING_JOB.token for step in tick.under_way):
            with suppress(Exception):  # a look is worth no failure: the run itself says what is wrong
                if line := self.watch():
                    return line
        return doing(tick, now)


def doing(tick: Tick, now: float) -> str:
    """The oldest step under way with its seconds when they are many, and how many others there are."""
    if not tick.under_way:
        return tick.doing
    first, others = tick.under_way[0], len(tick.under_way) - 1
    seconds = now - first.since
    return f"{first.op} {first.name}{f' {seconds:.0f} s' if seconds >= LONG_SECONDS else ''}{f' (+{others})' if others else ''}"


def _make_bar() -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[doing]}", style="dim", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
        console=console(stderr=True),
        transient=True,
        expand=False,
    )
