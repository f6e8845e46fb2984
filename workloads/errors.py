"""The errors a workload shows to its user. Each says what is wrong, the value got and the way out.

WorkloadError
├── ContractError          the container's environment is not what SageMaker's contract promises
├── HyperparameterError    a hyperparameter is unknown, of the wrong kind or out of range
├── DataError              a data file breaks its schema; carries a report of every fault
├── ModelError             a model artifact is missing, damaged or of another format
├── CompressionError       a compressed or exported model is not what was asked for, or cannot be made here
└── RequestError           an inference request is not valid; becomes the HTTP status it carries
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

# Same meaning as in the command line: 2 is wrong use or bad configuration, so a retry would not help.
EXIT_BAD_INPUT: Final = 2
# What a shell reports for a process ended by SIGTERM (128 + 15): stopped before it was done, neither success nor failure.
EXIT_STOPPED: Final = 143


class WorkloadError(ValueError):
    """Something its user can put right. Shown as one message, without a traceback."""


class ContractError(WorkloadError):
    """The environment of the container is not as the contract says."""


class HyperparameterError(WorkloadError):
    """A hyperparameter is unknown, of the wrong kind or out of range."""


class DataError(WorkloadError):
    """A data file is not what the workload can learn from.

    `report` holds one line a fault, all of them, so that one run is enough to mend the file.
    """

    def __init__(self, source: str, report: Sequence[str]) -> None:
        self.source = source
        self.report = tuple(report)
        faults = "1 fault" if len(self.report) == 1 else f"{len(self.report)} faults"
        super().__init__("\n  - ".join([f"{source} has {faults}:", *self.report]))


class ModelError(WorkloadError):
    """A model artifact is missing, damaged or of another format."""


class CompressionError(WorkloadError):
    """A compressed or exported model is worse, slower or larger than allowed, answers otherwise, or cannot be made here."""


class RequestError(WorkloadError):
    """An inference request that cannot be answered; `status` is the HTTP status to answer with."""

    def __init__(self, message: str, status: int = 400) -> None:
        self.status = status
        super().__init__(message)


def describe(error: BaseException) -> str:
    """The last lines of a traceback, as Python prints them: `DataError: train.parquet has 1 fault: …`."""
    return f"{type(error).__name__}: {error}"
