"""The datasets that are in the repository, by the workload that trains on them: folders of `workloads/data`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

DATASETS: Final = Path(__file__).resolve().parents[2] / "workloads" / "data"
SPLITS: Final = ("train", "test")


def dataset_names(root: Path = DATASETS) -> tuple[str, ...]:
    """The datasets that have all their files, sorted."""
    return tuple(
        sorted(folder.name for folder in root.iterdir() if all((folder / f"{split}.parquet").is_file() for split in SPLITS))
    )
