from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workloads.support import DIGITS
from workloads.data import digits
from workloads.data.batches import Sharding, read_split
from workloads.errors import DataError

PIXELS = [[0] * 64, [16] * 64]
SEVEN = "rows 0, 1, 2, 3, 4 and 2 more"


def write(path: Path, pixels: object, labels: object, **columns: object) -> Path:
    pq.write_table(pa.table({"pixels": pixels, "label": labels, **columns}), path)
    return path


def report_of(path: Path) -> tuple[str, ...]:
    with pytest.raises(DataError) as caught:
        read_split(path)
    assert str(path) in str(caught.value)
    return caught.value.report


def test_the_committed_files_are_what_the_module_makes() -> None:
    for table, name in zip(digits.tables(), ("train.parquet", "test.parquet"), strict=True):
        committed = pq.read_table(DIGITS / name)
        assert committed.schema.equals(digits.SCHEMA), name
        assert committed.equals(table), f"{name}: run `python -m workloads.data.digits` and commit what changed"


def test_made_twice_the_files_have_the_same_bytes(tmp_path: Path) -> None:
    first, second = digits.write(tmp_path / "first"), digits.write(tmp_path / "second")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_no_image_is_on_both_sides_and_every_digit_is_held_out_in_proportion() -> None:
    train, test = read_split(DIGITS / "train.parquet"), read_split(DIGITS / "test.parquet")
    assert (len(train), len(test)) == (1438, 359)
    assert train.pixels.shape == (1438, 64)
    assert train.pixels.max() == 16
    assert not {image.tobytes() for image in train.pixels} & {image.tobytes() for image in test.pixels}
    held_out = np.bincount(test.labels) / (np.bincount(train.labels) + np.bincount(test.labels))
    assert np.all(np.abs(held_out - 0.2) < 0.005)


def test_a_folder_is_read_as_all_its_parquet_files_in_order_of_name(tmp_path: Path) -> None:
    write(tmp_path / "b.parquet", PIXELS, [3, 4])
    write(tmp_path / "a.parquet", PIXELS, [1, 2])
    (tmp_path / "_SUCCESS").touch()
    assert read_split(tmp_path).labels.tolist() == [1, 2, 3, 4]


def test_extra_columns_do_no_harm(tmp_path: Path) -> None:
    assert len(read_split(write(tmp_path / "x.parquet", PIXELS, [1, 2], source=["a", "b"]))) == 2


@pytest.mark.parametrize(
    ("pixels", "labels", "faults"),
    [
        (PIXELS, [1, 10], ["column 'label' has 1 values outside 0 to 9 (10 to 10) in row 1; rescale or drop them"]),
        (PIXELS, [None, 1], ["column 'label' has 1 null values in row 0; drop or fill them"]),
        ([None, [0] * 64], [1, 2], ["column 'pixels' is null in row 0; drop or fill these rows"]),
        ([[0] * 64, [0] * 63], [1, 2], ["column 'pixels' has 63 values instead of 64 in row 1; an image is 8 x 8, row by row"]),
        ([[0] * 64, [None] * 64], [1, 2], ["column 'pixels' has 64 null values in row 1; drop or fill them"]),
        (
            [[255] * 64] * 7,
            [-1] * 7,
            [
                f"column 'pixels' has 448 values outside 0 to 16 (255 to 255) in {SEVEN}; rescale or drop them",
                f"column 'label' has 7 values outside 0 to 9 (-1 to -1) in {SEVEN}; rescale or drop them",
            ],
        ),
    ],
)
def test_every_fault_is_reported_with_its_rows(tmp_path: Path, pixels: object, labels: object, faults: list[str]) -> None:
    assert list(report_of(write(tmp_path / "x.parquet", pixels, labels))) == faults


def test_all_wrong_columns_are_reported_at_once(tmp_path: Path) -> None:
    pq.write_table(pa.table({"pixels": [[0.5] * 64], "digit": [1]}), tmp_path / "x.parquet")
    report = report_of(tmp_path / "x.parquet")
    assert len(report) == 2
    assert "is list<element: double>; it needs a list of 64 whole numbers" in report[0]
    assert "column 'label' is there 0 times" in report[1]
    assert "['pixels', 'digit']" in report[1], "the columns there are"


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    pq.write_table(digits.SCHEMA.empty_table(), tmp_path / "x.parquet")
    assert report_of(tmp_path / "x.parquet") == ("it has no rows",)


def test_a_file_that_is_no_parquet_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"pixels,label\n")
    assert "cannot be read as Parquet" in report_of(tmp_path / "x.parquet")[0]
    assert "no Parquet file is there" in report_of(tmp_path / "nothing")[0]


@given(
    rows=st.integers(8, 200),
    world_size=st.sampled_from([1, 2, 3, 4]),
    share=st.integers(1, 5),
    epoch=st.integers(0, 50),
    seed=st.integers(0, 2**31 - 1),
)
def test_the_processes_together_see_each_global_batch_whole_and_no_row_twice(
    rows: int, world_size: int, share: int, epoch: int, seed: int
) -> None:
    batch_size = min(share * world_size, rows // world_size * world_size)

    def dealt(rank: int, of: int) -> Sharding:
        return Sharding(rows=rows, batch_size=batch_size, rank=rank, world_size=of, seed=seed)

    alone = list(dealt(0, 1).epoch(epoch))
    together = [list(dealt(rank, world_size).epoch(epoch)) for rank in range(world_size)]
    assert len(alone) == rows // batch_size == dealt(0, 1).steps
    for step, whole in enumerate(alone):
        hands = [ranks[step] for ranks in together]
        assert {len(hand) for hand in hands} == {batch_size // world_size}, "unequal work would bias the averaged gradient"
        assert sorted(np.concatenate(hands)) == sorted(whole)
    seen = np.concatenate(alone)
    assert len(set(seen.tolist())) == len(seen)


def test_each_epoch_has_its_own_order_and_the_same_one_every_time() -> None:
    sharding = Sharding(rows=100, batch_size=100, rank=0, world_size=1, seed=7)
    first, again, second = (next(sharding.epoch(epoch)).tolist() for epoch in (0, 0, 1))
    assert first == again
    assert first != second


def test_a_resumed_epoch_goes_on_with_the_step_it_stopped_at() -> None:
    sharding = Sharding(rows=100, batch_size=10, rank=0, world_size=1, seed=7)
    whole = [rows.tolist() for rows in sharding.epoch(3)]
    assert [rows.tolist() for rows in sharding.epoch(3, first_step=4)] == whole[4:]
