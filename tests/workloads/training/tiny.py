"""Trains a decoder that is small enough for a second, on a small real corpus, however it is cut over processes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from workloads.models.decoder_config import DecoderConfig
from workloads.training import base_model, state, trainer
from workloads.training.assembly import Run, assemble
from workloads.training.degrees import resolve
from workloads.training.distributed import Place
from workloads.training.settings_tasks import LanguageSettings
from workloads.training.sources import Paths
from workloads.training.tasks.language import LanguageTask
from workloads.training.tasks.task import Share

SIZES = DecoderConfig(width=32, layers=4, heads=4, kv_heads=2, feed_forward=64, positions=16)
STEPS = 12
# The first steps exceed the norm of clipping, and there are warm-up and decay, so that comparisons cover all three.
BASE = {"batch_size": 16, "sequence_length": 16, "max_steps": STEPS, "clip_norm": 0.5, "warmup_steps": 4, "learning_rate": 0.01}
ALONE = Place(rank=0, world_size=1, local_rank=0, local_world_size=1, device=torch.device("cpu"))


class TinyTask(LanguageTask):
    """Task language with a model smaller than any preset."""

    def __init__(self, sizes: DecoderConfig) -> None:
        self._sizes = sizes

    def sizes(self, settings: LanguageSettings) -> DecoderConfig:
        return self._sizes


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of a run: every step's loss, the test split's metrics, and the leader's whole weights as lists."""

    losses: list[float]
    metrics: dict[str, float]
    weights: dict[str, list[float]]


def make_run(place: Place, corpus: Path, paths: Paths | None = None, *, sizes: DecoderConfig = SIZES, **values: Any) -> Run:
    settings = LanguageSettings.from_mapping({**BASE, **values})
    task = TinyTask(sizes)
    degrees = resolve(settings, place.world_size, sizes, settings.sequence_length)
    share = Share(rank=degrees.data_rank(place.rank), world_size=degrees.data)
    data = task.open(settings, str(corpus), str(corpus), share)
    base = base_model.read(paths.start_from if paths else None, settings, task.name)
    return assemble(task, data, settings, place, degrees, paths=paths, base=base)


def train(place: Place, corpus: Path, **values: Any) -> Outcome:
    """Train for `STEPS` steps, or `max_steps`. Every rank returns the same losses."""
    run = make_run(place, corpus, **values)
    curve = losses(run)
    metrics = trainer.evaluate(run)
    whole = state.whole(run.parallel, run.parallel.model.state_dict())
    return Outcome(losses=curve, metrics=metrics, weights={name: tensor.flatten().tolist() for name, tensor in whole.items()})


def losses(run: Run) -> list[float]:
    """Train all of the run's steps. Returns the loss of each over all rows."""
    run.parallel.module.train()
    curve = []
    for batch, number in zip(run.data.batches(0), range(run.steps), strict=False):
        (total,) = run.place.sum(trainer.step(run, batch, number))
        curve.append(total / run.parallel.loss_reporters)
    return curve
