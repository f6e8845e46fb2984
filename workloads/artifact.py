"""A trained model on disk, for whoever writes it and whoever serves it.

`model.pt`: the weights, a state dict that `torch.load(weights_only=True)` reads. `model.json`: all else that is needed to answer
with it (architecture, input, labels), how good it is, and the SHA-256 of the weights it belongs to.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from workloads.data.schema import CLASSES, PIXEL_MAX, PIXELS
from workloads.errors import ModelError
from workloads.training.model import DigitsNet

FORMAT_VERSION: Final = 1
WEIGHTS: Final = "model.pt"
DESCRIPTION: Final = "model.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    model: DigitsNet
    description: Mapping[str, Any]


def save(folder: Path, model: DigitsNet, metrics: Mapping[str, float], hyperparameters: Mapping[str, Any]) -> None:
    """Write both files into `folder`, the description last: with it the model is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / WEIGHTS
    torch.save({name: tensor.detach().cpu() for name, tensor in model.state_dict().items()}, weights)
    description = {
        "format_version": FORMAT_VERSION,
        "architecture": {"name": model.name, "width": model.width},
        "input": {"values": PIXELS, "minimum": 0, "maximum": PIXEL_MAX, "normalisation": {"divide_by": PIXEL_MAX}},
        "labels": list(range(CLASSES)),
        "metrics": dict(metrics),
        "hyperparameters": dict(hyperparameters),
        "weights": {"file": WEIGHTS, "sha256": _sha256(weights)},
    }
    part = folder / f"{DESCRIPTION}.part"
    part.write_text(json.dumps(description, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(part, folder / DESCRIPTION)


def load(folder: Path) -> Artifact:
    """Read and check a model. Raises `ModelError` when it is missing, damaged or of another format."""
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        version = description["format_version"]
        if version != FORMAT_VERSION:
            raise ModelError(
                f"{folder / DESCRIPTION} has format_version {version!r}; this image reads {FORMAT_VERSION}. "
                "Train the model again with this image, or serve it with the image it was trained with."
            )
        name, width = description["architecture"]["name"], description["architecture"]["width"]
        weights, expected = folder / description["weights"]["file"], description["weights"]["sha256"]
        if name != DigitsNet.name:
            raise ModelError(f"{folder / DESCRIPTION} names architecture {name!r}; this image has {DigitsNet.name!r}.")
        if _sha256(weights) != expected:
            raise ModelError(
                f"{weights} is not the file {DESCRIPTION} was written for (SHA-256 differs). Deploy the artifact again."
            )
        model = DigitsNet(width)
        model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    except FileNotFoundError as error:
        found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else "no such folder"
        raise ModelError(
            f"{error.filename} is missing (in {folder}: {found}). Give the endpoint a model.tar.gz with {DESCRIPTION} and "
            f"{WEIGHTS} at its root, as a training job makes it."
        ) from None
    except (KeyError, TypeError, RuntimeError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ModelError(
            f"the model in {folder} is damaged: {type(error).__name__}: {error}. Deploy the artifact again."
        ) from None
    return Artifact(model=model.eval(), description=description)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
