"""The engine's event stream as data: the steps of a run, its progress, its outputs and its faults."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from catalog.types import engine

# The engine's step operation -> the operation that we count it as. Source: pulumi pkg/resource/deploy/step.go.
# A replacement is three steps, of which only `replace` counts. Operations that are absent here do not count.
OPERATIONS: Final[Mapping[str, str]] = {
    "create": "create",
    "update": "update",
    "replace": "replace",
    "delete": "delete",
    "same": "same",
    "read": "same",
    "refresh": "same",
    "import": "create",
    "import-replacement": "replace",
    "discard": "delete",
}
CHANGES: Final = ("create", "update", "replace", "delete", "same")
PROVIDER_PREFIX: Final = "pulumi:providers:"
# Words in the engine's message when a change would replace or delete a protected resource -> which of the two.
# Source: pulumi pkg/resource/deploy/step_generator.go and step.go.
PROTECTED: Final[Mapping[str, str]] = {
    "as it is currently marked for protection": "replace",
    "because it is protected": "delete",
}
# The line of a Python traceback that names the exception: `package.SomeError: message`.
_RAISED: Final = re.compile(r"^[\w.]*(?:Exception|Interrupt|Exit): |^(?=[\w.]*(?:Error|Fault)\b)")
# Colour marks that the engine leaves in messages: <{%fg 1%}>, <{%reset%}>.
_COLOUR: Final = re.compile(r"<\{%.*?%\}>")


@dataclass(slots=True, kw_only=True)
class Step:
    """One resource of a run.

    `op` is create, update, replace, delete or same. `diffs` are the properties that differ, `before` the old inputs where some
    differ, `before_outputs` the outputs in the state. `resettled` says that an option other than a property differs (protection,
    parent, provider): the state changes then, and the cloud does not.
    """

    urn: str
    type: str
    op: str
    parent: str = ""
    id: str = ""
    custom: bool = True
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    before_outputs: Mapping[str, Any] = field(default_factory=dict)
    diffs: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    done: bool = False
    resettled: bool = False

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One cause of a failed run: the urn of its resource ("" for none) and the message."""

    urn: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """A step that has begun and not ended. `since` is its start by the monotonic clock."""

    op: str
    name: str
    type: str
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Progress of a run: the number of steps done, and of those known (which grows as the program declares resources).

    `under_way` are the steps that run, the oldest first. `doing` names the oldest, or the last step where none runs.
    """

    done: int
    known: int
    doing: str
    under_way: tuple[UnderWay, ...] = ()


class Recorder:
    """Collects the events of a run. `on_event` is handed to the Automation API; the attributes are read after the run."""

    def __init__(self, on_tick: Callable[[Tick], None] | None = None, on_message: Callable[[str], None] | None = None) -> None:
        self.steps: dict[str, Step] = {}
        self.outputs: dict[str, Any] = {}
        self.faults: list[Fault] = []
        self.warnings: list[str] = []
        self.violations: list[dict[str, str]] = []
        self.deleted = 0
        self.finished = False
        self._on_tick = on_tick
        self._on_message = on_message
        self._done = 0
        self._under_way: dict[str, UnderWay] = {}

    def on_event(self, event: Any) -> None:
        """Records one `pulumi.automation.events.EngineEvent`."""
        if event.resource_pre_event:
            self._step(event.resource_pre_event.metadata, done=False)
        elif event.res_outputs_event:
            self._step(event.res_outputs_event.metadata, done=True)
        elif event.res_op_failed_event:
            self._under_way.pop(event.res_op_failed_event.metadata.urn, None)
            self._done += 1
        elif event.diagnostic_event:
            self._diagnostic(event.diagnostic_event)
        elif event.policy_event:
            policy = event.policy_event
            self.violations.append(
                {
                    "rule": policy.policy_name,
                    "level": policy.enforcement_level,
                    "urn": policy.resource_urn or "",
                    "message": plain(policy.message),
                }
            )
        elif event.summary_event:
            self.finished = True

    def changes(self) -> dict[str, int]:
        """Number of steps by create, update, replace, delete and same, without the stack itself and the default providers."""
        counts = dict.fromkeys(CHANGES, 0)
        for step in self.listed():
            counts[step.op] += 1
        return counts

    def listed(self) -> list[Step]:
        """The steps in plan order, without the stack itself and the default providers."""
        return [s for s in self.steps.values() if s.type != engine.STACK.token and not s.type.startswith(PROVIDER_PREFIX)]

    def _step(self, metadata: Any, *, done: bool) -> None:
        raw = metadata.op.value if hasattr(metadata.op, "value") else str(metadata.op)
        if done and raw in ("delete", "delete-replaced") and metadata.old is not None and metadata.old.custom:
            self.deleted += not metadata.type.startswith("pulumi:")
        op = OPERATIONS.get(raw)
        urn = metadata.urn
        existing = self.steps.get(urn)
        if op is None and existing is None and raw in ("create-replacement", "delete-replaced", "read-replacement"):
            # With delete-before-replace the first of the three may come before `replace` itself.
            op = "replace"
        seen = metadata.new or metadata.old
        if existing is None:
            if op is None or seen is None:
                return
            existing = self.steps[urn] = Step(urn=urn, type=metadata.type, op=op)
        elif op is not None and (existing.op != "replace" or op == "replace"):
            existing.op = op
        if metadata.new is not None or not existing.inputs:
            state = seen
            if state is not None:
                existing.parent = state.parent or ""
                existing.custom = bool(state.custom)
                existing.id = state.id or existing.id
                existing.inputs = state.inputs or existing.inputs
                existing.outputs = state.outputs or existing.outputs
        existing.diffs = tuple(metadata.detailed_diff or metadata.diffs or ()) or existing.diffs
        existing.replaces = tuple(metadata.keys or ()) or existing.replaces
        if existing.diffs and metadata.old is not None and metadata.old.inputs:
            existing.before = metadata.old.inputs
        if metadata.old is not None and metadata.old.outputs:
            existing.before_outputs = metadata.old.outputs
        if metadata.old is not None and metadata.new is not None:
            existing.resettled |= _options(metadata.old) != _options(metadata.new)
        if metadata.type == engine.STACK.token and metadata.new is not None and metadata.new.outputs is not None:
            self.outputs = dict(metadata.new.outputs)
        if done and not existing.done:
            existing.done = True
            self._done += 1
        self._note_under_way(existing, raw, done=done)
        if self._on_tick:
            under_way = tuple(self._under_way.values())
            first = under_way[0] if under_way else existing
            self._on_tick(Tick(done=self._done, known=len(self.steps), doing=f"{first.op} {first.name}", under_way=under_way))

    def _note_under_way(self, step: Step, raw: str, *, done: bool) -> None:
        """Updates which steps are under way. Components and unchanged resources are never: the engine does no work for them."""
        if done:
            self._under_way.pop(step.urn, None)
        elif step.custom and (step.op != "same" or raw in ("refresh", "read")):
            self._under_way[step.urn] = UnderWay(op=step.op, name=step.name, type=step.type, since=time.monotonic())

    def _diagnostic(self, diagnostic: Any) -> None:
        message = plain(diagnostic.message)
        if not message:
            return
        if diagnostic.severity == "error":
            if not _is_echo(message):
                fault = Fault(urn=diagnostic.urn or "", message=message)
                if fault not in self.faults:
                    self.faults.append(fault)
        elif diagnostic.severity == "warning":
            # The engine warns of every provider and script of ours that it uses instead of its own, as we want it to.
            if not message.startswith("using pulumi-"):
                self.warnings.append(message)
        elif not diagnostic.ephemeral and self._on_message and diagnostic.severity.startswith("info"):
            self._on_message(message)


def _options(resource: Any) -> tuple[bool, bool, str, str]:
    return bool(resource.protect), bool(resource.retain_on_delete), resource.parent or "", resource.provider or ""


def plain(message: str) -> str:
    """A message without the engine's colour marks and without blanks around it."""
    return _COLOUR.sub("", message).strip()


