"""Checkpoints of several processes: a state cut one way is resumed cut another way, and all processes resume the same step."""

from __future__ import annotations

import dataclasses
import importlib
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn

from tests.workloads import gang
from tests.workloads.training.checkpoint_support import ALONE, RUN, state, step_folder, value_of
from workloads.training.checkpoint import CheckpointError, Checkpoints, Progress
from workloads.training.distributed import Place

BATCH, STEPS = 8, 6
# Largest relative difference between runs that add the same gradients in another order. Seen: 6e-8; neighbouring steps: 4e-3.
TOLERANCE = 1e-5


def build(place: Place, kind: str) -> tuple[nn.Module, torch.optim.Optimizer]:
    """A small network from a fixed seed, cut as `kind` says, and its optimizer."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard
    from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

    torch.manual_seed(0)
    model: nn.Module = nn.Sequential(nn.Linear(6, 12), nn.Tanh(), nn.Linear(12, 5), nn.Tanh(), nn.Linear(5, 3))
    if kind == "fsdp":
        mesh = init_device_mesh("cpu", (place.world_size,))
        for layer in model.children():
            if list(layer.parameters()):
                fully_shard(layer, mesh=mesh)
        fully_shard(model, mesh=mesh)
    elif kind == "tensor":
        parallelize_module(model, init_device_mesh("cpu", (place.world_size,)), {"0": ColwiseParallel(), "2": RowwiseParallel()})
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    return (nn.parallel.DistributedDataParallel(model) if kind == "ddp" else model), optimizer


def snapshot(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_state_dict

    model_state, optimizer_state = get_state_dict(model, optimizer, options=StateDictOptions(flatten_optimizer_state_dict=True))
    return {"model": model_state, "optimizer": optimizer_state}


def put_back(model: nn.Module, optimizer: torch.optim.Optimizer, saved: dict[str, Any]) -> None:
    from torch.distributed.checkpoint.state_dict import StateDictOptions, set_state_dict

    set_state_dict(
        model,
        optimizer,
        model_state_dict=saved["model"],
        optim_state_dict=saved["optimizer"],
        options=StateDictOptions(flatten_optimizer_state_dict=True),
    )


def whole(saved: dict[str, Any]) -> dict[str, bytes | float]:
    """Every value of a state, put together from its pieces; tensors as their bytes."""
    values: dict[str, bytes | float] = {}
    for part, entries in saved.items():
        for name, value in entries.items():
            if isinstance(value, torch.Tensor):
                full = value.full_tensor() if hasattr(value, "full_tensor") else value
                values[f"{part}.{name}"] = full.detach().numpy().tobytes()
            else:
                values[f"{part}.{name}"] = value
    return values


def train(place: Place, kind: str, where: Path, first: int, last: int) -> tuple[list[float], dict[str, bytes | float]]:
    """Train steps `first` to `last`, from a checkpoint unless `first` is 0, and save at the end. Returns losses and state."""
    model, optimizer = build(place, kind)
    checkpoints = Checkpoints(where, RUN, place=place)
    found = checkpoints.newest()
    assert (found.step if found else 0) == first
    if found:
        into = snapshot(model, optimizer)
        assert checkpoints.load(into) == found.progress
        put_back(model, optimizer, into)
    losses = []
    for step in range(first, last):
        generator = torch.Generator().manual_seed(step)
        inputs, labels = torch.randn(BATCH, 6, generator=generator), torch.randint(3, (BATCH,), generator=generator)
        rows = slice(None) if kind == "tensor" else slice(place.rank, None, place.world_size)
        loss = F.cross_entropy(model(inputs[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(place.sum(loss.item())[0] / place.world_size)
    state = snapshot(model, optimizer)
    checkpoints.save(Progress(step=last), state, wait=True)
    values = whole(state)
    checkpoints.finish()
    return losses, values


def reread(place: Place, kind: str, where: Path) -> dict[str, bytes | float]:
    """The state that a run cut as `kind` resumes with."""
    model, optimizer = build(place, kind)
    into = snapshot(model, optimizer)
    assert Checkpoints(where, RUN, place=place).load(into) == Progress(step=STEPS)
    put_back(model, optimizer, into)
    return whole(snapshot(model, optimizer))


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], tuple[Path, list[float], dict[str, Any]]]:
    """Runs that were never stopped: where their last checkpoint lies, their losses and their last state."""
    importlib.import_module("workloads.training.checkpoint_storage")  # imported in this process, and not in every fork
    runs = {}
    for kind, ranks in (("fsdp", 2), ("ddp", 2), ("tensor", 2)):
        where = tmp_path_factory.mktemp(f"{kind}-{ranks}")
        answers = gang.run(ranks, train, kind, where, 0, STEPS)
        runs[kind, ranks] = (where, *answers[0])
    return runs


@pytest.mark.parametrize(
    ("saved_as", "read_as"),
    [
        (("fsdp", 2), ("fsdp", 4)),
        (("fsdp", 2), ("plain", 1)),
        (("fsdp", 2), ("ddp", 2)),
        (("ddp", 2), ("fsdp", 4)),
        (("tensor", 2), ("fsdp", 2)),
        (("fsdp", 2), ("tensor", 2)),
    ],
    ids=lambda pair: f"{pair[0]}{pair[1]}",
)
def test_a_state_cut_one_way_is_read_bit_equal_cut_another_way(
    saved_as: tuple[str, int], read_as: tuple[str, int], unbroken: dict[Any, Any]
) -> None:
    where, _, values = unbroken[saved_as]
    kind, ranks = read_as
    answers = [reread(ALONE, kind, where)] if ranks == 1 else gang.run(ranks, reread, kind, where)
    assert sum(isinstance(value, bytes) for value in values.values()) == 6 * 4, "weights, two moments and a step each"
    for answer in answers:
        assert answer == values


@pytest.fixture(scope="module")
def stopped(unbroken: object, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    """The first run of `unbroken`, stopped half-way: its checkpoints, and the losses so far."""
    where = tmp_path_factory.mktemp("stopped")
    return where, gang.run(2, train, "fsdp", where, 0, STEPS // 2)[0][0]


@pytest.mark.parametrize(("then", "exactly"), [(("fsdp", 2), True), (("fsdp", 4), False), (("plain", 1), False)], ids=str)
def test_a_run_stopped_and_resumed_gives_the_losses_of_one_never_stopped(
    then: tuple[str, int], exactly: bool, unbroken: dict[Any, Any], stopped: tuple[Path, list[float]], tmp_path: Path
) -> None:
    _, losses, values = unbroken["fsdp", 2]
    checkpoints, before = stopped
    where = shutil.copytree(checkpoints, tmp_path / "checkpoints")
    kind, ranks = then
    half = STEPS // 2
    after, state = train(ALONE, kind, where, half, STEPS) if ranks == 1 else gang.run(ranks, train, kind, where, half, STEPS)[0]
    if exactly:
        assert before + after == losses
        assert state == values, "to the last bit, weights and moments"
    else:
        assert before + after == pytest.approx(losses, rel=TOLERANCE)


def of_two_hosts(place: Place, base: Path) -> tuple[Place, Path]:
    """The same rank as the only one of a host of its own, with a folder of its own."""
    return dataclasses.replace(place, local_rank=0, local_world_size=1), base / f"host-{place.rank}"


def save_on_two_hosts(place: Place, base: Path) -> list[str]:
    place, where = of_two_hosts(place, base)
    checkpoints = Checkpoints(where, RUN, place=place, keep=2)
    for step in (10, 20, 30):
        checkpoints.save(Progress(step=step), two_ranks(place, float(step)))
    checkpoints.finish()
    return sorted(str(path.relative_to(where)) for path in where.rglob("*") if path.is_file())


def load_on_two_hosts(place: Place, base: Path) -> tuple[int, float]:
    place, where = of_two_hosts(place, base)
    into = two_ranks(place, -1.0)
    progress = Checkpoints(where, RUN, place=place).load(into)
    return (progress.step, value_of(into["of all"])) if progress else (0, -1.0)


def two_ranks(place: Place, value: float) -> dict[str, Any]:
    """A state with a part that all ranks have and a part of each rank's own."""
    return {"of all": state(value), "own": {str(place.rank): torch.full((100,), value)}}


