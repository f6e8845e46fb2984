"""A trained model that answers: loaded once, then any number of threads may ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from workloads import artifact

# Rows in one pass: bounds the memory a request can take, and more gains nothing on a CPU.
CHUNK_ROWS: Final = 1024


class Predictor:
    """Digits for images. `description` is the artifact's `model.json`."""

    def __init__(self, model: nn.Module, description: Mapping[str, Any]) -> None:
        self.description = description
        self._model = model
        self._labels: list[int] = list(description["labels"])

    @classmethod
    def load(cls, folder: Path) -> Predictor:
        """Read the model in `folder` and run it once. Raises `ModelError`."""
        # Requests run side by side, a thread each; threads within one would only compete, and each costs memory.
        torch.set_num_threads(1)
        loaded = artifact.load(folder)
        predictor = cls(loaded.model, loaded.description)
        predictor.predict(
            [[0.0] * int(loaded.description["input"]["values"])]
        )  # the first run is slow, so no user's request should be the first
        return predictor

    def predict(self, instances: Sequence[Sequence[float]]) -> list[int]:
        """A label for each image of 64 values of 0 to 16, already checked."""
        predictions: list[int] = []
        with torch.inference_mode():
            for start in range(0, len(instances), CHUNK_ROWS):
                pixels = torch.tensor(instances[start : start + CHUNK_ROWS], dtype=torch.float32)
                predictions += [self._labels[index] for index in self._model(pixels).argmax(1).tolist()]
        return predictions