def _is_echo(message: str) -> bool:
    """Whether a message only repeats that the run failed, as the engine's last lines of a failed run do."""
    return bool(re.fullmatch(r"(update|preview|destroy|refresh) failed|.*resource operations? failed", message, re.IGNORECASE))


def causes(faults: list[Fault], stderr: str = "") -> list[Fault]:
    """The causes of a failed run, shortened and each once, without faults that are only consequences of others.

    Where the engine reported no fault, its `stderr` gives the cause.
    """
    short = [Fault(urn=f.urn, message=shorten(f.message)) for f in faults]
    seen: dict[tuple[str, str], Fault] = {}
    for fault in short:
        seen.setdefault((fault.urn, fault.message), fault)
    if not seen and stderr.strip():
        lines = [line for line in plain(stderr).splitlines() if line.strip()]
        wanted = [line for line in lines if line.startswith("error:")] or lines[-3:]
        return [Fault(urn="", message=" ".join(wanted).removeprefix("error: "))]
    # A fault at the stack itself is most often the program's echo of a resource's own fault.
    of_resources = [f for f in seen.values() if f.urn and f"::{engine.STACK.token}::" not in f.urn]
    return of_resources or list(seen.values())


def protected(faults: list[Fault], stack: str) -> list[Fault]:
    """The faults, with those about protected resources in our own words, and one more that says the way out.

    The engine's words tell a user to change the program, but here a setting of the stack file protects resources.
    """
    found = []
    for fault in faults:
        verb = next((verb for words, verb in PROTECTED.items() if words in fault.message), "")
        kind = f" ({fault.urn.split('::')[2].rpartition('$')[2]})" if fault.urn.count("::") >= 3 else ""
        found.append(Fault(urn=fault.urn, message=f"is protected, and this change would {verb} it{kind}") if verb else fault)
    if found == faults:
        return faults
    way_out = (
        "leave what is protected as it was, with an alias where the program only renamed or moved it; where it may go, "
        f"set slipway:protect: false in Pulumi.{stack}.yaml, run `up`, and then this again"
    )
    return [*found, Fault(urn="", message=way_out)]


def shorten(message: str) -> str:
    """A message of the engine or of Python, cut to what a person acts on: of a traceback only the exception's message."""
    if "Traceback (most recent call last)" in message:
        lines = message.rstrip().splitlines()
        raised = [number for number, line in enumerate(lines) if _RAISED.match(line)]
        if raised:
            # The exception's own message may have several lines: a failed job ends in its log.
            return "\n".join([_RAISED.sub("", lines[raised[-1]], count=1), *lines[raised[-1] + 1 :]]).strip()
    message = re.sub(r"\s+\d+ errors? occurred:\s*\* ", " ", message)
    lines = [line.rstrip() for line in message.splitlines() if line.strip()]
    return "\n".join(lines[:12])
