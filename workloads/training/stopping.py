"""Stop politely: SIGTERM (SageMaker, Kubernetes) or Ctrl-C asks, and the training loop ends at its next step."""

from __future__ import annotations

import signal
from types import TracebackType
from typing import Self


class StopRequest:
    """Context in which SIGTERM and SIGINT set `asked` instead of ending the process."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, _number: int, _frame: object) -> None:
        self.asked = True
