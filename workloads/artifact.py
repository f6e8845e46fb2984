"""A trained model on disk, as training writes it and a server reads it.

`model.pt`: the weights, a state dict that `torch.load(weights_only=True)` reads. `model.json`: all else that is needed to answer
with it (task, architecture, input and labels or tokenizer), how good it is, and the SHA-256 of the weights it belongs to.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from workloads import models
from workloads.errors import ModelError

FORMAT_VERSION: Final = 2
# Format 1 had one task, and did not name it.
FIRST_FORMAT: Final = 1
READABLE: Final = (FIRST_FORMAT, FORMAT_VERSION)
WEIGHTS: Final = "model.pt"
DESCRIPTION: Final = "model.json"
TOKENIZER: Final = "tokenizer.json"
# The key under which `workloads.compression` describes a model: {"recipe": …, "tensors": "torch" or "torchao", …}.
COMPRESSION: Final = "compression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A model in eval mode on the CPU, and its `model.json`."""

    model: nn.Module
    description: Mapping[str, Any]

    @property
    def task(self) -> str:
        return task_of(self.description)


def save(
    folder: Path,
    *,
    state: Mapping[str, torch.Tensor],
    architecture: Mapping[str, Any],
    task: str,
    details: Mapping[str, Any],
    metrics: Mapping[str, float],
    settings: Mapping[str, Any],
) -> None:
    """Write both files into `folder`, the description last: with it the model is complete.

    `state` is the whole model's; `details` are the task's own keys of the description (input and labels, or tokenizer).
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / WEIGHTS
    # A tensor that shares its memory with others would be written with all of it.
    torch.save({name: tensor.detach().cpu().clone() for name, tensor in state.items()}, weights)
    description = {
        **details,
        "format_version": FORMAT_VERSION,
        "task": task,
        "architecture": dict(architecture),
        "metrics": dict(metrics),
        "hyperparameters": dict(settings),
        "weights": {"file": WEIGHTS, "sha256": _sha256(weights)},
    }
    part = folder / f"{DESCRIPTION}.part"
    part.write_text(json.dumps(description, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(part, folder / DESCRIPTION)


def load(folder: Path) -> Artifact:
    """Read and check a model. Raises `ModelError` when it is missing, damaged or of another format."""
    description, state = read(folder)
    model = models.build(description["architecture"])
    compressed = COMPRESSION in description
    if compressed:
        # Assigned, since the model's own tensors are float32 and a copy would take their type. Cloned, so that the file is free.
        state = {name: tensor.clone() for name, tensor in state.items()}
    try:
        model.load_state_dict(state, assign=compressed)
    except RuntimeError as error:
        raise ModelError(
            f"the weights in {folder} do not fit {description['architecture']}: {error}. Deploy the artifact again."
        ) from None
    return Artifact(model=model.eval(), description=description)


def read(folder: Path) -> tuple[Mapping[str, Any], Mapping[str, torch.Tensor]]:
    """The checked description and the weights, read from the disk only where they are used. Raises `ModelError`."""
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        version = description["format_version"]
        if version not in READABLE:
            raise ModelError(
                f"{folder / DESCRIPTION} has format_version {version!r}; this image reads {' and '.join(map(str, READABLE))}. "
                "Train the model again with this image, or serve it with the image it was trained with."
            )
        name = description["architecture"]["name"]
        weights, expected = folder / description["weights"]["file"], description["weights"]["sha256"]
        if name not in models.ARCHITECTURES:
            known = ", ".join(models.ARCHITECTURES)
            raise ModelError(f"{folder / DESCRIPTION} names architecture {name!r}; this image has {known}.")
        if _sha256(weights) != expected:
            raise ModelError(
                f"{weights} is not the file {DESCRIPTION} was written for (SHA-256 differs). Deploy the artifact again."
            )
        _know_tensors(folder, description)
        state = torch.load(weights, map_location="cpu", weights_only=True, mmap=True)
    except FileNotFoundError as error:
        found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else "no such folder"
        raise ModelError(
            f"{error.filename} is missing (in {folder}: {found}). Give a model.tar.gz with {DESCRIPTION} and "
            f"{WEIGHTS} at its root, as a training job makes it."
        ) from None
    except (KeyError, TypeError, RuntimeError, json.JSONDecodeError, UnicodeDecodeError, pickle.UnpicklingError) as error:
        raise ModelError(
            f"the model in {folder} is damaged: {type(error).__name__}: {error}. Deploy the artifact again."
        ) from None
    return description, state


def task_of(description: Mapping[str, Any]) -> str:
    return str(description.get("task", "digits"))


def _know_tensors(folder: Path, description: Mapping[str, Any]) -> None:
    """Import torchao for weights in integers, which are its tensors: `weights_only` then accepts them as safe."""
    if description.get(COMPRESSION, {}).get("tensors") != "torchao":
        return
    try:
        import torchao.quantization  # noqa: F401  # 4 s of CPU, only for a model that needs it
    except ImportError:
        raise ModelError(
            f"the model in {folder} was quantised with torchao ({description[COMPRESSION].get('recipe')}), which this image does "
            "not have. Use the image for training and compression (`./slipway setup compression` in a checkout), or export the "
            "model to onnx."
        ) from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
