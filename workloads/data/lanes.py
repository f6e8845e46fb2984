"""Which samples each process sees at each step: decided here, with nothing read.

A sample is `sequence_length` tokens and the one after them. Samples lie in **blocks**, runs of neighbours in one shard, each
read at once. An epoch permutes the blocks, lays their samples in one line and cuts it into `batch_size` equal **lanes**; row j
of every global batch comes from lane j, one sample a step. Inside a lane, a block's samples are shuffled. All of it is a
function of seed and epoch, and of the corpus, the sequence length and the batch size. A rank owns lanes `rank::world_size`, so

- the global batches are the same, in the same order, on any number of processes;
- a byte is read by one rank only (but for the one token that two neighbouring samples share);
- any (epoch, step) is found without reading what came before;
- an epoch shows every sample at most once and leaves out fewer than `batch_size` of them, others in each epoch; and of each shard
  the tokens at its end that fill no sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

# Bytes of one request: large enough that S3's 20 to 60 ms before the first byte are paid rarely, small enough to keep two a lane.
BLOCK_BYTES: Final = 256 * 1024
# Bytes that all lanes of a batch may hold together, two blocks each; a process holds its share of them.
HELD_BYTES: Final = 128 * 1024 * 1024
# A small corpus is cut finer, so that its lanes still mix.
BLOCKS_A_LANE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What one request brings: samples `first` to `first + count` of a shard; `order` says which of them are used, and when."""

    shard: int
    first: int
    count: int
    order: np.ndarray


class Lanes:
    """The order of a corpus whose shards hold `shard_samples` samples. `sample_bytes` is what one takes on disk.

    Takes 20 bytes a block, and 16 while an epoch runs: 150 MB for a corpus of 1 TB.
    """

    def __init__(self, shard_samples: Sequence[int], *, batch_size: int, sample_bytes: int, seed: int) -> None:
        self.samples = sum(shard_samples)
        self.batch_size = batch_size
        self.seed = seed
        self.block_samples = block_samples(self.samples, batch_size=batch_size, sample_bytes=sample_bytes)
        counts = [-(-samples // self.block_samples) for samples in shard_samples]
        self._shards = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        within = np.arange(sum(counts)) - np.repeat(np.cumsum(counts) - counts, counts)
        self._firsts = within * self.block_samples
        self._counts = np.minimum(self.block_samples, np.asarray(shard_samples, dtype=np.int64)[self._shards] - self._firsts)

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return self.samples // self.batch_size

    def epoch(self, epoch: int) -> Epoch:
        return Epoch(self, epoch)

    def block(self, number: int) -> tuple[int, int, int]:
        """(shard, first sample, samples)."""
        return int(self._shards[number]), int(self._firsts[number]), int(self._counts[number])

    def in_order(self, start: int, stop: int) -> Iterator[Segment]:
        """Samples `start` to `stop` as they lie in the corpus, each once: for evaluation."""
        ends = np.cumsum(self._counts)
        while start < stop:
            number = int(np.searchsorted(ends, start, side="right"))
            shard, first, count = self.block(number)
            skipped = start - (int(ends[number]) - count)
            taken = min(count - skipped, stop - start)
            yield Segment(shard=shard, first=first + skipped, count=taken, order=np.arange(taken))
            start += taken


class Epoch:
    """One epoch's order."""

    def __init__(self, lanes: Lanes, epoch: int) -> None:
        self._lanes, self._epoch = lanes, epoch
        self._blocks = np.random.default_rng([lanes.seed, epoch]).permutation(len(lanes._counts))
        self._ends = np.cumsum(lanes._counts[self._blocks])

    def lane(self, lane: int, first_step: int = 0) -> Iterator[Segment]:
        """What lane `lane` reads from step `first_step` to the end of the epoch: one sample a step."""
        position, stop = lane * self._lanes.steps + first_step, (lane + 1) * self._lanes.steps
        while position < stop:
            place = int(np.searchsorted(self._ends, position, side="right"))
            shard, first, count = self._lanes.block(int(self._blocks[place]))
            begin = int(self._ends[place]) - count
            # A block at the seam of two lanes is read by both, each its own part.
            low, high = max(begin, lane * self._lanes.steps), min(begin + count, stop)
            # Shuffled as a whole, then cut: a step's sample does not depend on where the reading began.
            order = np.random.default_rng([self._lanes.seed, self._epoch, place, lane]).permutation(high - low)
            yield Segment(shard=shard, first=first + low - begin, count=high - low, order=order[position - low :])
            position = high


def block_samples(samples: int, *, batch_size: int, sample_bytes: int) -> int:
    """Samples in a block, at least one. Never depends on the number of processes."""
    largest = min(BLOCK_BYTES, HELD_BYTES // (2 * batch_size)) // sample_bytes
    mixed = samples // (batch_size * BLOCKS_A_LANE)
    return max(1, min(largest, mixed))
