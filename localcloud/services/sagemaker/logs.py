"""Output of containers: a file on this machine at once, CloudWatch Logs in batches.

Events go to moto's backend in-process: a log line is not worth an HTTP request to this very process.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto.logs.models import logs_backends

# PutLogEvents takes 10,000 events and 1 MiB a batch, each event counted with 26 bytes more.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
MAX_BATCH_EVENTS = 10_000
MAX_BATCH_BYTES = 1_048_576
EVENT_OVERHEAD_BYTES = 26
# moto keeps every event in memory, so a container's log is cut there. The file keeps everything.
MAX_SHIPPED_BYTES = 8 * 1_048_576
TAIL_LINES = 40

Sink = Callable[[str, str, str, list[dict[str, Any]]], None]


def moto_sink(account: str) -> Sink:
    """A sink that puts events into moto's CloudWatch Logs, making the group and the stream when they are missing."""

    def put(region: str, group: str, stream: str, events: list[dict[str, Any]]) -> None:
        backend = logs_backends[account][region]
        if group not in backend.groups:
            backend.create_log_group(group, {})
        backend.ensure_log_stream(group, stream)
        backend.put_log_events(group, stream, events)

    return put


class LogStream:
    """One container's log. `write` never blocks on CloudWatch."""

    def __init__(self, *, region: str, group: str, stream: str, path: Path) -> None:
        self.region, self.group, self.stream, self.path = region, group, stream, path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8", errors="replace")
        self._lock = threading.Lock()
        self._pending: list[dict[str, Any]] = []
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._shipped = 0
        self._last_ms = 0

    def write(self, line: str) -> None:
        """Adds one line. After `close` it is dropped."""
        with self._lock:
            if self._file.closed:
                return
            self._file.write(line + "\n")
            self._file.flush()
            self._tail.append(line)
            if self._shipped > MAX_SHIPPED_BYTES:
                return
            self._shipped += len(line)
            if self._shipped > MAX_SHIPPED_BYTES:
                line = f"[local cloud] this log passed {MAX_SHIPPED_BYTES} bytes; the rest is only in {self.path}"
            # Events of one batch must be in order, and the wall clock may step back.
            self._last_ms = max(self._last_ms, time.time_ns() // 1_000_000)
            self._pending.append({"timestamp": self._last_ms, "message": line})

    def note(self, line: str) -> None:
        """A line of the platform's own, told apart from the container's."""
        self.write(f"[local cloud] {line}")

    def tail(self, characters: int) -> str:
        """The end of the log, at most so many characters, whole lines where they fit."""
        with self._lock:
            return "\n".join(self._tail)[-characters:]

    def take(self) -> list[dict[str, Any]]:
        """What is still to ship."""
        with self._lock:
            pending, self._pending = self._pending, []
        return pending

    def close(self) -> None:
        with self._lock:
            self._file.close()


class LogShipper:
    """Ships all open streams every `period_s` seconds from one thread."""

    def __init__(self, sink: Sink, period_s: float) -> None:
        self._sink = sink
        self._period_s = period_s
        self._streams: dict[tuple[str, str, str], LogStream] = {}
        self._lock = threading.Lock()
        self._shipping = threading.Lock()
        self._stop = threading.Event()

    def start(self) -> None:
        self._stop.clear()
        threading.Thread(target=self._loop, name="log shipper", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()
        self.flush()

    def open(self, *, region: str, group: str, stream: str, path: Path) -> LogStream:
        log = LogStream(region=region, group=group, stream=stream, path=path)
        with self._lock:
            self._streams[region, group, stream] = log
        return log

    def close(self, log: LogStream) -> None:
        """Ships what is left, then forgets the stream."""
        self._ship(log)
        log.close()
        with self._lock:
            self._streams.pop((log.region, log.group, log.stream), None)

    def flush(self) -> None:
        with self._lock:
            streams = list(self._streams.values())
        for log in streams:
            self._ship(log)

    def _loop(self) -> None:
        while not self._stop.wait(self._period_s):
            self.flush()

    def _ship(self, log: LogStream) -> None:
        with self._shipping:  # one at a time, so that batches of one stream stay in order
            for batch in batches(log.take()):
                with contextlib.suppress(Exception):  # a log group deleted in between costs these lines, not the container
                    self._sink(log.region, log.group, log.stream, batch)


def batches(events: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Events cut into batches that PutLogEvents takes."""
    result: list[list[dict[str, Any]]] = []
    size = 0
    for event in events:
        weight = len(event["message"].encode()) + EVENT_OVERHEAD_BYTES
        if not result or len(result[-1]) >= MAX_BATCH_EVENTS or size + weight > MAX_BATCH_BYTES:
            result.append([])
            size = 0
        result[-1].append(event)
        size += weight
    return result
