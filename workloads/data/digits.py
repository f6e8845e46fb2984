"""Makes the digits data set: `python -m workloads.data.digits [--out FOLDER]` writes train.parquet and test.parquet.

scikit-learn's copy of the UCI digits (1,797 images), split with each digit in the same proportion on both sides. Run twice it
writes the same bytes, so a file's hash says whether the data changed. The files are committed: training needs no scikit-learn.
"""

from __future__ import annotations

import argparse
import importlib.metadata
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workloads.data.schema import CLASSES, PIXELS, TEST_FILE, TRAIN_FILE

SPLIT_SEED: Final = 20_240_601
TEST_SHARE: Final = 0.2
FOLDER: Final = Path(__file__).parent / "digits"

SCHEMA: Final = pa.schema(
    [
        pa.field("pixels", pa.list_(pa.field("element", pa.uint8(), nullable=False), PIXELS), nullable=False),
        pa.field("label", pa.int8(), nullable=False),
    ]
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m workloads.data.digits", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write to (default: %(default)s)")
    for path in write(parser.parse_args().out):
        print(f"{path} {path.stat().st_size} bytes")
    return 0


def write(folder: Path) -> tuple[Path, Path]:
    """Write both files into `folder`. Returns their paths, train first."""
    folder.mkdir(parents=True, exist_ok=True)
    train, test = tables()
    for table, name in ((train, TRAIN_FILE), (test, TEST_FILE)):
        pq.write_table(table, folder / name, compression="zstd", store_schema=True)
    return folder / TRAIN_FILE, folder / TEST_FILE


def tables() -> tuple[pa.Table, pa.Table]:
    """The train and test tables, 1,438 and 359 rows."""
    # The file that scikit-learn carries, without scikit-learn itself, whose import takes longer than all the rest.
    source = importlib.metadata.distribution("scikit-learn").locate_file("sklearn/datasets/data/digits.csv.gz")
    rows = np.loadtxt(str(source), dtype=np.uint8, delimiter=",")
    pixels, labels = rows[:, :-1], rows[:, -1].astype(np.int8)
    test_rows = _stratified(labels)
    return _table(pixels[~test_rows], labels[~test_rows]), _table(pixels[test_rows], labels[test_rows])


def _stratified(labels: np.ndarray) -> np.ndarray:
    """True for the rows held out: a fifth of each digit, in the order of the source."""
    # RandomState's stream is frozen by NumPy's compatibility policy (NEP 19); default_rng's may change between releases.
    random = np.random.RandomState(SPLIT_SEED)
    held_out = np.zeros(len(labels), dtype=bool)
    for digit in range(CLASSES):
        rows = np.flatnonzero(labels == digit)
        held_out[random.permutation(rows)[: round(len(rows) * TEST_SHARE)]] = True
    return held_out


def _table(pixels: np.ndarray, labels: np.ndarray) -> pa.Table:
    flat = pa.array(pixels.reshape(-1), pa.uint8())
    images = pa.FixedSizeListArray.from_arrays(flat, type=SCHEMA.field("pixels").type)
    return pa.Table.from_arrays([images, pa.array(labels, pa.int8())], schema=SCHEMA)


if __name__ == "__main__":
    raise SystemExit(main())
