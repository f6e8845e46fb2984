"""What this machine runs at once, and how long things may take. One place; tests shorten the times."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

MIB = 1024 * 1024


def cores() -> int:
    """The processors this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds. Where AWS sets the number the source is SageMaker's developer guide or its hosting FAQ."""

    cores: int = field(default_factory=cores)
    stop_grace_s: float = 120.0  # StopTrainingJob: SIGTERM, then 120 s
    peer_grace_s: float = 2.0  # the other hosts of a job, once one has failed
    settle_s: float = 0.3
    server_grace_s: float = 5.0  # AWS gives a model server 30 s; nobody waits that long for a laptop
    shutdown_grace_s: float = 2.0
    startup_s: float = 240.0  # until /ping answers, where the variant sets no ContainerStartupHealthCheckTimeoutInSeconds
    ping_s: float = 2.0
    invoke_s: float = 60.0
    payload_bytes: int = 6 * MIB
    restart_first_s: float = 0.5
    restart_longest_s: float = 30.0
    checkpoint_period_s: float = 5.0
    log_period_s: float = 0.5
    metric_period_s: float = 5.0
    capture_period_s: float = 2.0
    scaling_period_s: float = 2.0

    @property
    def hosts(self) -> int:
        """Hosts one training job may have here."""
        return self.cores

    @property
    def jobs(self) -> int:
        """Training jobs that run at once; the others wait in `Pending`."""
        return max(2, self.cores)

    @property
    def servers(self) -> int:
        """Model servers of all endpoints together, beyond the one that every variant gets."""
        return max(2, self.cores)


def allocate(asked: Mapping[str, int], available: int) -> dict[str, int]:
    """Servers for each variant: every one gets one at least, the rest goes to whoever lacks most, up to `available` in all."""
    granted = dict.fromkeys(asked, 1)
    while sum(granted.values()) < available:
        name = max(asked, key=lambda variant: asked[variant] - granted[variant], default=None)
        if name is None or asked[name] <= granted[name]:
            break
        granted[name] += 1
    return granted
