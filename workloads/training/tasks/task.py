"""What the trainer asks of a task and of its opened data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
import torch.nn.functional as F

from workloads.artifact import Artifact
from workloads.models.decoder_config import DecoderConfig
from workloads.training.settings import TrainerSettings

Settings = TypeVar("Settings", bound=TrainerSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One process's part of a batch: `inputs` (rows, …), `targets` int64 (rows,) or (rows, positions).

    `real` bool (rows,) is False for rows that only fill up, so that all processes have equal batches; None where all are real.
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    real: torch.Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        if device.type == "cpu":
            return self
        real = None if self.real is None else self.real.to(device, non_blocking=True)
        inputs, targets = self.inputs.to(device, non_blocking=True), self.targets.to(device, non_blocking=True)
        return Batch(inputs=inputs, targets=targets, real=real)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Which share of the data this process sees: `rank` of `world_size` shares."""

    rank: int = 0
    world_size: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Sums over predictions: their losses, how many were right, how many there were."""

    loss: float = 0.0
    right: float = 0.0
    count: float = 0.0


class Data(ABC):
    """A task's opened data, for one process."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """A digest of the training data: part of what a run is."""

    @property
    @abstractmethod
    def steps_per_epoch(self) -> int: ...

    @property
    @abstractmethod
    def units_per_row(self) -> int:
        """What throughput counts: tokens of a row, or 1."""

    @abstractmethod
    def architecture(self) -> dict[str, Any]:
        """What `workloads.models.build` makes the model of."""

    @abstractmethod
    def batches(self, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        """This process's part of every training batch of an epoch, from `first_step` on: a function of seed and epoch alone."""

    @abstractmethod
    def test(self) -> Iterator[Batch]:
        """Every row of the test split once, over all processes; as many batches of one shape on each."""

    @abstractmethod
    def metrics(self, score: Score) -> dict[str, float]:
        """The test split's metrics."""

    @abstractmethod
    def details(self) -> dict[str, Any]:
        """The task's own keys of `model.json`."""

    def require_tokens_of(self, folder: Path) -> None:
        """Raise `ModelError` when the model in `folder` reads other tokens than this data has. Without tokens, nothing."""
        return

    def save_beside(self, folder: Path) -> None:
        """Write what belongs beside the model. Nothing, unless a task has something."""
        return


class Task(ABC, Generic[Settings]):
    """What can be trained: a row of `TASKS`, imported."""

    name: str
    unit: str  # what throughput counts, as in `samples_per_second`
    # Whether every operation must give the same bits each time, also on a GPU. Costs speed where attention is involved.
    exact: bool

    @abstractmethod
    def sizes(self, settings: Settings) -> DecoderConfig | None:
        """The model's sizes, for checks before any data is read; None for a model that only data is dealt over."""

    @abstractmethod
    def open(self, settings: Settings, train: str, test: str, share: Share) -> Data:
        """Read and check the data. Raises `DataError`, or `HyperparameterError` when data and settings don't fit."""

    @abstractmethod
    def evaluate(self, artifact: Artifact, data: str, *, max_rows: int) -> dict[str, float]:
        """The metrics of a trained model on the test split of `data`."""


def loss_of(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy: logits (…, classes), targets int64 (…) -> scalar."""
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten())


@torch.no_grad()
def score(forward: Callable[[torch.Tensor], torch.Tensor | None], batches: Iterable[Batch], device: torch.device) -> Score:
    """Sums over all real rows of `batches`. `forward` gives whole logits, or None on a process that does not compute them."""
    loss = right = count = 0.0
    for batch in batches:
        batch = batch.to(device)
        logits = forward(batch.inputs)
        if logits is None:
            continue
        targets = batch.targets if batch.real is None else batch.targets[batch.real]
        logits = (logits if batch.real is None else logits[batch.real]).float()
        if targets.numel():
            loss += F.cross_entropy(logits.flatten(0, -2), targets.flatten(), reduction="sum").item()
            right += (logits.argmax(-1) == targets).sum().item()
            count += targets.numel()
    return Score(loss=loss, right=right, count=count)


def score_artifact(artifact: Artifact, batches: Iterable[Batch]) -> Score:
    """Score a loaded model, where its weights are."""
    device = next((weight.device for weight in artifact.model.parameters()), torch.device("cpu"))
    return score(artifact.model.eval(), batches, device)
