"""The hosts of one training job while they run: who ends, who is told to end, and whose failure it was."""

from __future__ import annotations

import queue
import re
import time
from collections.abc import Callable

from .limits import Limits
from .processes import Child

NEVER = float("inf")
# What gloo, NCCL and PyTorch's store say when another host has gone: an effect, not a cause.
PEER_LOST = re.compile(
    r"closed by (remote )?peer|reset by peer|Broken pipe|remote process exited|DistNetworkError|recvValue failed"
)
# 128 + SIGTERM and 128 + SIGKILL: ended by us.
ENDED_BY_US = frozenset({143, 137})

Event = Child | str  # a host's end, or a wish: "Stopped", "Interrupted"


class Crew:
    """Watches the hosts of a job. `events` brings their ends and everybody's wishes."""

    def __init__(self, children: list[Child], events: queue.SimpleQueue[Event], limits: Limits) -> None:
        self._running = set(children)
        self._events, self._limits = events, limits
        self._kill_at = NEVER
        self.failed: list[Child] = []

    def watch(self, deadline: float) -> str:
        """Until all have ended. The empty string when they did so by themselves (see `failed`), else `Stopped`,
        `MaxRuntimeExceeded` (at `deadline`, monotonic seconds) or `Interrupted`."""
        ending = ""
        while self._running:
            moment = min(self._kill_at, NEVER if ending else deadline)
            try:
                event = self._events.get(timeout=None if moment == NEVER else max(0.0, moment - time.monotonic()))
            except queue.Empty:
                if time.monotonic() >= self._kill_at:
                    self._kill()
                elif not ending and time.monotonic() >= deadline:
                    ending = "MaxRuntimeExceeded"
                    self._terminate(self._limits.stop_grace_s)
                continue
            if isinstance(event, str):
                ending = event
                self._terminate(self._limits.shutdown_grace_s if event == "Interrupted" else self._limits.stop_grace_s)
                continue
            self._running.discard(event)
            if event.exit_code and not ending:
                if not self.failed and self._running:
                    # A lost peer often fails first: give the true cause a moment to show.
                    time.sleep(self._limits.settle_s)
                    self._terminate(self._limits.peer_grace_s)
                self.failed.append(event)
        return ending

    def culprit(self, said: Callable[[Child], str]) -> Child:
        """The host whose failure explains the others'. `said` gives the end of a host's log."""
        by_themselves = [child for child in self.failed if child.exit_code not in ENDED_BY_US] or self.failed
        return next((child for child in by_themselves if not PEER_LOST.search(said(child))), by_themselves[0])

    def _terminate(self, grace_s: float) -> None:
        for child in self._running:
            child.terminate()
        self._kill_at = min(self._kill_at, time.monotonic() + grace_s)

    def _kill(self) -> None:
        self._kill_at = NEVER
        for child in self._running:
            child.kill()
