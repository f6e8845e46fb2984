"""What ends a flow early, beside the errors of the rooms that it calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.engine.runs import RunResult


class PreviewFailed(Exception):
    """A preview whose plan was to be judged or priced failed; `result` has the causes and the log."""

    def __init__(self, result: RunResult) -> None:
        super().__init__("; ".join(fault.message for fault in result.faults) or "the preview failed")
        self.result = result
