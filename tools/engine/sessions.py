"""Opens a stack for a run (lock, disk, cloud, state, work directory, in that order), and closes it in the reverse order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from localcloud.calls import Ended, FreedResource, Known, LeftOver, Orphan, Status
from tools.engine import locate, state, workspace
from tools.engine.binary import Engine, Progress, silent
from tools.engine.command import FOREIGN
from tools.engine.dynamic_host import PACKAGE, DynamicHost
from tools.engine.errors import EngineError
from tools.engine.events import Tick
from tools.engine.home import StackPlace, home_path, stacks_path
from tools.engine.lock import StackLock
from tools.engine.runs import Program, RunResult, StackRunner
from tools.engine.stack_ref import StackRef, stack_source


class CloudRun(Protocol):
    """The local cloud's record of a run. `missing` are urns that the state has and the cloud has not."""

    @property
    def missing(self) -> tuple[str, ...]: ...


class Cloud(Protocol):
    """The part of `localcloud.client.CloudClient` that a run needs."""

    @property
    def endpoint(self) -> str: ...
    @property
    def providers(self) -> Mapping[str, int]: ...
    @property
    def epoch(self) -> str: ...
    def status(self) -> Status: ...
    def environment(self) -> dict[str, str]: ...
    def begin_run(self, stack: str, known: Any) -> Any: ...
    def end_run(self, run: Any, ok: bool, known: Any = None) -> Ended: ...
    def orphans(self, stack: str) -> list[Orphan]: ...
    def free(self, stack: str) -> list[FreedResource]: ...


@dataclass(slots=True, kw_only=True)
class Session:
    """An open stack.

    notes  sentences a reader must see: what was repaired, and what could not be
    swept  resources that a killed run had made and this run removed
    left   resources that a killed run had made and that could not be removed, with the reason
    """

    place: StackPlace
    runner: StackRunner
    cloud: Cloud | None
    notes: list[str] = field(default_factory=list)
    swept: list[Known] = field(default_factory=list)
    left: list[LeftOver] = field(default_factory=list)
    refreshed: bool = False

    def changing(self, run: Callable[[], RunResult]) -> RunResult:
        """Does a run that changes the cloud, announces it to the local cloud before and after, and copies the state afterwards.

        After a success the local cloud removes resources of this stack that the state does not know: a killed run made them.
        """
        begun: CloudRun | None = self.cloud.begin_run(self.place.stack, self._known()) if self.cloud else None
        ok = False
        try:
            self._refresh_missing(begun)
            result = run()
            ok = result.ok
            return result
        finally:
            if self.place.mode == "local":
                state.save_good_copy(self.place)
            if self.cloud:
                self._end(self.cloud, begun, ok)

    def expected(self) -> int:
        """The number of resources in the state: a progress bar's first guess, before the engine reports any."""
        return len(state.resources(self.document()))

    def nothing_to_do(self, plan: RunResult) -> bool:
        """Whether an `up` after this preview would change nothing: no resource, no option of one and no output differs."""
        if self.refreshed or self.place.mode != "local" or not plan.settled:
            return False
        # A secret output never compares equal, as the event hides it and the state encrypts it; `up` then runs and the engine
        # decides.
        return dict(plan.outputs) == state.stack_outputs(self.document())

    def lift_protection(self) -> int:
        """Prepares the destruction of a rehearsal: lifts protection in the state and in the cloud, and makes deletions complete.

        Returns how many resources were protected or would have left something. Buckets are not emptied here: access logs arrive
        until the last bucket is gone.
        """
        complete = {(item["urn"], item["id"]): item["set"] for item in self.cloud.free(self.place.stack)} if self.cloud else {}
        document = self.document()
        protected = 0
        for item in state.resources(document):
            outputs = item.get("outputs") or {}
            freed = {**outputs, **complete.get((item.get("urn", ""), item.get("id", "")), {})}
            if item.pop("protect", False) or item.pop("retainOnDelete", False) or freed != outputs:
                protected += 1
                item["outputs"] = freed
        if protected and document is not None:
            state.write(self.place.state_file, document)
        return protected

    def document(self) -> dict[str, Any] | None:
        """The state document of the file backend; None where there is no state, or where another backend has it."""
        return state.read(self.place.state_file) if self.place.mode == "local" else None

    def _refresh_missing(self, begun: CloudRun | None) -> None:
        """Refreshes the state where the cloud has lost resources, so that the run creates them and does not update them."""
        # The cloud knows by urn only what the aws provider made; a dynamic resource is never in it, and so not missing.
        missing = [urn for urn in (begun.missing if begun else ()) if "::aws:" in urn or "$aws:" in urn]
        if not missing:
            return
        note = (
            f"{len(missing)} resources of the state are not in the local cloud any more; the state is read from the cloud again"
        )
        self.notes.append(note)
        self.runner.say(note)
        self.runner.refresh()
        self.refreshed = True

    def _end(self, cloud: Cloud, run: CloudRun | None, ok: bool) -> None:
        try:
            ended = cloud.end_run(run, ok, known=self._known())
        except Exception as error:  # the client raises several kinds of errors when nobody answers
            # The engine reports only a refused connection; this note says that the local cloud has died, and what to do.
            note = f"the local cloud does not answer any more ({error}); run `./slipway up` to build it again"
            self.notes.append(note)
            self.runner.say(note)
            return
        self.swept, self.left = list(ended["swept"]), list(ended["left"])
        if self.left:
            note = left_note(self.left)
            self.notes.append(note)
            self.runner.say(note)

    def _known(self) -> list[dict[str, str]]:
        return [item.to_json() for item in self.runner.known()]


