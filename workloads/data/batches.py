"""Reads and checks a split, and says which rows each process sees at each step.

The order of an epoch is a function of seed and epoch alone, and the rows of a global batch go to the processes in turn. So a run
has the same batches in the same order with one process or eight, and a resumed run goes on exactly where it stopped.

The checks are written out, with pyarrow. Declared with pandera, as a corpus's are (`text_schema.py`), they would cost 1.1 s of
CPU, 1.6 to 2 s on a busy machine, for the import alone, of a job that takes 3 s; doing it on one process only would not help,
as the others wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workloads.data.schema import CLASSES, PIXEL_MAX, PIXELS
from workloads.errors import DataError

# How many rows a fault names: enough to find them, few enough to read.
_ROWS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A checked split: `pixels` uint8 (rows, 64) of 0 to 16, `labels` int64 (rows,) of 0 to 9."""

    pixels: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharding:
    """How global batches of `batch_size` rows are dealt to `world_size` processes; `rank` is this process's."""

    rows: int
    batch_size: int
    rank: int
    world_size: int
    seed: int

    def __post_init__(self) -> None:
        assert 0 <= self.rank < self.world_size
        assert self.batch_size % self.world_size == 0, "checked with the hyperparameters"

    @property
    def steps(self) -> int:
        """Steps an epoch has. Rows that fill no whole batch wait for another epoch's shuffle: ranks never have unequal work."""
        return self.rows // self.batch_size

    def epoch(self, epoch: int, *, first_step: int = 0) -> Iterator[np.ndarray]:
        """This process's row numbers, step by step from `first_step`, each of shape (batch_size / world_size,)."""
        order = np.random.default_rng([self.seed, epoch]).permutation(self.rows)
        for step in range(first_step, self.steps):
            yield order[step * self.batch_size : (step + 1) * self.batch_size][self.rank :: self.world_size]


def read_split(path: Path) -> Split:
    """Read one Parquet file, or every one of a folder in order of name.

    Raises `DataError` with a report of all faults: columns, types, nulls, ranges, no rows.
    """
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise DataError(str(path), ["no Parquet file is there; make some with `python -m workloads.data.digits --out FOLDER`"])
    splits = [_read_file(file) for file in files]
    return Split(
        pixels=np.concatenate([split.pixels for split in splits]), labels=np.concatenate([split.labels for split in splits])
    )


def _read_file(path: Path) -> Split:
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise DataError(str(path), [f"it cannot be read as Parquet: {error}"]) from None
    report = _column_faults(table.schema)
    if report:
        raise DataError(str(path), report)
    pixels, report = _pixels(table.column("pixels").combine_chunks())
    labels, label_report = _numbers(table.column("label").combine_chunks(), "label", CLASSES - 1)
    report += label_report
    if not table.num_rows:
        report = ["it has no rows"]
    if report:
        raise DataError(str(path), report)
    return Split(pixels=pixels.astype(np.uint8).reshape(-1, PIXELS), labels=labels.astype(np.int64))


def _column_faults(schema: pa.Schema) -> list[str]:
    faults = []
    for name, wanted in (("pixels", f"a list of {PIXELS} whole numbers"), ("label", "a whole number")):
        places = schema.get_all_field_indices(name)
        if len(places) != 1:
            faults.append(f"column {name!r} is there {len(places)} times; it needs one, {wanted} (columns: {schema.names})")
            continue
        kind = schema.field(places[0]).type
        if name == "pixels":
            fits = (pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind)) and pa.types.is_integer(kind.value_type)
        else:
            fits = pa.types.is_integer(kind)
        if not fits:
            faults.append(f"column {name!r} is {kind}; it needs {wanted}")
    return faults


def _pixels(column: pa.Array) -> tuple[np.ndarray, list[str]]:
    nulls = _row_numbers(column.is_null())
    if len(nulls):
        return np.empty(0), [f"column 'pixels' is null in {_rows(nulls)}; drop or fill these rows"]
    lengths = _array(pc.list_value_length(column))
    wrong = np.flatnonzero(lengths != PIXELS)
    if len(wrong):
        return np.empty(0), [
            f"column 'pixels' has {lengths[wrong[0]]} values instead of {PIXELS} in {_rows(wrong)}; an image is 8 x 8, row by row"
        ]
    return _numbers(column.flatten(), "pixels", PIXEL_MAX, per_row=PIXELS)


def _numbers(column: pa.Array, name: str, maximum: int, per_row: int = 1) -> tuple[np.ndarray, list[str]]:
    nulls = _row_numbers(column.is_null())
    if len(nulls):
        return np.empty(0), [f"column {name!r} has {len(nulls)} null values in {_rows(nulls // per_row)}; drop or fill them"]
    values = _array(column)
    wrong = np.flatnonzero((values < 0) | (values > maximum))
    if len(wrong):
        found = f"{values[wrong].min()} to {values[wrong].max()}"
        where = _rows(wrong // per_row)
        return values, [
            f"column {name!r} has {len(wrong)} values outside 0 to {maximum} ({found}) in {where}; rescale or drop them"
        ]
    return values, []


def _row_numbers(mask: pa.Array) -> np.ndarray:
    return _array(pc.indices_nonzero(mask))


def _array(numbers: pa.Array) -> np.ndarray:
    """Numbers without nulls, not copied. `to_numpy` would import pandas wherever it is installed: 1 s of CPU in each process."""
    return np.from_dlpack(numbers)


def _rows(rows: np.ndarray) -> str:
    unique = np.unique(rows)
    shown = ", ".join(str(row) for row in unique[:_ROWS_SHOWN])
    more = f" and {len(unique) - _ROWS_SHOWN} more" if len(unique) > _ROWS_SHOWN else ""
    return f"row{'s' if len(unique) > 1 else ''} {shown}{more}"
