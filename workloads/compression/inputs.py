"""Real inputs for measuring and checking: rows of the data's test split, as the model takes them."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from workloads.artifact import Artifact
from workloads.errors import DataError, ModelError

# How many rows are read from S3 at a time: few, since only a handful is needed.
READ_ROWS = 8


def read(artifact: Artifact, data: str, rows: int) -> torch.Tensor:
    """`rows` rows of the test split, over again from the first when there are fewer: float32 (rows, 64) pixels for digits, int64
    (rows, positions) tokens for language. Raises `DataError`, or `ModelError` for a task without such inputs."""
    if artifact.task == "digits":
        found = _digits(data, rows)
    elif artifact.task == "language":
        found = _tokens(data, rows, int(artifact.description["architecture"]["positions"]))
    else:
        raise ModelError(f"the model is of task {artifact.task!r}; models of digits and language can be compressed")
    if not len(found):
        raise DataError(data, ["its test split has no rows; give data with some"])
    return found[torch.arange(rows) % len(found)]


def batches(whole: torch.Tensor, rows: Sequence[int]) -> dict[int, torch.Tensor]:
    """One input for each number of rows."""
    return {count: whole[:count].clone() for count in rows}


def _digits(data: str, rows: int) -> torch.Tensor:
    from workloads.data.batches import read_split
    from workloads.training.tasks.digits import split_path

    return torch.from_numpy(read_split(split_path(data, "test")).pixels[:rows]).float()


def _tokens(data: str, rows: int, positions: int) -> torch.Tensor:
    from workloads.data.stream import TokenStream
    from workloads.training.tasks.language import split_uri

    stream = TokenStream(split_uri(data, "test"), sequence_length=positions, batch_size=READ_ROWS)
    parts = [batch["tokens"][batch["real"], :-1] for batch in stream.every(rows)]
    return torch.cat(parts) if parts else torch.empty(0, positions, dtype=torch.int64)
