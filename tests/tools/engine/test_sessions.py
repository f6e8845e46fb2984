import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from localcloud.calls import Ended, FreedResource, Known, LeftOver, Orphan, Status
from tools.engine import sessions, state
from tools.engine.binary import Engine
from tools.engine.errors import EngineError
from tools.engine.events import Step
from tools.engine.runs import RunResult
from tools.engine.sessions import Session, open_stack, place_of, reader
from tools.engine.stack_ref import StackRef

ENGINE = Engine(path=Path("/engine/bin/pulumi"), version="3.259.0", source="PATH")
URN = "urn:pulumi:local::slipway::aws:s3/bucket:Bucket::raw"


@dataclass
class Run:
    missing: tuple[str, ...] = ()


@dataclass
class FakeCloud:
    """Records its `calls`. `missing` are the urns that `begin_run` reports as missing."""

    epoch: str = "one"
    missing: tuple[str, ...] = ()
    calls: list[Any] = field(default_factory=list)
    endpoint: str = "http://127.0.0.1:1"
    providers: dict[str, int] = field(default_factory=lambda: {"aws": 2})
    left: list[LeftOver] = field(default_factory=list)
    freed: list[FreedResource] = field(default_factory=list)

    def status(self) -> Status:
        raise AssertionError("a run asks no status")

    def environment(self) -> dict[str, str]:
        return {"AWS_ENDPOINT_URL": self.endpoint}

    def begin_run(self, stack: str, known: Any) -> Run:
        self.calls.append(("begin", stack, [item["id"] for item in known]))
        return Run(self.missing)

    def end_run(self, run: Any, ok: bool, known: Any = None) -> Ended:
        self.calls.append(("end", ok, [item["id"] for item in known]))
        return {"swept": [Known(urn=URN, id="swept")] if ok else [], "left": self.left}

    def orphans(self, stack: str) -> list[Orphan]:
        return []

    def free(self, stack: str) -> list[FreedResource]:
        self.calls.append(("free", stack))
        return self.freed


def result(*, ok: bool = True, outputs: dict[str, Any] | None = None, **changes: int) -> RunResult:
    counts = {name: changes.get(name, 0) for name in ("create", "update", "replace", "delete", "same")}
    return RunResult(verb="preview", ok=ok, seconds=0.0, changes=counts, steps=(), outputs=outputs or {})


class FakeHost:
    """Stands in for the dynamic host and starts no process; its port of 0 lets the engine start its own."""

    def __init__(self, env: Any) -> None:
        assert "AWS_PROFILE" not in env

    def port(self) -> int:
        return 0

    def close(self) -> None: ...


