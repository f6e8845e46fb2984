"""The order of samples, for any corpus, batch size, number of processes and step to resume at."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workloads.data.lanes import BLOCK_BYTES, HELD_BYTES, Lanes, Segment, block_samples

SHARDS = st.lists(st.integers(0, 120), min_size=1, max_size=4).filter(any)
SEEDS = st.integers(0, 2**31 - 1)
# The machine is shared with other tests, so that no case has a deadline.
CASES = settings(deadline=None, max_examples=30)


def lanes(shards: list[int], batch_size: int, seed: int = 0, sample_bytes: int = 16_384) -> Lanes:
    return Lanes(shards, batch_size=batch_size, sample_bytes=sample_bytes, seed=seed)


def samples(segments: Iterator[Segment]) -> list[tuple[int, int]]:
    """(shard, sample) one after another, as they are used."""
    return [(segment.shard, segment.first + int(at)) for segment in segments for at in segment.order]


def batches(order: Lanes, epoch: int, first_step: int = 0) -> list[list[tuple[int, int]]]:
    """Whole global batches: row j is lane j."""
    whole = order.epoch(epoch)
    by_lane = [samples(whole.lane(lane, first_step)) for lane in range(order.batch_size)]
    return [list(batch) for batch in zip(*by_lane, strict=True)]


@CASES
@given(shards=SHARDS, batch_size=st.integers(1, 40), epoch=st.integers(0, 1000), seed=SEEDS)
def test_an_epoch_shows_each_sample_at_most_once_and_leaves_out_fewer_than_a_batch(
    shards: list[int], batch_size: int, epoch: int, seed: int
) -> None:
    order = lanes(shards, batch_size, seed)
    seen = [sample for batch in batches(order, epoch) for sample in batch]
    assert len(set(seen)) == len(seen) == order.steps * batch_size
    assert 0 <= sum(shards) - len(seen) < batch_size
    assert all(0 <= sample < shards[shard] for shard, sample in seen)


@CASES
@given(shards=SHARDS, batch_size=st.integers(1, 40), epoch=st.integers(0, 9), seed=SEEDS, share=st.floats(0, 1))
def test_any_step_is_reached_directly_and_goes_on_as_if_never_left(
    shards: list[int], batch_size: int, epoch: int, seed: int, share: float
) -> None:
    order = lanes(shards, batch_size, seed)
    step = round(share * order.steps)
    assert batches(order, epoch, step) == batches(order, epoch)[step:]


@CASES
@given(shards=SHARDS, share=st.integers(1, 5), world_size=st.sampled_from([1, 2, 3, 4, 8]), epoch=st.integers(0, 9), seed=SEEDS)
def test_ranks_of_any_number_together_read_what_one_process_reads_and_nothing_twice(
    shards: list[int], share: int, world_size: int, epoch: int, seed: int
) -> None:
    order = lanes(shards, share * world_size, seed)
    whole = batches(order, epoch)
    read: list[tuple[int, int]] = []
    for rank in range(world_size):
        mine = [list(order.epoch(epoch).lane(lane)) for lane in range(rank, order.batch_size, world_size)]
        assert list(zip(*(samples(iter(lane)) for lane in mine), strict=True)) == [
            tuple(batch[rank::world_size]) for batch in whole
        ]
        # The samples that are fetched, not only those that are used.
        read += [(part.shard, part.first + at) for lane in mine for part in lane for at in range(part.count)]
    assert len(set(read)) == len(read)
    assert set(read) == {sample for batch in whole for sample in batch}


@CASES
@given(shards=SHARDS, low=st.floats(0, 1), high=st.floats(0, 1))
def test_in_order_each_sample_comes_once_as_it_lies(shards: list[int], low: float, high: float) -> None:
    order = lanes(shards, 4)
    everything = [(shard, sample) for shard, count in enumerate(shards) for sample in range(count)]
    start, stop = round(low * len(everything)), round(high * len(everything))
    assert samples(order.in_order(start, stop)) == everything[start:stop]


@CASES
@given(samples_there=st.integers(0, 10**12), batch_size=st.integers(1, 65_536), sample_bytes=st.integers(16, 2**19))
def test_a_block_is_one_request_and_two_a_row_fit_in_memory(samples_there: int, batch_size: int, sample_bytes: int) -> None:
    block = block_samples(samples_there, batch_size=batch_size, sample_bytes=sample_bytes)
    assert block >= 1
    if block > 1:
        assert block * sample_bytes <= BLOCK_BYTES
        assert 2 * batch_size * block * sample_bytes <= HELD_BYTES


def test_epochs_and_seeds_have_orders_of_their_own_and_the_same_ones_every_time() -> None:
    first, again = batches(lanes([500, 300], 8, 7), 0), batches(lanes([500, 300], 8, 7), 0)
    assert first == again
    assert first != batches(lanes([500, 300], 8, 7), 1)
    assert first != batches(lanes([500, 300], 8, 8), 0)


def test_what_is_left_out_differs_from_epoch_to_epoch() -> None:
    order = lanes([100], 30)
    seen = [{sample for batch in batches(order, epoch) for sample in batch} for epoch in range(3)]
    assert [len(epoch) for epoch in seen] == [90, 90, 90]
    assert len(set.union(*seen)) > 90


def test_a_large_corpus_is_read_in_blocks_of_a_quarter_mebibyte_each_once() -> None:
    order = lanes([20_000, 20_000], 16, sample_bytes=4096)
    parts = [part for lane in range(16) for part in order.epoch(0).lane(lane)]
    sizes = np.array([part.count * 4096 for part in parts])
    assert sizes.max() == BLOCK_BYTES
    assert len(parts) <= 2 * 313 + 16, "a block more at each seam of two lanes"


@pytest.mark.parametrize("shards", [[0], [0, 0, 3]])
def test_a_corpus_smaller_than_a_batch_has_no_steps(shards: list[int]) -> None:
    assert lanes(shards, 4).steps == 0
    assert batches(lanes(shards, 4), 0) == []
