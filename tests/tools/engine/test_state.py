import json
import os
from pathlib import Path
from typing import Any

import pytest

from tools.engine import state
from tools.engine.home import StackPlace

URN = "urn:pulumi:local::slipway::aws:s3/bucket:Bucket::raw"


def document(*resources: dict[str, Any], pending: list[Any] | None = None) -> dict[str, Any]:
    latest: dict[str, Any] = {"resources": list(resources)}
    if pending:
        latest["pending_operations"] = pending
    return {"version": 3, "checkpoint": {"stack": "organization/slipway/local", "latest": latest}}


BUCKET = {"urn": URN, "custom": True, "id": "raw-1", "type": "aws:s3/bucket:Bucket"}


@pytest.fixture
def place(tmp_path: Path) -> StackPlace:
    place = StackPlace(home=tmp_path, mode="local", stack="local")
    place.prepare()
    place.state_file.parent.mkdir(parents=True)
    return place


def put(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    "content",
    ["", '{"version": 3, "checkp', "[]", '{"version": 3}', '{"checkpoint": {"latest": {"resources": 7}}}', "\x00\x00"],
    ids=["empty", "cut short", "a list", "no checkpoint", "resources of a wrong kind", "zeros"],
)
def test_a_state_file_that_is_not_whole_is_not_read(tmp_path: Path, content: str) -> None:
    (tmp_path / "s.json").write_text(content)
    assert state.read(tmp_path / "s.json") is None


def test_a_stack_that_was_never_up_is_whole(tmp_path: Path) -> None:
    put(tmp_path / "s.json", {"version": 3, "checkpoint": {"stack": "s"}})
    assert state.read(tmp_path / "s.json") is not None
    assert state.known(state.read(tmp_path / "s.json")) == []


def test_known_resources_are_the_custom_ones_without_providers() -> None:
    component = {"urn": "u", "custom": False, "type": "slipway:network:Network"}
    provider = {"urn": "p", "custom": True, "id": "1", "type": "pulumi:providers:aws"}
    assert state.known(document(BUCKET, component, provider)) == [state.Known(urn=URN, id="raw-1", type="aws:s3/bucket:Bucket")]


def test_looked_up_resources_and_those_deleted_for_their_replacement_are_not_known() -> None:
    looked_up = {"urn": "l", "custom": True, "id": "vpc-1", "type": "aws:ec2/vpc:Vpc", "external": True}
    deleted = {"urn": "d", "custom": True, "id": "role", "type": "aws:iam/role:Role", "pendingReplacement": True}
    assert state.known(document(looked_up, deleted)) == []


@pytest.mark.parametrize("broken", ["", '{"version": 3, "checkpoint": {"latest"'])
def test_a_broken_state_is_moved_aside_and_our_last_good_copy_takes_its_place(place: StackPlace, broken: str) -> None:
    place.state_file.write_text(broken)
    put(place.good_copy, document(BUCKET))
    notes = state.repair(place)
    assert state.known(state.read(place.state_file))[0].id == "raw-1"
    assert [path.read_text() for path in place.archive.iterdir()] == [broken], "nothing is thrown away"
    assert "not whole" in notes[0]
    assert "last good copy" in notes[1]


def test_the_newest_copy_that_is_whole_replaces_a_broken_state(place: StackPlace) -> None:
    place.state_file.write_text("")
    put(place.good_copy, document())
    put(Path(f"{place.state_file}.bak"), document(BUCKET))
    history = place.history / "local-1.checkpoint.json"
    put(history, document())
    history.write_text("cut")
    for age, path in ((300, place.good_copy), (200, Path(f"{place.state_file}.bak")), (100, history)):
        stamp = path.stat().st_mtime - age
        os.utime(path, (stamp, stamp))
    state.repair(place)
    assert len(state.known(state.read(place.state_file))) == 1


def test_a_broken_state_without_any_copy_leaves_an_empty_stack_and_says_so(place: StackPlace) -> None:
    place.state_file.write_text("nonsense")
    notes = state.repair(place)
    assert not place.state_file.exists()
    assert "built again from what the cloud still has" in notes[-1]


def test_a_state_file_that_vanished_comes_back_from_our_copy(place: StackPlace) -> None:
    put(place.good_copy, document(BUCKET))
    state.repair(place)
    assert len(state.known(state.read(place.state_file))) == 1


def test_a_whole_state_is_left_alone(place: StackPlace) -> None:
    put(place.state_file, document(BUCKET))
    before = place.state_file.stat().st_mtime_ns
    assert state.repair(place) == []
    assert place.state_file.stat().st_mtime_ns == before


def test_pending_operations_of_a_killed_run_are_removed_and_reported(place: StackPlace) -> None:
    put(place.state_file, document(BUCKET, pending=[{"type": "creating"}, {"type": "creating"}]))
    assert "2 operations" in state.repair(place)[0]
    content = json.loads(place.state_file.read_text())
    assert "pending_operations" not in content["checkpoint"]["latest"]
    assert content["checkpoint"]["latest"]["resources"] == [BUCKET]


def test_a_state_of_an_earlier_epoch_of_the_cloud_is_archived_and_the_reader_informed(place: StackPlace) -> None:
    put(place.state_file, document(BUCKET))
    put(place.good_copy, document(BUCKET))
    assert state.match_epoch(place, "first") == []
    notes = state.match_epoch(place, "second")
    assert "stack local begins anew (1 resources are gone)" in notes[0]
    assert not place.state_file.exists()
    assert state.newest_good(place) is None, "no copy of the old epoch may come back"
    assert len(list(place.archive.iterdir())) == 1
    assert place.epoch_file.read_text() == "second"


def test_a_state_of_the_present_epoch_stays(place: StackPlace) -> None:
    put(place.state_file, document(BUCKET))
    state.match_epoch(place, "one")
    assert state.match_epoch(place, "one") == []
    assert place.state_file.exists()


def test_only_a_whole_state_becomes_the_good_copy(place: StackPlace) -> None:
    put(place.state_file, document(BUCKET))
    state.save_good_copy(place)
    place.state_file.write_text("cut")
    state.save_good_copy(place)
    assert len(state.known(state.read(place.good_copy))) == 1


def test_a_full_disk_is_reported_before_the_run(place: StackPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state.disk_fault(place) == ""
    monkeypatch.setattr(state, "LEAST_FREE_BYTES", 1 << 62)
    assert "SLIPWAY_HOME" in state.disk_fault(place)


def test_the_passphrase_is_made_once_and_only_its_owner_reads_it(place: StackPlace) -> None:
    first = place.passphrase_file.read_text()
    place.prepare()
    assert place.passphrase_file.read_text() == first
    assert len(first) >= 32
    assert place.passphrase_file.stat().st_mode & 0o777 == 0o600
