"""Follows a run to its end: its progress at every look, the new lines of its log, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from tools.jobs.life import Pauses, looks, require
from tools.jobs.progress import Progress, Tracker
from tools.jobs.result import Result, result_of
from tools.jobs.runner import JobLog, Runner

# Seconds between looks. A person watches, so the pauses do not grow.
_LOCAL_SECONDS: Final = 0.5
_AWS_SECONDS: Final = 3.0
# CloudWatch receives a host's last lines after the host has ended; they are looked for this long after the end.
LAST_LINES_SECONDS: Final = 10.0


def follow(
    runner: Runner,
    name: str,
    *,
    on: Callable[[Progress], None] = lambda progress: None,
    on_line: Callable[[str], None] = lambda line: None,
    pause: float | None = None,
) -> Result:
    """Blocks until the run has ended; what came of it. `on` gets every look, `on_line` every line of the log.

    Raises ValueError for a run that is not there, LostSight when the runner does not answer any more.
    """
    seconds = pause if pause is not None else _LOCAL_SECONDS if runner.local else _AWS_SECONDS
    require(runner, name)
    log, tracker = runner.log(name), Tracker(runner.region)
    for view in looks(runner, name, Pauses(first=seconds)):
        _read(log, tracker, on_line)
        if view.ended:
            _read_rest(runner, log, tracker, on_line)
        on(tracker.at(view))
        if view.ended:
            return result_of(view, runner.region, tracker.series)
    raise AssertionError("the looks end with one at a run that has ended")


def _read(log: JobLog, tracker: Tracker, on_line: Callable[[str], None]) -> int:
    lines = log.lines()
    tracker.feed(lines)
    for line in lines:
        on_line(line)
    return len(lines)


def _read_rest(runner: Runner, log: JobLog, tracker: Tracker, on_line: Callable[[str], None]) -> None:
    """Reads the lines that came after the last look. The local cloud has all of them when a job has ended; CloudWatch has not."""
    if runner.local:
        while _read(log, tracker, on_line):
            pass
        return
    until = time.monotonic() + LAST_LINES_SECONDS
    while time.monotonic() < until:
        if not _read(log, tracker, on_line):
            time.sleep(_AWS_SECONDS)
