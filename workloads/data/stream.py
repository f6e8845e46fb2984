"""Token batches straight from a corpus in a folder or in S3: nothing on disk, two blocks a lane in memory.

    stream = TokenStream("s3://bucket/corpus/train", sequence_length=1024, batch_size=64, rank=rank, world_size=world, seed=0)
    for batch in stream.batches(epoch, first_step=step):
        inputs, targets = batch["tokens"][:, :-1], batch["tokens"][:, 1:]

The order is decided in `workloads/data/lanes.py`; the format in `workloads/data/index.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from workloads.data import index as corpus_index
from workloads.data import tokenizer
from workloads.data.lanes import Lanes, Segment
from workloads.data.tokenizer import Tokenizer
from workloads.errors import DataError, HyperparameterError
from workloads.stores.opening import open_store
from workloads.stores.s3_requests import PATIENT, Patience
from workloads.stores.store import Store

if TYPE_CHECKING:
    import torch

# Requests side by side. Lanes come to the ends of their blocks at different steps, so a few are enough after the first batch.
THREADS: Final = 8


class TokenStream:
    """One split of a corpus as batches for rank `rank` of `world_size` data-parallel processes.

    `uri` is the split's folder or s3:// prefix (where index.json lies). `batch_size` counts rows over all processes together.
    Holds two blocks of at most 256 KiB for each of its rows, all rows of a batch at most 128 MiB together (one sample a block
    where a sample is longer), and no thread outside `batches` and `every`. Raises `DataError` when the corpus is missing, of
    another format or not as its index says, `HyperparameterError` when the batch cannot be shared evenly.
    """

    def __init__(
        self,
        uri: str | Path,
        *,
        sequence_length: int,
        batch_size: int,
        rank: int = 0,
        world_size: int = 1,
        seed: int = 0,
        patience: Patience = PATIENT,
    ) -> None:
        assert 0 <= rank < world_size
        if batch_size % world_size:
            raise HyperparameterError(
                f"batch_size is {batch_size}, which {world_size} data-parallel processes cannot share evenly; make it a multiple"
            )
        self._patience = patience
        self._store = open_store(uri, patience=patience)
        self.index = corpus_index.read(self._store)
        self._entries = corpus_index.check_shards(self.index, self._store)
        self.sequence_length, self.batch_size = sequence_length, batch_size
        self.rank, self.world_size, self.seed = rank, world_size, seed
        self._dtype = np.dtype(corpus_index.DTYPES[self.index.dtype])
        self._lanes = Lanes(
            # The last sample needs the token after it too.
            [max(0, shard.tokens - 1) // sequence_length for shard in self.index.shards],
            batch_size=batch_size,
            sample_bytes=sequence_length * self._dtype.itemsize,
            seed=seed,
        )

    @property
    def uri(self) -> str:
        return self._store.uri

    @property
    def vocabulary(self) -> int:
        """Token ids are below this."""
        return self.index.vocabulary

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """What made the tokens; `tokenizer.save(folder)` puts it beside a model."""
        return tokenizer.read(self._store, sha256=self.index.tokenizer.get("sha256", ""))

    @property
    def identity(self) -> str:
        """A digest of the split's content, which is part of a run's identity."""
        return self.index.identity

    @property
    def samples(self) -> int:
        """Samples of `sequence_length` tokens that the split holds."""
        return self._lanes.samples

    @property
    def steps_per_epoch(self) -> int:
        """0 when the split has fewer samples than a batch has rows."""
        return self._lanes.steps

    @property
    def bytes_per_token(self) -> float:
        """UTF-8 bytes of text a token stands for; bits a byte are `loss / ln 2 / bytes_per_token`."""
        return self.index.text_bytes / self.index.tokens

    @property
    def rows(self) -> int:
        """How many rows of a batch belong to this rank."""
        return self.batch_size // self.world_size

    def batches(self, epoch: int, first_step: int = 0) -> Generator[dict[str, torch.Tensor], None, None]:
        """This rank's part of every batch from `first_step` on: `tokens` int64 (rows, sequence_length + 1); row i is lane
        `rank + i * world_size`. Raises `DataError` when a shard is damaged, gone or out of reach."""
        import torch  # needed only by training; the preflight of a corpus does without PyTorch

        for tokens in self.arrays(epoch, first_step):
            yield {"tokens": torch.from_numpy(tokens)}

    def every(self, max_rows: int = 0) -> Generator[dict[str, torch.Tensor], None, None]:
        """Each sample once, in the corpus's order, for evaluation: `tokens` as above and `real` bool (rows,).

        All ranks get the same number of batches of the same shape, so that collectives match; rows that only fill up are zeros
        and not `real`. `max_rows` stops after so many samples (0: all of them), over all processes together.
        """
        import torch

        for tokens, real in self.every_array(max_rows):
            yield {"tokens": torch.from_numpy(tokens), "real": torch.from_numpy(real)}

    def arrays(self, epoch: int, first_step: int = 0) -> Generator[np.ndarray, None, None]:
        """What `batches` gives, as NumPy arrays. Its threads end with it, also when it is closed or dropped halfway."""
        if not self.steps_per_epoch:
            raise DataError(
                self.uri,
                [
                    f"it has {self.samples} samples of {self.sequence_length} tokens, and a batch has {self.batch_size} rows; "
                    "lower batch_size or sequence_length, or add documents"
                ],
            )
        order = self._lanes.epoch(epoch)
        with _Fetching(self) as ask:
            lanes = [
                _Samples(order.lane(lane, first_step), ask, self.sequence_length)
                for lane in range(self.rank, self.batch_size, self.world_size)
            ]
            for _ in range(first_step, self.steps_per_epoch):
                tokens = np.empty((self.rows, self.sequence_length + 1), dtype=np.int64)
                for row, lane in enumerate(lanes):
                    tokens[row] = lane.take()
                yield tokens

    def every_array(self, max_rows: int = 0) -> Generator[tuple[np.ndarray, np.ndarray], None, None]:
        """What `every` gives, as NumPy arrays."""
        wanted = min(self.samples, max_rows) if max_rows else self.samples
        share = -(-wanted // self.world_size)
        start, stop = min(wanted, self.rank * share), min(wanted, (self.rank + 1) * share)
        with _Fetching(self) as ask:
            samples = _Samples(self._lanes.in_order(start, stop), ask, self.sequence_length)
            for first in range(0, share, self.rows):
                tokens = np.zeros((self.rows, self.sequence_length + 1), dtype=np.int64)
                real = np.arange(start + first, start + first + self.rows) < stop
                for row in np.flatnonzero(real):
                    tokens[row] = samples.take()
                yield tokens, real

    def _fetch(self, store: Store, segment: Segment) -> np.ndarray:
        """The tokens of a segment, checked. Runs in a thread."""
        shard = self.index.shards[segment.shard]
        first = segment.first * self.sequence_length
        wanted = segment.count * self.sequence_length + 1
        size = self._dtype.itemsize
        data = store.read(shard.name, start=first * size, length=wanted * size, tag=self._entries[shard.name].tag)
        address = store.address(shard.name)
        if len(data) != wanted * size:
            raise DataError(
                address,
                [f"it ended {wanted * size - len(data)} bytes early at byte {first * size + len(data)}; {corpus_index.REWRITE}"],
            )
        tokens = np.frombuffer(data, dtype=self._dtype)
        # An id past the embedding's rows would end the job in an assertion on the GPU that names nothing.
        if tokens.max() >= self.vocabulary:
            at = int(np.argmax(tokens >= self.vocabulary))
            raise DataError(
                address,
                [
                    f"token {first + at} is {tokens[at]}, and the vocabulary has {self.vocabulary}: damaged; "
                    f"{corpus_index.REWRITE}"
                ],
            )
        return tokens


class _Fetching:
    """Threads that fetch segments, for as long as the context lasts."""

    def __init__(self, stream: TokenStream) -> None:
        self._stop = threading.Event()
        self._fetch = partial(stream._fetch, open_store(stream.uri, patience=stream._patience, stop=self._stop))
        self._pool = ThreadPoolExecutor(min(THREADS, stream.rows), thread_name_prefix="tokens")

    def __enter__(self) -> Callable[[Segment], Future[np.ndarray]]:
        return lambda segment: self._pool.submit(self._fetch, segment)

    def __exit__(self, *_: object) -> None:
        self._stop.set()  # a request that waits for a server that is gone need not wait any more
        self._pool.shutdown(wait=True, cancel_futures=True)


class _Samples:
    """Samples out of segments, one by one; the next segment is on its way while this one is used."""

    def __init__(self, segments: Iterator[Segment], ask: Callable[[Segment], Future[np.ndarray]], sequence_length: int) -> None:
        self._segments, self._ask, self._length = segments, ask, sequence_length
        self._tokens: np.ndarray = np.empty(0)
        self._order: Iterator[Any] = iter(())
        self._coming = self._next()

    def take(self) -> np.ndarray:
        """The next sample, (sequence_length + 1,)."""
        while (sample := next(self._order, None)) is None:
            assert self._coming is not None, "asked for more samples than there are"
            segment, future = self._coming
            self._tokens, self._order = future.result(), iter(segment.order)
            self._coming = self._next()
        start = int(sample) * self._length
        return self._tokens[start : start + self._length + 1]

    def _next(self) -> tuple[Segment, Future[np.ndarray]] | None:
        segment = next(self._segments, None)
        return None if segment is None else (segment, self._ask(segment))
