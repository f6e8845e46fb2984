"""The hosts of one training job while they run: which ends, which is told to end, and whose failure it was."""

from __future__ import annotations

import queue
import re
import time
from collections.abc import Callable

from localcloud.services.sagemaker.limits import Limits
from localcloud.services.sagemaker.processes import Child

NEVER = float("inf")
# What gloo, NCCL and PyTorch's store print when another host has gone: an effect, not a cause.
PEER_LOST = re.compile(
    r"closed by (remote )?peer|reset by peer|Broken pipe|remote process exit|DistNetworkError|recvValue failed|Failed to recv|"
    r"pair closure|ncclRemoteError|Watchdog caught collective operation timeout"
)
# 128 + SIGTERM: the host was told to end. 128 + SIGKILL: the host was killed, or one of its ranks was (for want of memory, say).
TOLD_TO_END, KILLED = 143, 137

Event = Child | str  # the end of a host, or a request: "Stopped", "Interrupted"


class Crew:
    """Watches the hosts of a job. `events` brings the ends of hosts and the requests to stop."""

    def __init__(self, children: list[Child], events: queue.SimpleQueue[Event], limits: Limits) -> None:
        self._running = set(children)
        self._events, self._limits = events, limits
        self._kill_at = NEVER
        self.failed: list[Child] = []
        self._killed: set[int] = set()  # ids of the hosts that had to be killed

    def watch(self, deadline: float) -> str:
        """Blocks until all have ended. The empty string when they ended by themselves (see `failed`), else `Stopped`,
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
                    # The host that lost a peer often fails first: the true cause gets a moment to show.
                    time.sleep(self._limits.settle_s)
                    self._terminate(self._limits.peer_grace_s)
                self.failed.append(event)
        return ending

    def culprit(self, said: Callable[[Child], str]) -> Child:
        """The host whose failure explains the others'. `said` gives the end of a host's log."""
        by_themselves = [
            child for child in self.failed if child.exit_code != TOLD_TO_END and id(child) not in self._killed
        ] or self.failed
        # The log of a host with a killed rank is full of its other ranks' complaints.
        own = (child for child in by_themselves if child.exit_code == KILLED or not PEER_LOST.search(said(child)))
        return next(own, by_themselves[0])

    def _terminate(self, grace_s: float) -> None:
        for child in self._running:
            child.terminate()
        self._kill_at = min(self._kill_at, time.monotonic() + grace_s)

    def _kill(self) -> None:
        self._kill_at = NEVER
        self._killed |= {id(child) for child in self._running}
        for child in self._running:
            child.kill()