Opened = Callable[..., AbstractContextManager[Session]]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    monkeypatch.setattr(sessions, "DynamicHost", FakeHost)
    (tmp_path / "Pulumi.local.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    env = {"SLIPWAY_HOME": str(tmp_path / "home"), "SLIPWAY_CACHE": str(tmp_path / "cache"), "PATH": "/usr/bin"}

    def open_(cloud: FakeCloud, verb: str = "up") -> AbstractContextManager[Session]:
        return open_stack(
            StackRef(),
            verb,
            program=lambda: None,
            env=env,
            folder=tmp_path,
            ensure_engine=lambda env, progress: ENGINE,
            ensure_cloud=lambda home, on_progress: cloud,
        )

    return open_


def put_state(session: Session, *, outputs: dict[str, Any] | None = None, protect: bool = False) -> None:
    stack = {"urn": "s", "type": "pulumi:pulumi:Stack", "custom": False, "outputs": outputs or {}}
    bucket = {"urn": URN, "custom": True, "id": "raw-1", "type": "aws:s3/bucket:Bucket", "protect": protect}
    session.place.state_file.parent.mkdir(parents=True, exist_ok=True)
    session.place.state_file.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": [stack, bucket]}}}))


def test_a_change_is_announced_to_the_cloud_before_and_after_with_the_states_resources(opened: Opened) -> None:
    cloud = FakeCloud()
    with opened(cloud) as session:

        def run() -> RunResult:
            put_state(session)
            return result(create=1)

        session.changing(run)
    assert cloud.calls == [("begin", "local", []), ("end", True, ["raw-1"])]
    assert session.swept == [{"urn": URN, "id": "swept"}]
    assert session.notes == []
    assert state.read(session.place.good_copy) is not None, "a copy of the good state is kept"


def test_a_run_that_raises_is_ended_as_failed(opened: Opened) -> None:
    cloud = FakeCloud()

    def run() -> RunResult:
        raise EngineError("the engine fell over")

    with opened(cloud) as session, pytest.raises(EngineError):
        session.changing(run)
    assert cloud.calls[-1] == ("end", False, [])


def test_a_resource_that_could_not_be_removed_is_reported_with_its_reason_and_the_way_out(opened: Opened) -> None:
    stuck = LeftOver(urn=URN, id="raw-2", reason="BucketNotEmpty: The bucket you tried to delete is not empty (DeleteBucket)")
    with opened(FakeCloud(left=[stuck])) as session:
        session.changing(result)
    assert session.left == [stuck]
    for part in ("1 resources", "raw (raw-2): BucketNotEmpty", "./slipway local reset"):
        assert part in session.notes[-1]


def test_a_cloud_that_died_under_the_run_does_not_hide_the_run_s_own_result(opened: Opened) -> None:
    cloud = FakeCloud()

    def gone(*_: Any, **__: Any) -> dict[str, Any]:
        raise ConnectionError("refused")

    cloud.end_run = gone  # type: ignore[method-assign, assignment]
    with opened(cloud) as session:
        assert session.changing(lambda: result(ok=False)).ok is False
    assert "does not answer any more" in session.notes[-1]


def test_the_state_is_refreshed_before_a_change_where_the_cloud_lacks_resources(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    with opened(FakeCloud(missing=(URN,))) as session:
        monkeypatch.setattr(type(session.runner), "refresh", lambda self: order.append("refresh"))
        session.changing(lambda: order.append("up") or result())  # type: ignore[func-returns-value]
        assert session.nothing_to_do(result(same=1)) is False, "after that the engine decides"
    assert order == ["refresh", "up"]


def test_a_dynamic_resource_never_counts_as_missing_from_the_cloud(opened: Opened) -> None:
    urn = "urn:pulumi:local::slipway::slipway:training:Training$pulumi-python:dynamic/sagemaker:TrainingJob::digits"
    with opened(FakeCloud(missing=(urn,))) as session:
        session.changing(result)
        assert not session.refreshed


def test_a_restarted_cloud_empties_the_stack_whatever_the_verb(opened: Opened) -> None:
    for verb in ("up", "preview", "destroy"):
        with opened(FakeCloud(epoch=f"before {verb}")) as session:
            put_state(session)
        with opened(FakeCloud(epoch=f"after {verb}"), verb) as session:
            assert session.runner.known() == []
            assert any("begins anew" in note for note in session.notes)


def test_nothing_is_done_only_when_no_step_no_option_and_no_output_differs(opened: Opened) -> None:
    with opened(FakeCloud()) as session:
        put_state(session, outputs={"vpcId": "vpc-1"})
        same = {"vpcId": "vpc-1"}
        assert session.nothing_to_do(result(same=2, outputs=same))
        assert not session.nothing_to_do(result(same=2, outputs={"vpcId": "vpc-2"}))
        assert not session.nothing_to_do(result(same=2, outputs={}))
        assert not session.nothing_to_do(result(same=1, update=1, outputs=same))
        step = Step(urn=URN, type="aws:s3/bucket:Bucket", op="same", resettled=True)
        held = RunResult(verb="preview", ok=True, seconds=0, changes=result(same=1).changes, steps=(step,), outputs=same)
        assert not session.nothing_to_do(held)


def test_protection_is_lifted_in_the_state_for_a_rehearsal(opened: Opened) -> None:
    with opened(FakeCloud()) as session:
        put_state(session, protect=True)
        assert session.lift_protection() == 1
        assert session.lift_protection() == 0
        assert all("protect" not in item for item in state.resources(session.document()))


def test_buckets_of_a_rehearsal_are_deleted_with_their_objects(opened: Opened) -> None:
    freed = FreedResource(urn=URN, id="raw-1", set={"forceDestroy": True})
    with opened(FakeCloud(freed=[freed])) as session:
        put_state(session)
        assert session.lift_protection() == 1
        assert session.lift_protection() == 0
        bucket = state.resources(session.document())[1]
        assert bucket["outputs"] == {"forceDestroy": True}


def test_a_full_disk_ends_the_run_before_anything_starts(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "LEAST_FREE_BYTES", 1 << 62)
    with pytest.raises(EngineError, match="MB left"), opened(FakeCloud()):
        raise AssertionError("the stack must not open")


def test_environments_and_their_rehearsals_have_separate_folders(tmp_path: Path) -> None:
    env = {"SLIPWAY_HOME": str(tmp_path)}
    places = [
        place_of(StackRef(), env=env),
        place_of(StackRef(name="prod", local=True), env=env),
        place_of(StackRef(name="prod"), env=env),
    ]
    assert [place.mode for place in places] == ["local", "local", "aws"]
    assert len({place.work for place in places}) == 3


def test_reading_a_stack_that_was_never_up_says_so(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"never up here; run `./slipway up local`"):
        reader(StackRef(), env={"SLIPWAY_HOME": str(tmp_path)})


@pytest.mark.parametrize("text", ["many", "0", "-1", "1.5"])
def test_an_invalid_number_of_parallel_resources_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="SLIPWAY_PARALLEL"):
        sessions.wanted_parallel({"SLIPWAY_PARALLEL": text})


def test_the_engine_chooses_the_number_of_parallel_resources_unless_it_is_set() -> None:
    assert sessions.wanted_parallel({}) is None
    assert sessions.wanted_parallel({"SLIPWAY_PARALLEL": " "}) is None
    assert sessions.wanted_parallel({"SLIPWAY_PARALLEL": "7"}) == 7


def test_the_engines_connections_to_this_process_bypass_a_proxy(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "corp.example")
    with opened(FakeCloud()):
        assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "corp.example,127.0.0.1,localhost"
