"""The model that fine-tuning goes on from. Its artifact decides the architecture: a pruned model is tuned as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from workloads import artifact
from workloads.contract import MODEL_CHANNEL
from workloads.errors import HyperparameterError, ModelError
from workloads.models.decoder_config import DecoderConfig
from workloads.training.settings import TrainerSettings
from workloads.training.sources import artifact_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseModel:
    """A checked artifact and its weights, which are read from the disk only where they are used."""

    folder: Path
    description: Mapping[str, Any]
    state: Mapping[str, torch.Tensor]

    @property
    def digest(self) -> str:
        """SHA-256 of the weights: another base is another run."""
        return str(self.description["weights"]["sha256"])

    def sizes(self, positions: int) -> DecoderConfig | None:
        """Of a decoder, for sequences of `positions`; None for a model that has no sizes to be cut by."""
        architecture = self.architecture(positions)
        name = architecture.pop("name")
        return DecoderConfig(**architecture) if name == "decoder" else None

    def architecture(self, positions: int) -> dict[str, Any]:
        """What `workloads.models.build` takes. A decoder's positions are rotary, so `positions` may be another than before."""
        found = dict(self.description["architecture"])
        return {**found, "positions": positions} if "positions" in found else found


def read(given: Path | None, settings: TrainerSettings, task: str) -> BaseModel | None:
    """The artifact in a folder or a model.tar.gz; None where none is given, which adapters need: `HyperparameterError`.

    Raises `ModelError` when it is no model that this task can go on from.
    """
    if given is None:
        if settings.lora_rank:
            raise HyperparameterError(
                f"lora_rank is {settings.lora_rank} without a model whose weights to adapt; set start_from, or in a job give "
                f"channel {MODEL_CHANNEL!r}"
            )
        return None
    folder = artifact_folder(given)
    description, state = artifact.read(folder)
    if (other := artifact.task_of(description)) != task:
        raise ModelError(f"the model in {given} is of task {other!r}, and this run of {task!r}; start from one of the same task")
    compression = description.get(artifact.COMPRESSION, {})
    if compression.get("tensors") == "torchao":
        raise ModelError(
            f"the model in {given} was quantised ({compression.get('recipe')}), and integers do not learn; start from the model "
            "that it was made from, and quantise again afterwards"
        )
    return BaseModel(folder=folder, description=description, state=state)
