"""What becomes of every operation of every service: done, kept, or refused, and why it is refused.

moto's own classes say what it answers: an operation has a method of its name. What the services' folders answer themselves comes
before moto; what moto only says has happened (`services/conduct.py`) is refused unless a service's folder does it.
"""

from __future__ import annotations

import dis
import importlib
import inspect
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from moto.core.responses import BaseResponse
from moto.core.utils import camelcase_to_underscores

from localcloud.kernel import service_headers

Kind = Literal["done", "kept", "refused"]
VERDICT_KINDS: Final[tuple[Kind, ...]] = ("done", "kept", "refused")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an operation; `reason` says why one is refused."""

    kind: Kind
    reason: str = ""


class Behaviour(Protocol):
    """What a service's answers are worth, as `services/conduct.py` says it."""

    @property
    def done(self) -> frozenset[str]: ...

    def reason(self, operation: str) -> str: ...


class Verdicts:
    """The verdict on an operation, found once.

    conduct          what moto's answers are worth, by service
    named_otherwise  the operations of services whose methods in moto bear other names
    run              (service, operation) that code of ours does for real
    recorded         (service, operation) that code of ours answers from what was recorded
    """

    def __init__(
        self,
        conduct: Mapping[str, Behaviour],
        named_otherwise: Mapping[str, frozenset[str]],
        run: Collection[tuple[str, str]],
        recorded: Collection[tuple[str, str]],
    ) -> None:
        self._conduct, self._named_otherwise = conduct, named_otherwise
        self._run, self._recorded = frozenset(run), frozenset(recorded)
        self._found: dict[tuple[str, str], Verdict] = {}
        self._methods: dict[str, frozenset[str]] = {}
        self._services = frozenset(service for service, _ in self._run | self._recorded) | frozenset(service_headers.emulated())

    def of(self, service: str, operation: str) -> Verdict:
        """The verdict on an operation of botocore's model of the service."""
        found = self._found.get((service, operation))
        if found is None:
            found = self._found[service, operation] = self._judge(service, operation)
        return found

    def services(self) -> tuple[str, ...]:
        """The services of which something is answered."""
        return tuple(sorted(self._services))

    def answers(self, service: str) -> bool:
        """Whether anything of the service is answered."""
        return service in self._services

    def all(self) -> Iterator[tuple[str, str, Verdict]]:
        """Every operation of every service that is answered, with its verdict."""
        for service in self.services():
            for operation in sorted(service_headers.operations(service)):
                yield service, operation, self.of(service, operation)

    def _judge(self, service: str, operation: str) -> Verdict:
        if (service, operation) in self._run:
            return Verdict("done")
        conduct = self._conduct.get(service)
        if conduct is not None and (reason := conduct.reason(operation)):
            return Verdict("refused", reason)
        if (service, operation) not in self._recorded and not self._moto_answers(service, operation):
            return Verdict("refused", "nothing here answers it")
        done = conduct is not None and (operation in conduct.done or "*" in conduct.done)
        return Verdict("done" if done else "kept")

    def _moto_answers(self, service: str, operation: str) -> bool:
        if service in self._named_otherwise:
            return operation in self._named_otherwise[service]
        if service not in self._methods:
            self._methods[service] = _methods(service)
        # Batch's methods are its operations in small letters, as its paths are.
        return not self._methods[service].isdisjoint((camelcase_to_underscores(operation), operation.lower()))


def _methods(service: str) -> frozenset[str]:
    """The methods of moto's response classes of a service that do anything."""
    package = service_headers.emulated().get(service)
    if package is None:
        return frozenset()
    module = importlib.import_module(f"moto.{package}.responses")
    classes = [
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, BaseResponse) and each.__module__.startswith(f"moto.{package}.")
    ]
    inherited = {name for name, _ in inspect.getmembers(BaseResponse, inspect.isfunction)}
    found = {(name, method) for each in classes for name, method in inspect.getmembers(each, inspect.isfunction)}
    return frozenset(name for name, method in found if name not in inherited and not _only_raises(method))


def _only_raises(method: Any) -> bool:
    """Whether a method can do nothing but raise NotImplementedError: no path through it returns."""
    code = method.__code__
    if "NotImplementedError" not in code.co_names:
        return False
    return not any(step.opname.startswith("RETURN_") for step in dis.get_instructions(code) if step.opname != "RETURN_GENERATOR")
