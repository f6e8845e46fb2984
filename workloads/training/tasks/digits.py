"""Task `digits`: handwritten digits of 8 x 8 grey values, from Parquet, told apart by a small convolutional net."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workloads.artifact import Artifact
from workloads.data.batches import Sharding, Split, read_split
from workloads.data.schema import CLASSES, PIXEL_MAX, PIXELS, SIDE, TEST_FILE, TRAIN_FILE
from workloads.errors import HyperparameterError
from workloads.stores.store import SCHEME
from workloads.training.settings_tasks import DIGITS_ARCHITECTURES, DigitsSettings
from workloads.training.tasks.task import Batch, Data, Score, Share, Task, score_artifact

FILES = {"train": TRAIN_FILE, "test": TEST_FILE}


class DigitsTask(Task[DigitsSettings]):
    name = "digits"
    unit = "samples"
    exact = True

    def sizes(self, settings: DigitsSettings) -> None:
        return None

    def open(self, settings: DigitsSettings, train: str, test: str, share: Share) -> DigitsData:
        where = split_path(train, "train")
        train_split, test_split = read_split(where), read_split(split_path(test, "test"))
        if len(train_split) < settings.batch_size:
            raise HyperparameterError(
                f"batch_size is {settings.batch_size}, and {where} has {len(train_split)} rows; "
                f"make it {len(train_split)} or less"
            )
        return DigitsData(settings, train_split, test_split, share)

    def evaluate(self, artifact: Artifact, data: str, *, max_rows: int) -> dict[str, float]:
        split = read_split(split_path(data, "test"))
        rows = np.arange(min(max_rows, len(split)) if max_rows else len(split))
        return metrics(score_artifact(artifact, [_plain_batch(split, rows)]))


class DigitsData(Data):
    """Both splits, in memory."""

    units_per_row = 1

    def __init__(self, settings: DigitsSettings, train: Split, test: Split, share: Share) -> None:
        self._settings, self._train, self._test, self._share = settings, train, test, share
        self._sharding = Sharding(
            rows=len(train),
            batch_size=settings.batch_size,
            rank=share.rank,
            world_size=share.world_size,
            seed=settings.seed,
        )

    @property
    def identity(self) -> str:
        return hashlib.sha256(self._train.pixels.tobytes() + self._train.labels.tobytes()).hexdigest()

    @property
    def steps_per_epoch(self) -> int:
        return self._sharding.steps

    def architecture(self) -> dict[str, Any]:
        return {"name": DIGITS_ARCHITECTURES[self._settings.arch], "width": self._settings.width}

    def batches(self, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        """Images shifted by up to one pixel each way."""
        for rows in self._sharding.epoch(epoch, first_step=first_step):
            # A row's shift depends on seed, epoch and row alone, so it is the same whichever process has the row.
            random = np.random.default_rng([self._settings.seed, epoch, 1])
            shifts = random.integers(-1, 2, size=(len(self._train), 2))[rows]
            padded = np.pad(self._train.pixels[rows].reshape(-1, SIDE, SIDE), ((0, 0), (1, 1), (1, 1)))
            image = np.arange(len(rows))[:, None, None]
            down = (1 + shifts[:, :1] + np.arange(SIDE))[:, :, None]
            right = (1 + shifts[:, 1:] + np.arange(SIDE))[:, None, :]
            pixels = padded[image, down, right].reshape(len(rows), -1).astype(np.float32)
            yield Batch(inputs=torch.from_numpy(pixels), targets=torch.from_numpy(self._train.labels[rows]))

    def test(self) -> Iterator[Batch]:
        share = -(-len(self._test) // self._share.world_size)
        rows = np.arange(self._share.rank, share * self._share.world_size, self._share.world_size)
        real = rows < len(self._test)
        yield _plain_batch(self._test, np.where(real, rows, 0), real)

    def metrics(self, score: Score) -> dict[str, float]:
        return metrics(score)

    def details(self) -> dict[str, Any]:
        return {
            "input": {"values": PIXELS, "minimum": 0, "maximum": PIXEL_MAX, "normalisation": {"divide_by": PIXEL_MAX}},
            "labels": list(range(CLASSES)),
        }


def metrics(score: Score) -> dict[str, float]:
    return {"test_accuracy": score.right / score.count, "test_loss": score.loss / score.count}


def split_path(where: str, split: str) -> Path:
    """The file or folder of one split: `where` itself, or what lies in it under the split's name."""
    if where.startswith(SCHEME):
        raise HyperparameterError(
            f"the data of task digits is at {where}; it reads folders only, give the S3 prefixes as input channels train and test"
        )
    folder = Path(where)
    below = next((path for path in (folder / split, folder / FILES[split]) if path.exists()), None)
    return below or folder


def _plain_batch(split: Split, rows: np.ndarray, real: np.ndarray | None = None) -> Batch:
    return Batch(
        inputs=torch.from_numpy(split.pixels[rows].astype(np.float32)),
        targets=torch.from_numpy(split.labels[rows]),
        real=None if real is None else torch.from_numpy(real),
    )
