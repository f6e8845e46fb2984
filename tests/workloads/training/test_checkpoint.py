"""Checkpoints of one process in a folder: written whole, found, checked, and skipped for the one before."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from tests.workloads.training.checkpoint_support import ALONE, RUN, resumed, saved, state, step_folder
from tests.workloads.training.test_digits import StopAfter, train
from workloads.errors import WorkloadError
from workloads.training import checkpoint_storage
from workloads.training.checkpoint import WITHOUT_EFFECT, CheckpointError, Checkpoints, Progress, run_id
from workloads.training.checkpoint_errors import reason_of
from workloads.training.checkpoint_manifest import Manifest

DATA = "__0_0.distcp"


def test_what_was_saved_is_found_again_bit_for_bit(tmp_path: Path) -> None:
    torch.manual_seed(0)
    weight = torch.randn(1000)
    progress = Progress(step=7, epoch=1, step_in_epoch=3, rows=448, loss_sum=0.1 + 0.2, train_loss=1 / 3, more={"tokens": 5.5})
    writing = Checkpoints(tmp_path, RUN, place=ALONE)
    assert writing.newest() is None
    writing.save(progress, {"model": {"weight": weight.clone()}, "optimizer": {}}, wait=True)
    reading = Checkpoints(tmp_path, RUN, place=ALONE)
    found = reading.newest()
    assert found
    assert (found.step, found.progress, found.address) == (7, progress, str(step_folder(tmp_path, 7)))
    into = {"model": {"weight": torch.zeros(1000)}, "optimizer": {}}
    assert reading.load(into) == progress
    assert torch.equal(into["model"]["weight"], weight)


def test_the_manifest_names_every_file_with_size_and_digest(tmp_path: Path) -> None:
    saved(tmp_path, 5)
    manifest = json.loads((step_folder(tmp_path, 5) / "manifest.json").read_text())
    assert (
        sorted(manifest["files"]) == [".metadata", DATA] == sorted(set(os.listdir(step_folder(tmp_path, 5))) - {"manifest.json"})
    )
    assert manifest["files"][DATA]["bytes"] == (step_folder(tmp_path, 5) / DATA).stat().st_size
    assert (manifest["world_size"], manifest["torch"], manifest["format"], manifest["run"]) == (1, torch.__version__, 1, RUN)


def test_training_may_change_the_state_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with held(monkeypatch) as release:
        live = state(1.0)
        checkpoints = Checkpoints(tmp_path, RUN, place=ALONE)
        checkpoints.save(Progress(step=1), live)
        live["model"]["weight"].fill_(99.0)
        while_written = checkpoints.busy
        release.set()
        checkpoints.finish()
    assert while_written
    assert not checkpoints.busy
    assert resumed(tmp_path) == (1, 1.0)


def test_a_save_waits_for_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with held(monkeypatch) as release:
        checkpoints = Checkpoints(tmp_path, RUN, place=ALONE)
        checkpoints.save(Progress(step=1), state(1.0))
        second = threading.Thread(target=checkpoints.save, args=(Progress(step=2), state(2.0)))
        second.start()
        second.join(timeout=0.2)
        assert second.is_alive(), "two copies of the state may not fit into memory"
        release.set()
        second.join(timeout=30)
        checkpoints.finish()
    assert resumed(tmp_path) == (2, 2.0)


def test_the_newest_stay_and_half_written_ones_go_once_a_new_one_is_whole(tmp_path: Path) -> None:
    half = step_folder(tmp_path, 15)
    half.mkdir(parents=True)
    (half / DATA).write_bytes(b"half")
    (tmp_path / RUN / "notes.txt").write_text("the user's own")
    saved(tmp_path, 10, 20, 30, keep=2)
    assert sorted(os.listdir(tmp_path / RUN)) == ["notes.txt", "step-00000020", "step-00000030"]


def test_a_run_that_resumed_keeps_the_ones_it_found(tmp_path: Path) -> None:
    saved(tmp_path, 10, 20)
    checkpoints = Checkpoints(tmp_path, RUN, place=ALONE, keep=2)
    checkpoints.load(state())
    checkpoints.save(Progress(step=30), state(30.0), wait=True)
    assert sorted(os.listdir(tmp_path / RUN)) == ["step-00000020", "step-00000030"]


def test_a_run_that_is_done_leaves_nothing(tmp_path: Path) -> None:
    saved(tmp_path, 10, 20).remove()
    assert os.listdir(tmp_path) == []


def test_a_step_saved_over_half_of_an_earlier_attempt_is_whole(tmp_path: Path) -> None:
    saved(tmp_path, 10)
    (step_folder(tmp_path, 10) / "__1_0.distcp").write_bytes(b"of two processes, when there were two")
    damage(step_folder(tmp_path, 10))
    saved(tmp_path, 10)
    assert resumed(tmp_path) == (10, 10.0)
    assert not (step_folder(tmp_path, 10) / "__1_0.distcp").exists()


def damage(folder: Path) -> None:
    content = bytearray((folder / DATA).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / DATA).write_bytes(content)


def truncate(folder: Path) -> None:
    os.truncate(folder / DATA, 100)


def edit(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        manifest = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps({**manifest, **changes}))

    return change


def text(content: bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / "manifest.json").write_bytes(content)

    return change


HARM: list[tuple[str, Callable[[Path], object], str]] = [
    ("no manifest", lambda folder: (folder / "manifest.json").unlink(), "half-written: it has no manifest.json"),
    ("one bit", damage, f"{DATA} is not what was written (its SHA-256 differs)"),
    (
        "a byte of DCP's own",
        lambda folder: (folder / ".metadata").write_bytes(b"\0" * (folder / ".metadata").stat().st_size),
        "SHA",
    ),
    ("truncated", truncate, f"{DATA} has 100 of "),
    ("a file is missing", lambda folder: (folder / DATA).unlink(), f"{DATA} is missing"),
    ("no JSON", text(b"{"), "manifest.json is not JSON"),
    ("noise", text(b"\xff\xfe\0"), "manifest.json is not JSON"),
    ("an empty file", text(b""), "manifest.json is not JSON"),
    ("no object", text(b"[]"), "holds a JSON list, not an object"),
    ("another format", edit(format=99), "has format 99, and this image reads 1"),
    ("a key that is missing", edit(progress=None), "is not as this image writes it"),
    ("a key that is new", edit(colour="red"), "is not as this image writes it"),
    ("a progress of others", edit(progress={"steps": 3}), "is not as this image writes it"),
    ("files that are none", edit(files=[]), "is not as this image writes it"),
    ("no files", edit(files={}), "names no files"),
]


@pytest.mark.parametrize(("harm", "says"), [row[1:] for row in HARM], ids=[row[0] for row in HARM])
def test_a_damaged_checkpoint_is_named_and_skipped_for_the_one_before(
    harm: Callable[[Path], object], says: str, two: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = tmp_path / "checkpoints"
    shutil.copytree(two, where)
    harm(step_folder(where, 20))
    assert resumed(where) == (10, 10.0)
    said = capsys.readouterr().err
    assert f"note: checkpoint {step_folder(where, 20)} is skipped: " in said
    assert says in said
    harm(step_folder(where, 10))
    assert resumed(where) == (0, -1.0), "nothing intact: a fresh start, with the state as it was"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints of steps 10 and 20."""
    where = tmp_path_factory.mktemp("two")
    saved(where, 10, 20)
    return where


