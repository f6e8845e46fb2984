"""What the parts of the runtime share: where things are, and the lock over moto's records."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.sagemaker.models import sagemaker_backends

from localcloud.services.sagemaker.limits import Limits
from localcloud.services.sagemaker.logs import LogShipper
from localcloud.services.sagemaker.transfer import Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    home: Path
    endpoint_url: Callable[[], str]
    account: str
    python: str
    repository: Path
    limits: Limits
    storage: Storage
    logs: LogShipper
    # Held by whoever changes or reads a record: moto answers a Describe by walking an object's attributes.
    records: threading.RLock = field(default_factory=threading.RLock)

    def backend(self, region: str) -> Any:
        """moto's SageMaker of one region."""
        return sagemaker_backends[self.account][region]

    def regions(self) -> Iterator[tuple[str, Any]]:
        """moto's SageMaker of every region used so far."""
        return iter(list(sagemaker_backends[self.account].items()))


class RequestError(Exception):
    """An answer that AWS gives to a wrong request: a code, a message, a status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def invalid(message: str) -> RequestError:
    return RequestError("ValidationException", message)


def bad_name(value: str, field_name: str, pattern: str) -> RequestError:
    """SageMaker's words for a name that does not match its pattern."""
    return invalid(
        f"1 validation error detected: Value '{value}' at '{field_name}' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {pattern}"
    )
