"""Looks at a job until it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from tools.jobs.clients import Clients
from tools.jobs.logs import Log
from tools.jobs.progress import Progress, Tracker
from tools.jobs.result import Result, result_of
from tools.jobs.view import JobView, describe

# Between looks: here each is a request to our own daemon; on AWS the describe calls of an account are rationed.
LOCAL_SECONDS: Final = 0.5
AWS_SECONDS: Final = 3.0
# Describe may fail this often in a row, beyond botocore's own retries, before the job is out of sight.
LOST_SIGHT_AFTER: Final = 6
# A host's last lines are shipped after it has ended; this long after the end they are still looked for.
LAST_LINES_SECONDS: Final = 10.0


def follow(
    clients: Clients,
    name: str,
    *,
    on: Callable[[Progress], None] = lambda progress: None,
    on_line: Callable[[str], None] | None = None,
    pause: float | None = None,
) -> Result:
    """Blocks until the job has ended; what came of it. `on` gets every look, `on_line` every line of the log.

    Raises ValueError for a job that is not there, and botocore's own error when sight of it is lost.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    seconds = pause if pause is not None else LOCAL_SECONDS if clients.local else AWS_SECONDS
    log, tracker, misses = Log(clients, name), Tracker(clients.region), 0
    while True:
        try:
            job = describe(clients, name)
            misses = 0
        except (BotoCoreError, ClientError):
            misses += 1
            if misses > LOST_SIGHT_AFTER:
                raise
            time.sleep(seconds)
            continue
        _read(log, tracker, on_line)
        if job.ended:
            _read_rest(clients, log, tracker, job, on_line)
            on(tracker.at(job))
            return result_of(job, clients.region, tracker.series)
        on(tracker.at(job))
        time.sleep(seconds)


def _read(log: Log, tracker: Tracker, on_line: Callable[[str], None] | None) -> int:
    lines = log.lines()
    tracker.feed(lines)
    for line in lines if on_line else ():
        assert on_line
        on_line(line)
    return len(lines)


def _read_rest(clients: Clients, log: Log, tracker: Tracker, job: JobView, on_line: Callable[[str], None] | None) -> None:
    """What came after the last look. The local cloud ships all before it says that a job has ended; CloudWatch takes its time."""
    if clients.local:
        while _read(log, tracker, on_line):
            pass
        return
    until = time.monotonic() + LAST_LINES_SECONDS
    while time.monotonic() < until:
        if not _read(log, tracker, on_line):
            time.sleep(AWS_SECONDS)