def test_after_a_fall_back_the_damaged_one_does_not_count_among_the_newest(tmp_path: Path) -> None:
    saved(tmp_path, 10, 20, 30)
    damage(step_folder(tmp_path, 30))
    checkpoints = Checkpoints(tmp_path, RUN, place=ALONE, keep=2)
    assert checkpoints.load(state()) == Progress(step=20, loss_sum=20 / 3)
    checkpoints.save(Progress(step=25), state(25.0), wait=True)
    assert sorted(os.listdir(tmp_path / RUN)) == ["step-00000020", "step-00000025"]


def test_a_state_of_another_shape_is_refused_and_no_damage_is_claimed(tmp_path: Path) -> None:
    saved(tmp_path, 10)
    with pytest.raises(CheckpointError, match=r"can be read into this model: .*Remove that folder to start afresh"):
        Checkpoints(tmp_path, RUN, place=ALONE).load(state(size=301))
    with pytest.raises(CheckpointError, match="can be read into this model"):
        Checkpoints(tmp_path, RUN, place=ALONE).load({"model": {"other": torch.zeros(3)}, "optimizer": {}})


def test_a_run_of_another_architecture_starts_afresh_and_says_whose_checkpoints_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, other = (run_id({"model": model, "seed": 1}, "data", name="language") for model in ("10m", "50m"))
    assert mine != other
    checkpoints = Checkpoints(tmp_path, other, place=ALONE)
    checkpoints.save(Progress(step=1), state(), wait=True)
    assert Checkpoints(tmp_path, mine, place=ALONE).newest() is None
    said = capsys.readouterr().err
    assert (
        f"no checkpoint of this run ({mine}), only of {other}, whose settings, data or architecture differ; starting afresh"
        in said
    )


def test_what_changes_the_way_but_not_the_result_keeps_the_runs_name() -> None:
    settings = {"seed": 1, "batch_size": 64, "precision": "bf16", **dict.fromkeys(WITHOUT_EFFECT, 1)}
    name = run_id(settings, "data", name="digits")
    assert name.startswith("digits-")
    for key in settings:
        changed = run_id({**settings, key: 2}, "data", name="digits")
        assert (changed == name) == (key in WITHOUT_EFFECT), key
    assert run_id(settings, "other data", name="digits") != name
    assert run_id(dict(reversed(settings.items())), "data", name="digits") == name, "the order says nothing"