def merge(base: Path) -> None:
    """Merge the folders of both hosts, as SageMaker's sync to one S3 prefix and back does."""
    for source, target in ((0, 1), (1, 0)):
        shutil.copytree(base / f"host-{source}", base / f"host-{target}", dirs_exist_ok=True)


def test_hosts_with_folders_of_their_own_resume_once_the_folders_are_merged(tmp_path: Path) -> None:
    first, second = gang.run(2, save_on_two_hosts, tmp_path)
    assert {name.split("/")[1] for name in first + second} == {"step-00000020", "step-00000030"}, "each host keeps the newest"
    assert f"{RUN}/step-00000030/manifest.json" in first
    assert f"{RUN}/step-00000030/__1_0.distcp" in second
    assert gang.run(2, load_on_two_hosts, tmp_path) == [(0, -1.0)] * 2, "before the merge no host has all, and none pretends"
    merge(tmp_path)
    assert gang.run(2, load_on_two_hosts, tmp_path) == [(30, 30.0)] * 2


def test_bytes_that_are_bad_on_one_host_alone_send_all_back(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    gang.run(2, save_on_two_hosts, tmp_path)
    merge(tmp_path)
    bad = step_folder(tmp_path / "host-1", 30) / "__0_0.distcp"
    content = bytearray(bad.read_bytes())
    content[-10] ^= 1
    bad.write_bytes(content)
    assert gang.run(2, load_on_two_hosts, tmp_path) == [(20, 20.0)] * 2
    said = capfd.readouterr().err
    assert said.count("is skipped: __0_0.distcp is not what was written") == 1, "said once, by the leader"


def fail_on_one(place: Place, where: Path) -> str:
    """Save while rank 1 cannot write; returns the error that each rank got."""
    import resource

    checkpoints = Checkpoints(where, RUN, place=place)
    if place.rank == 1:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    checkpoints.save(Progress(step=1), {"own": {str(place.rank): torch.zeros(10_000)}})
    try:
        checkpoints.finish()
    except CheckpointError as error:
        return str(error)
    return ""


def test_a_write_that_fails_on_one_process_fails_on_all_and_leaves_no_whole_checkpoint(tmp_path: Path) -> None:
    first, second = gang.run(2, fail_on_one, tmp_path)
    assert first == second
    assert "step 1 could not be written: " in first
    assert "a file may not grow that large here" in first
    assert "manifest.json" not in os.listdir(step_folder(tmp_path, 1))


def no_place(place: Place, base: Path) -> str:
    place, where = of_two_hosts(place, base)
    try:
        Checkpoints(where, RUN, place=place).newest()
    except CheckpointError as error:
        return str(error)
    return ""


def test_a_host_that_cannot_write_fails_all_before_the_first_step(tmp_path: Path) -> None:
    (tmp_path / "host-1").write_text("in the way")
    first, second = gang.run(2, no_place, tmp_path)
    assert first == second
    assert "host-1" in first
    assert "a file is in the way" in first


def train_beside_a_write(place: Place, where: Path) -> bool:
    """Run collectives of the training while a checkpoint is written in the background."""
    checkpoints = Checkpoints(where, RUN, place=place)
    total = 0.0
    for step in range(1, 41):
        if step % 10 == 0:
            checkpoints.save(Progress(step=step), {"own": {str(place.rank): torch.full((50_000,), float(step))}})
        box = torch.tensor([float(step)])
        dist.all_reduce(box)
        total += box.item()
    checkpoints.finish()
    return total == sum(range(1, 41)) * place.world_size


def test_the_ranks_go_on_with_collectives_while_a_checkpoint_is_written(tmp_path: Path) -> None:
    assert gang.run(3, train_beside_a_write, tmp_path) == [True] * 3
    assert sorted(os.listdir(tmp_path / RUN)) == ["step-00000030", "step-00000040"]
