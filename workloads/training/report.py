"""The lines of the log, in the form that a job's metric definitions read: `step=10; epoch=1; train_loss=2.1034;`."""

from __future__ import annotations

import time
from typing import Final

# Digits after the point. A learning rate may be small and gets more; a throughput needs none.
_DIGITS: Final = {"learning_rate": 6, "mfu": 3, "tokens_per_second": 0, "samples_per_second": 0}


def report(**values: float) -> None:
    """Print one line and flush it."""
    parts = (
        f"{name}={value if isinstance(value, int) else f'{value:.{_DIGITS.get(name, 4)}f}'};" for name, value in values.items()
    )
    print(" ".join(parts), flush=True)


class Meter:
    """Mean loss and throughput since the last line. The first step is left out of the time: it warms up, or compiles."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._loss, self._steps, self._timed = 0.0, 0, 0

    def add(self, loss: float) -> None:
        """A step has ended."""
        if self._since is None:
            self._since = time.monotonic()
        else:
            self._timed += 1
        self._loss += loss
        self._steps += 1

    def take(self) -> tuple[float, float | None]:
        """Mean loss of the steps since the last call, and their steps a second; None when only the first step was among them."""
        assert self._since is not None
        now = time.monotonic()
        loss, speed = self._loss / self._steps, self._timed / (now - self._since) if self._timed else None
        self._since, self._loss, self._steps, self._timed = now, 0.0, 0, 0
        return loss, speed