def place_of(stack: StackRef, *, env: Mapping[str, str] = os.environ) -> StackPlace:
    """The paths of a stack."""
    return StackPlace(home=home_path(env), mode="local" if stack.local else "aws", stack=stack.name)


@contextmanager
def open_stack(
    stack: StackRef,
    verb: str,
    *,
    program: Program,
    say: Progress = silent,
    on_tick: Callable[[Tick], None] | None = None,
    env: Mapping[str, str] = os.environ,
    folder: Path | None = None,
    ensure_engine: Callable[..., Engine] = locate.ensure,
    ensure_cloud: Callable[..., Cloud] | None = None,
) -> Iterator[Session]:
    """Yields a Session whose runner is ready.

    Raises FileNotFoundError (no such stack), ValueError (a variable that is no number), EngineMissing, StackBusy, EngineError
    (disk full), or what the local cloud raises.
    """
    place = place_of(stack, env=env)
    folder = folder or stacks_path(env)
    stack_source(stack.name, folder)
    parallel = wanted_parallel(env)
    # The engine calls back into this process, and those connections must not go through a proxy either.
    os.environ.update(workspace.loopback_without_proxy(os.environ))
    engine = ensure_engine(env, progress=say)
    place.prepare()
    lock = StackLock(place, f"slipway {verb} {stack.name}")
    notes = lock.take()
    host: DynamicHost | None = None
    try:
        if fault := state.disk_fault(place):
            raise EngineError(fault)
        cloud: Cloud | None = None
        if place.mode == "local":
            cloud = (ensure_cloud or _local_cloud)(place.home, on_progress=say)
            notes += state.match_epoch(place, cloud.epoch)
            notes += state.repair(place)
        notes += workspace.write_work_directory(place, folder=folder)
        variables = workspace.environment(
            place,
            engine,
            base=env,
            cloud=cloud.environment() if cloud else None,
            providers=cloud.providers if cloud else None,
            region=workspace.region(place),
        )
        if cloud:
            host = DynamicHost({name: value for name, value in {**env, **variables}.items() if name not in FOREIGN})
            variables = workspace.with_provider(variables, PACKAGE, host.port())
        runner = StackRunner(
            place=place,
            engine=engine,
            env=variables,
            program=program,
            say=say,
            on_tick=on_tick,
            lock_fd=lock.fd,
            on_start=lock.engine_started,
            parallel=parallel,
        )
        for note in notes:
            say(note)
        yield Session(place=place, runner=runner, cloud=cloud, notes=notes)
    finally:
        if host:
            host.close()
        lock.release()


def left_note(left: Sequence[LeftOver]) -> str:
    """The note about resources that a killed run made and that could not be removed, each with its reason."""
    named = "; ".join(f"{item['urn'].split('::')[-1]} ({item['id']}): {item['reason']}" for item in left)
    return (
        f"{len(left)} resources that a killed run had made could not be removed from the local cloud: {named}. "
        "Remove what holds them and run `./slipway up` again, or empty the local cloud: ./slipway local reset"
    )


def wanted_parallel(env: Mapping[str, str]) -> int | None:
    """How many resources to work on at once, from `SLIPWAY_PARALLEL`; None leaves it to the engine.

    Raises ValueError for what is no whole number of 1 or more.
    """
    text = env.get("SLIPWAY_PARALLEL", "").strip()
    if not text:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"SLIPWAY_PARALLEL is {text!r}: no number of resources at once; set 1 or more, or unset it")
    return int(text)


def reader(stack: StackRef, *, env: Mapping[str, str] = os.environ) -> StackRunner:
    """A runner for reading only (`outputs`, `export`). It takes no lock, so it works while another run holds the stack.

    Raises FileNotFoundError (no such stack) or EngineError when the stack was never up.
    """
    place = place_of(stack, env=env)
    stack_source(stack.name, stacks_path(env))
    if stack.local and not place.state_file.exists():
        raise EngineError(f"stack {stack.name} was never up here; run `./slipway up {stack.words}` first")
    engine = locate.ensure(env)
    place.prepare()
    if not (place.work / f"Pulumi.{stack.name}.yaml").exists():
        workspace.write_work_directory(place, folder=stacks_path(env))
    reach = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"} if place.mode == "local" else None
    return StackRunner(
        place=place, engine=engine, env=workspace.environment(place, engine, base=env, cloud=reach), program=_nothing
    )


def _nothing() -> None: ...


def _local_cloud(home: Path, *, on_progress: Progress) -> Cloud:
    from localcloud import client

    cloud: Cloud = client.ensure(home, on_progress=on_progress)
    return cloud
