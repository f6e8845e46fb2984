"""A model exported to ONNX that answers without PyTorch: what the serving image without CUDA runs.

Reads `model.onnx`, as `workloads.compression` exports it (`input`, float32 (rows, 64) -> `logits`, (rows, labels)), and the
artifact's `model.json`. Imports no PyTorch, nor anything of ours that does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as faults

from workloads.errors import ModelError

MODEL: Final = "model.onnx"
DESCRIPTION: Final = "model.json"
INPUT: Final = "input"
_OUTPUT: Final = "logits"
# Rows in one pass, as in `predictor`: bounds the memory that a request can take.
CHUNK_ROWS: Final = 1024
_BROKEN: Final = (faults.Fail, faults.InvalidProtobuf, faults.InvalidGraph, faults.InvalidArgument, faults.NotImplemented)


class OnnxPredictor:
    """Digits for images. `description` is the artifact's `model.json`."""

    def __init__(self, session: onnxruntime.InferenceSession, description: Mapping[str, Any]) -> None:
        self.description = description
        self._session = session
        self._labels: list[int] = list(description["labels"])

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the model in `folder` and run it once. Raises `ModelError`."""
        model = folder / MODEL
        if not model.is_file():
            found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else "no such folder"
            raise ModelError(
                f"{model} is missing (found: {found}). This image has no PyTorch and serves exported models: export the model "
                "to onnx and deploy that, or serve it with the image that has PyTorch (variant cuda, which needs no GPU)."
            )
        options = onnxruntime.SessionOptions()
        # Requests run side by side, a thread each; threads within one would only compete.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
            session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
            predictor = cls(session, description)
            predictor.predict([[0.0] * int(description["input"]["values"])])
        except FileNotFoundError:
            raise ModelError(
                f"{folder / DESCRIPTION} is missing. Deploy the whole artifact: both files belong together."
            ) from None
        except (*_BROKEN, KeyError, TypeError, ValueError, IndexError) as error:
            raise ModelError(
                f"the model in {folder} is damaged or no digits model: {type(error).__name__}: {error}. Deploy it again."
            ) from None
        return predictor

    def predict(self, instances: Sequence[Sequence[float]]) -> list[int]:
        """A label for each image of 64 values of 0 to 16, already checked."""
        predictions: list[int] = []
        for start in range(0, len(instances), CHUNK_ROWS):
            pixels = np.asarray(instances[start : start + CHUNK_ROWS], dtype=np.float32)
            (logits,) = self._session.run([_OUTPUT], {INPUT: pixels})
            predictions += [self._labels[index] for index in logits.argmax(1).tolist()]
        return predictions