@contextmanager
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A context in which writes wait until the event is set."""
    release = threading.Event()
    create = checkpoint_storage._Digesting.create_stream

    def create_stream(self: checkpoint_storage._Digesting, path: object, mode: str) -> object:
        assert release.wait(30)
        return create(self, path, mode)

    monkeypatch.setattr(checkpoint_storage._Digesting, "create_stream", create_stream)
    yield release
    release.set()


@contextmanager
def no_larger_than(size: int) -> Iterator[None]:
    """A context with the C library's own limit on a file's size: to the process it is a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_a_first_checkpoint_that_cannot_be_written_ends_the_run_with_where_and_the_way_out(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, RUN, place=ALONE)
    with no_larger_than(50_000):
        checkpoints.save(Progress(step=1), state(size=100_000))
        with pytest.raises(WorkloadError) as caught:
            checkpoints.finish()
    said = str(caught.value)
    assert said.startswith(f"the checkpoint of step 1 could not be written: {step_folder(tmp_path, 1)} cannot be written to: ")
    assert "a file may not grow that large here. Raise the limit" in said


def test_later_failures_are_noted_and_the_third_in_a_row_ends_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoints = saved(tmp_path, 10)
    with no_larger_than(50_000):
        for step in (20, 30):
            checkpoints.save(Progress(step=step), state(size=100_000))
        while checkpoints.busy:
            time.sleep(0.01)
    checkpoints.save(Progress(step=40), state(40.0))
    checkpoints.finish()
    said = capsys.readouterr().err
    assert "note: the checkpoint of step 20 could not be written (1 in a row; 3 end the run): " in said
    assert "step 30 could not be written (2 in a row" in said
    assert "Training goes on; the last whole one is of step 10" in said
    assert resumed(tmp_path) == (40, 40.0), "and half-written ones are gone"
    assert sorted(os.listdir(tmp_path / RUN)) == ["step-00000010", "step-00000040"]
    with no_larger_than(50_000):
        for step in (50, 60, 70):
            checkpoints.save(Progress(step=step), state(size=100_000))
        with pytest.raises(CheckpointError, match="step 70 could not be written, nor the 2 before it"):
            checkpoints.finish()


def test_the_last_checkpoint_of_a_run_that_is_stopped_must_succeed(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path, 10)
    with no_larger_than(50_000), pytest.raises(CheckpointError, match="step 20 could not be written"):
        checkpoints.save(Progress(step=20), state(size=100_000), wait=True)


def test_a_run_that_is_done_is_not_failed_by_its_last_checkpoint(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, RUN, place=ALONE)
    with no_larger_than(50_000):
        checkpoints.save(Progress(step=1), state(size=100_000))
        checkpoints.remove()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "no space is left. Give the instance a larger volume"),
        (errno.EDQUOT, "the quota is used up"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EACCES, "access is denied. Let the job's user write there"),
    ],
)
def test_an_error_of_the_file_system_has_its_way_out(number: int, says: str) -> None:
    assert says in reason_of(OSError(number, os.strerror(number)), "/opt/ml/checkpoints", "written to")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a full device")
def test_a_full_disk_is_named_as_the_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create = checkpoint_storage._Digesting.create_stream
    monkeypatch.setattr(checkpoint_storage._Digesting, "create_stream", lambda self, path, mode: create(self, "/dev/full", mode))
    checkpoints = Checkpoints(tmp_path, RUN, place=ALONE)
    checkpoints.save(Progress(step=1), state(size=100_000))
    with pytest.raises(CheckpointError, match=r"no space is left. Give the instance a larger volume"):
        checkpoints.finish()


def test_a_folder_that_cannot_be_written_to_is_refused_before_the_first_step(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CheckpointError, match=r"cannot be written to: a file is in the way. Point checkpoint_uri to a folder"):
        Checkpoints(tmp_path / "file", RUN, place=ALONE).newest()
    if os.path.isdir("/proc/self"):
        with pytest.raises(CheckpointError, match=r"/proc/none/\S+ cannot be written to"):
            Checkpoints("/proc/none", RUN, place=ALONE).newest()


@pytest.mark.parametrize(("where", "says"), [("s3://", "names no bucket"), ("gs://b/p", "give a folder or s3://bucket/prefix")])
def test_an_address_that_is_none_is_refused(where: str, says: str) -> None:
    with pytest.raises(CheckpointError, match=says):
        Checkpoints(where, RUN, place=ALONE)


def test_a_manifest_survives_its_own_text() -> None:
    progress = Progress(step=2, loss_sum=1e-300, more={"x": 1.5})
    manifest = Manifest.parse(
        Manifest(run=RUN, progress=progress, world_size=4, torch="2", files={})
        .encode()
        .replace(b'"files": {}', b'"files": {"a": {"bytes": 1, "sha256": "b"}}')
    )
    assert manifest.progress == progress


def test_a_run_whose_only_checkpoint_has_one_bad_bit_is_as_one_never_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file has the right size, so it is found, and the optimizer's state is laid out to be filled before the bit shows."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    unbroken = train(tmp_path / "unbroken", max_steps=6)
    assert train(tmp_path / "parts", StopAfter(4), max_steps=6) is None
    file = next((tmp_path / "parts" / "checkpoints").rglob(DATA))
    damage(file.parent)
    assert train(tmp_path / "parts", max_steps=6) == unbroken
    assert f"{DATA} is not what was written" in capsys.readouterr().err
