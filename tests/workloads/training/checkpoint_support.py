"""States and places for tests of checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from workloads.training.checkpoint import Checkpoints, Progress
from workloads.training.distributed import Place

RUN = "test-0123456789ab"
ALONE = Place(rank=0, world_size=1, local_rank=0, local_world_size=1, device=torch.device("cpu"))


def state(value: float = 0.0, size: int = 300) -> dict[str, Any]:
    return {"model": {"weight": torch.full((size,), value)}, "optimizer": {"step": torch.tensor(value), "lr": 0.1 * value}}


def value_of(state: dict[str, Any]) -> float:
    """The value a whole state was made of."""
    found = {*state["model"]["weight"].tolist(), float(state["optimizer"]["step"])}
    (value,) = found
    assert state["optimizer"]["lr"] == 0.1 * value
    return float(value)


def saved(where: str | Path, *steps: int, keep: int = 9) -> Checkpoints:
    """Checkpoints of these steps, each of a state made of its step's number."""
    checkpoints = Checkpoints(where, RUN, place=ALONE, keep=keep)
    for step in steps:
        checkpoints.save(Progress(step=step, loss_sum=step / 3), state(float(step)))
    checkpoints.finish()
    return checkpoints


def step_folder(where: Path, step: int) -> Path:
    return where / RUN / f"step-{step:08d}"


def resumed(where: Path) -> tuple[int, float]:
    """The step a new process finds, and the value its state is made of; (0, -1) for a fresh start."""
    into = state(-1.0)
    progress = Checkpoints(where, RUN, place=ALONE).load(into)
    return (progress.step if progress else 0), (value_of(into) if progress else -1.0)
