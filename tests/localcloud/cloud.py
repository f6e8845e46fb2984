"""A cloud for the tests of rows: resources made in one line, from inputs that may hold golden references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from localcloud.kernel.diff import Diff
from tests.localcloud.golden import REGION, World
from tests.localcloud.golden_report import new_engine


@dataclass(slots=True)
class Made:
    """One resource as the engine keeps it: its checked inputs and its outputs."""

    token: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


class Cloud:
    """An engine over an empty cloud. A module shares one, in which each test makes what it changes."""

    def __init__(self) -> None:
        self.engine = new_engine()
        self.world = World(self.engine)
        self._count = 0

    def client(self, service: str) -> Any:
        return self.engine.clients(service, REGION)

    def make(self, token: str, **inputs: Any) -> Made:
        self._count += 1
        checked, failures = self.engine.check(token, "it", {}, self.world.fill(inputs), str(self._count).encode())
        assert not failures
        identifier, outputs = self.engine.create(token, checked)
        return Made(token, identifier, checked, outputs)

    def plan(self, made: Made, **changes: Any) -> Diff:
        """What a change would do; None takes an input away."""
        return self.engine.diff(made.token, made.outputs, self._changed(made, changes))

    def change(self, made: Made, **changes: Any) -> dict[str, Any]:
        """Makes the change, which must be an update that leaves nothing to do; returns the new outputs."""
        wanted = self._changed(made, changes)
        assert self.engine.diff(made.token, made.outputs, wanted).effect == "update"
        made.outputs = self.engine.update(made.token, made.id, made.outputs, wanted)
        made.inputs = wanted
        assert self.engine.diff(made.token, made.outputs, wanted).effect == "none"
        return made.outputs

    def refresh(self, made: Made) -> dict[str, Any] | None:
        """The inputs after a refresh; None when the resource is gone."""
        found = self.engine.read(made.token, made.id, made.inputs, made.outputs)
        return found[2] if found else None

    def imported(self, token: str, identifier: str) -> tuple[str, dict[str, Any]] | None:
        """(id, inputs) of an import."""
        found = self.engine.read(token, identifier, {}, {})
        return (found[0], found[2]) if found else None

    def delete(self, made: Made) -> None:
        self.engine.delete(made.token, made.id, made.outputs)

    def _changed(self, made: Made, changes: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in {**made.inputs, **self.world.fill(changes)}.items() if value is not None}
