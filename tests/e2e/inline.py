"""Inline programs on a local cloud of their own: the genuine engine and pulumi-aws SDK, without the command line's own rules."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from unittest import mock

import pytest

from localcloud.calls import Orphan
from tests.e2e.slipway import Slipway
from tools.engine import runs, sessions, state
from tools.engine.events import Recorder
from tools.engine.stack_ref import StackRef

Program = Callable[[], Any]
REGION: Final = "us-east-1"
# How a deletion and a making are called in the engine's events.
MADE: Final = ("create", "create-replacement")
REMOVED: Final = ("delete", "delete-replaced")


@dataclass(slots=True, kw_only=True)
class Ran:
    """A run: its result, what the local cloud swept and said, and each step in the order in which it was done."""

    result: runs.RunResult
    swept: list[Any]
    notes: list[str]
    done: list[tuple[str, str]]

    def changed(self) -> dict[str, str]:
        """name -> op of every step that is a change."""
        return {step.name: step.op for step in self.result.steps if step.op != "same"}

    def diffs(self) -> dict[str, tuple[str, ...]]:
        """name -> the properties that differ, for messages."""
        return {step.name: step.diffs for step in self.result.steps if step.op != "same"}

    def order(self, name: str) -> list[str]:
        """What was done to one resource, in order: `made` and `removed`."""
        said = {**dict.fromkeys(MADE, "made"), **dict.fromkeys(REMOVED, "removed")}
        return [said[op] for op, other in self.done if other == name and op in said]

    def at(self, ops: tuple[str, ...], name: str) -> int:
        """The place of a step in the run."""
        return next(number for number, (op, other) in enumerate(self.done) if other == name and op in ops)


class NoHost:
    """Stands in for `DynamicHost`: these programs have no dynamic resource, so no host of them needs a second to start."""

    def __init__(self, env: Mapping[str, str]) -> None: ...

    def port(self) -> int:
        return 0

    def close(self) -> None: ...


@dataclass(slots=True, kw_only=True)
class Inline:
    """One stack of inline programs in a `Slipway`'s home."""

    here: Slipway
    stack: str
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.here.stacks / f"Pulumi.{self.stack}.yaml").write_text(f"config:\n  aws:region: {REGION}\n")

    @property
    def _ref(self) -> StackRef:
        return StackRef(name=self.stack, local=True)

    def preview(self, program: Program, *, ok: bool = True) -> Ran:
        return self._run("preview", program, ok)

    def up(self, program: Program, *, ok: bool = True) -> Ran:
        return self._run("up", program, ok)

    def refresh(self) -> Ran:
        return self._run("refresh", _nothing, True)

    def destroy(self, *, ok: bool = True) -> Ran:
        return self._run("destroy", _nothing, ok)

    def settled(self, program: Program) -> None:
        """Asserts that an `up` of the program would change nothing."""
        plan = self.preview(program)
        assert plan.changed() == {}, plan.diffs()
        assert plan.result.settled

    def resources(self) -> dict[str, dict[str, Any]]:
        """name -> resource as the state's file has it, secrets still encrypted."""
        place = sessions.place_of(self._ref, env=self.here.env)
        return {
            item["urn"].rpartition("::")[2]: item
            for item in state.resources(state.read(place.state_file))
            if item.get("custom") and not item["type"].startswith("pulumi:providers:")
        }

    def outputs(self, name: str) -> dict[str, Any]:
        return dict(self.resources()[name]["outputs"])

    def text(self) -> str:
        """The state's file as it lies on the disk."""
        return sessions.place_of(self._ref, env=self.here.env).state_file.read_text()

    def orphans(self) -> list[Orphan]:
        return self.here.cloud().orphans(self.stack)

    def _run(self, verb: str, program: Program, ok: bool) -> Ran:
        done: list[tuple[str, str]] = []
        with (
            _ordered(done),
            mock.patch.object(sessions, "DynamicHost", NoHost),
            sessions.open_stack(self._ref, verb, program=program, env={**self.here.env, **self.settings}) as session,
        ):
            run = getattr(session.runner, verb)
            result = run() if verb == "preview" else session.changing(run)
            ran = Ran(result=result, swept=list(session.swept), notes=list(session.notes), done=done)
        assert result.ok == ok, (verb, result.faults, result.log and result.log.read_text()[-3000:])
        return ran


@contextmanager
def _ordered(done: list[tuple[str, str]]) -> Any:
    """Notes every step as it is done: our own recorder keeps one step a resource."""
    guard = threading.Lock()

    class Ordered(Recorder):
        def on_event(self, event: Any) -> None:
            if event.res_outputs_event:
                metadata = event.res_outputs_event.metadata
                raw = metadata.op.value if hasattr(metadata.op, "value") else str(metadata.op)
                with guard:
                    done.append((raw, metadata.urn.rpartition("::")[2]))
            super().on_event(event)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "Recorder", Ordered)
        yield


def _nothing() -> None: ...
