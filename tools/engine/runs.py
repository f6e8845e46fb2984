"""Runs of one stack through the Automation API: preview, up, destroy, refresh. The program runs inline, in this process."""

from __future__ import annotations

import json
import signal
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pulumi.automation import CommandResult, LocalWorkspace, OutputMap, Stack, UpdateSummary
from pulumi.automation._stack import StackInitMode
from pulumi.automation.errors import CommandError, ConcurrentUpdateError, StackNotFoundError

from tools.engine import state
from tools.engine.binary import Engine, Progress, silent
from tools.engine.command import EngineCommand
from tools.engine.errors import EngineError, StackBusy
from tools.engine.events import Fault, Recorder, Step, Tick, causes, protected
from tools.engine.home import StackPlace
from tools.engine.waiting import efficiently
from tools.engine.workspace import secrets_provider

Program = Callable[[], Any]
# How long to wait for the last events after the engine's process has ended.
EVENT_SECONDS: Final = 3.0
LOGS_KEPT: Final = 40
# A variable that the CLI asks for in a message -> our words for that fault, with what a person can do.
OWN_WORDS: Final[Mapping[str, str]] = {
    "PULUMI_ACCESS_TOKEN": "pulumi is not logged in, so the state of stack {stack} is out of reach; "
    "`./slipway bootstrap {stack}` makes a bucket for it and says where it is (export PULUMI_BACKEND_URL=s3://..., docs/aws.md), "
    "or add --local for a rehearsal here",
    "PULUMI_CONFIG_PASSPHRASE": "nothing encrypts the secrets of stack {stack}: Pulumi.{stack}.yaml names no secretsprovider; "
    "`./slipway bootstrap {stack}` makes a key and writes it there, or set PULUMI_CONFIG_PASSPHRASE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The result of a run. `changes` counts create, update, replace, delete and same; `outputs` are as the engine writes them."""

    verb: str
    ok: bool
    seconds: float
    changes: Mapping[str, int]
    steps: tuple[Step, ...]
    outputs: Mapping[str, Any]
    faults: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()
    violations: tuple[Mapping[str, str], ...] = ()
    deleted: int = 0
    interrupted: bool = False
    log: Path | None = None

    @property
    def quiet(self) -> bool:
        """Whether the run creates, updates, replaces and deletes nothing."""
        return not any(count for name, count in self.changes.items() if name != "same")

    @property
    def settled(self) -> bool:
        """Whether the run is quiet and no option of a resource differs: an `up` would leave every resource in the state as is."""
        return self.ok and self.quiet and not any(step.resettled for step in self.steps)


class _QuickWorkspace(LocalWorkspace):
    """The SDK's workspace without the process that selects a stack: every command names the stack with `--stack`."""

    place: StackPlace

    def select_stack(self, stack_name: str) -> None:
        if self.place.mode != "local":
            super().select_stack(stack_name)
        elif not self.place.state_file.exists():
            raise StackNotFoundError(CommandResult(stdout="", stderr=f"no stack named '{stack_name}' found", code=1))


class _QuickStack(Stack):
    """The SDK's stack without its two processes after each `up`: the event stream has the outputs, and we need no history."""

    def outputs(self) -> OutputMap:
        return {}

    def info(self, show_secrets: bool = True) -> UpdateSummary:
        return UpdateSummary(kind="update", start_time=datetime.now(), message="", environment={}, config={}, result="succeeded")


@dataclass(slots=True, kw_only=True)
class StackRunner:
    """One stack, ready to run. `sessions.open_stack` makes it, after it has taken the lock and written the work directory."""

    place: StackPlace
    engine: Engine
    env: Mapping[str, str]
    program: Program
    say: Progress = silent
    on_tick: Callable[[Tick], None] | None = None
    lock_fd: int = -1
    on_start: Callable[[int], None] | None = None
    parallel: int | None = None
    _stack: Stack | None = field(default=None, init=False)

    def preview(self) -> RunResult:
        """Plans an `up` and changes nothing."""
        return self._run("preview", lambda stack, options: stack.preview(parallel=self.parallel, **options))

    def up(self) -> RunResult:
        """Makes the cloud what the program declares."""
        return self._run("up", lambda stack, options: stack.up(parallel=self.parallel, **options))

    def destroy(self) -> RunResult:
        """Deletes every resource of the state. The program is not run."""
        return self._run("destroy", lambda stack, options: stack.destroy(parallel=self.parallel, **options))

    def refresh(self) -> RunResult:
        """Reads every resource from the cloud into the state. The program is not run."""
        return self._run("refresh", lambda stack, options: stack.refresh(parallel=self.parallel, **options))

    def preview_refresh(self) -> RunResult:
        """Compares every resource with the cloud as `refresh` does, and leaves the state as it is."""
        return self._run("refresh", lambda stack, options: stack.preview_refresh(parallel=self.parallel, **options))

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs, from the genuine `pulumi stack output`. Secrets are `[secret]` unless asked for."""
        args = ["stack", "output", "--json", "--stack", self.place.stack] + (["--show-secrets"] if show_secrets else [])
        return dict(json.loads(self._plain(args)))

    def export(self) -> dict[str, Any]:
        """The stack as `pulumi stack export` prints it."""
        return dict(json.loads(self._plain(["stack", "export", "--stack", self.place.stack])))

    def known(self) -> list[state.Known]:
        """The custom resources that the state knows now."""
        return state.known(state.read(self.place.state_file)) if self.place.mode == "local" else []

    def _plain(self, args: list[str]) -> str:
        """Runs a command that only reads. Raises EngineError with the engine's words."""
        try:
            return self._command(silent).run(args, str(self.place.work), self.env).stdout
        except CommandError as error:
            faults = self._causes([], stderr_of(error))
            raise EngineError("; ".join(fault.message for fault in faults)) from error

    def _causes(self, faults: list[Fault], stderr: str) -> list[Fault]:
        """The causes of a failure. A fault that only somebody who knows the CLI can act on comes in the words of `OWN_WORDS`."""
        found = causes(faults, stderr)
        stack = self.place.stack
        for variable, way_out in OWN_WORDS.items():
            if any(variable in fault.message for fault in found):
                return [Fault(urn="", message=way_out.format(stack=stack))]
        return found

    def _command(self, log: Callable[[str], object]) -> EngineCommand:
        return EngineCommand(self.engine, say=self.say, log=log, lock_fd=self.lock_fd, on_start=self.on_start)

    def _select(self, command: EngineCommand) -> Stack:
        """The stack, which is created where it does not exist. Its command is set for each run, because each has its own log."""
        if self._stack is None:
            workspace = _QuickWorkspace(
                work_dir=str(self.place.work),
                env_vars=self.env,
                program=efficiently(self.program),
                pulumi_command=command,
                secrets_provider=secrets_provider(self.place),
                pulumi_home=self.env.get("PULUMI_HOME"),
            )
            workspace.place = self.place
            self._stack = _QuickStack(self.place.stack, workspace, StackInitMode.CREATE_OR_SELECT)
        self._stack.workspace.pulumi_command = command
        return self._stack

    def _run(self, verb: str, call: Callable[[Stack, dict[str, Any]], object]) -> RunResult:
        began = time.monotonic()
        recorder = Recorder(self.on_tick)
        log_path = _log_path(self.place, verb)
        stderr = ""
        ok = True
        with log_path.open("w", encoding="utf-8") as log:
            command = self._command(lambda line: log.write(f"{line}\n"))
            options = {"on_event": recorder.on_event, "color": "never", "suppress_progress": True, "suppress_outputs": True}
            try:
                with warnings.catch_warnings():
                    # A killed engine breaks its event stream. The SDK's warnings of that are dropped: the result has our fault.
                    warnings.filterwarnings("ignore", message="Error in event stream|Failed to parse engine event")
                    call(self._select(command), options)
            except ConcurrentUpdateError as error:
                raise StackBusy(f"stack {self.place.stack} is locked by another pulumi; run again when it has ended") from error
            except CommandError as error:
                ok = False
                stderr = stderr_of(error)
            _wait(lambda: recorder.finished, EVENT_SECONDS if ok else 0.3)
            for fault in recorder.faults:
                log.write(f"{fault.urn}: {fault.message}\n")
        faults = () if ok else tuple(protected(self._causes(recorder.faults, stderr), self.place.stack))
        if command.killed_by and not command.interrupted:
            name = signal.Signals(command.killed_by).name
            message = f"the engine was ended from outside ({name}) before it was done; run the same again, it goes on from there"
            faults = (Fault(urn="", message=message), *recorder.faults)
        return RunResult(
            verb=verb,
            ok=ok,
            seconds=time.monotonic() - began,
            changes=recorder.changes(),
            steps=tuple(recorder.listed()),
            outputs=recorder.outputs,
            faults=faults,
            warnings=tuple(dict.fromkeys(recorder.warnings)),
            violations=tuple(recorder.violations),
            deleted=recorder.deleted,
            interrupted=command.interrupted > 0,
            log=log_path,
        )


def stderr_of(error: CommandError) -> str:
    """The stderr of a failed command. The SDK has it only inside the message of its exception."""
    text = str(error)
    _, found, rest = text.partition("stderr:")
    return rest if found else text


def _wait(ready: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not ready() and time.monotonic() < deadline:
        time.sleep(0.01)


def _log_path(place: StackPlace, verb: str) -> Path:
    """The path of a new log for this run. Old logs are removed, so that `LOGS_KEPT` remain with it."""
    place.logs.mkdir(parents=True, exist_ok=True)
    for old in sorted(place.logs.glob("*.log"), key=lambda path: path.stat().st_mtime)[: -LOGS_KEPT + 1]:
        old.unlink(missing_ok=True)
    return place.logs / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() // 1_000_000 % 1000:03d}-{place.stack}-{verb}.log"
