"""The datasets that are in the repository, by the workload that trains on them: folders of `workloads/data`."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Final

DATASETS: Final = Path(__file__).resolve().parents[2] / "workloads" / "data"
SPLITS: Final = ("train", "test")


@functools.cache
def dataset_names(root: Path = DATASETS) -> tuple[str, ...]:
    """The datasets that have all their files, sorted. The folder is read once a process: every job of a stack file asks."""
    return tuple(
        sorted(folder.name for folder in root.iterdir() if all((folder / f"{split}.parquet").is_file() for split in SPLITS))
    )


def dataset_digest(folder: Path) -> str:
    """12 hex digits over a dataset's files: changed data is a new key, and so a new training job.

    Raises ValueError naming the file and the command that makes it, where one is missing.
    """
    digest = hashlib.sha256()
    for split in SPLITS:
        path = folder / f"{split}.parquet"
        if not path.is_file():
            raise ValueError(
                f"dataset file {folder.name}/{split}.parquet is missing; make it with `python -m workloads.data.{folder.name}`"
            )
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
