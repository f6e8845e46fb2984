"""Batches from a real corpus, in a folder and over HTTP from S3.

What a store answers is the subject of `tests/workloads/stores`, on both kinds. Here S3 is read where requests run side by side,
where a fault is known from what only S3 says (its listing, its tags, a missing object), and where its network is lost.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.workloads.s3_server import S3, Wire
from workloads.data import lanes
from workloads.data.stream import TokenStream
from workloads.errors import DataError, HyperparameterError
from workloads.stores.folder_store import FolderStore
from workloads.stores.opening import open_store
from workloads.stores.s3_requests import PATIENT
from workloads.stores.s3_store import S3Store
from workloads.stores.store import Store, join
from workloads.stores.store_errors import OutOfReach


def open_train(place: Store | Path, *, deadline: float = 2.0, **changes: Any) -> TokenStream:
    """The train split of a corpus; `deadline` is how long S3 may stay silent, in seconds."""
    uri = place if isinstance(place, Path) else place.uri
    patience = replace(PATIENT, deadline_seconds=deadline)
    return TokenStream(join(uri, "train"), patience=patience, **{"sequence_length": 64, "batch_size": 6, "seed": 3, **changes})


def faults_of(place: Store | Path, **changes: Any) -> str:
    """The error of a run over the corpus, raised at its start or in the middle."""
    with pytest.raises(DataError) as caught:
        for _ in open_train(place, **changes).arrays(0):
            pass
    assert threads() == [], "the threads end with the run"
    return str(caught.value)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("tokens")]


def edit_index(place: Store, **changes: Any) -> None:
    index = json.loads(place.read("train/index.json"))
    place.write("train/index.json", json.dumps({**index, **changes}).encode())


def test_every_row_is_text_of_the_corpus_and_its_targets_are_the_next_tokens(corpus: Path) -> None:
    stream = open_train(corpus)
    text = b"".join(path.read_bytes() for path in sorted((corpus / "train").glob("shard-*.bin")))
    everything = np.frombuffer(text, "<u2")
    assert stream.index.tokens == len(everything) > 50_000
    rows = np.concatenate(list(stream.arrays(0)))
    assert rows.shape == (stream.steps_per_epoch * 6, 65)
    starts = {everything[at : at + 65].tobytes() for at in range(len(everything) - 64)}
    assert all(row.astype("<u2").tobytes() in starts for row in rows)
    assert "import" in stream.tokenizer.decode(rows.reshape(-1))


@pytest.mark.parametrize("world_size", [2, 3])
def test_together_the_ranks_give_the_batches_of_one_process(corpus: Path, world_size: int) -> None:
    alone = list(open_train(corpus).arrays(1))
    ranks = [list(open_train(corpus, rank=rank, world_size=world_size).arrays(1)) for rank in range(world_size)]
    assert len(alone) == open_train(corpus).steps_per_epoch > 150
    for step, batch in enumerate(alone):
        for rank, batches in enumerate(ranks):
            assert np.array_equal(batches[step], batch[rank::world_size])


def test_from_s3_a_rank_gets_the_same_batches_as_from_a_folder(corpus: Path, corpus_in_s3: str, cloud: S3) -> None:
    share = {"rank": 1, "world_size": 3}
    from_s3, from_folder = (open_train(place, **share) for place in (open_store(corpus_in_s3), corpus))
    assert all(np.array_equal(*batches) for batches in zip(from_s3.arrays(1), from_folder.arrays(1), strict=True))


def test_a_step_in_the_middle_is_reached_directly_also_on_another_number_of_processes(corpus: Path) -> None:
    whole = list(open_train(corpus).arrays(2))
    for rank in range(2):
        resumed = list(open_train(corpus, rank=rank, world_size=2).arrays(2, 137))
        assert len(resumed) == len(whole) - 137
        assert all(np.array_equal(batch, all_rows[rank::2]) for batch, all_rows in zip(resumed, whole[137:], strict=True))


def test_each_byte_is_asked_for_by_one_rank_only(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int, int]] = []
    read = FolderStore.read

    def recorded(self: FolderStore, name: str, *, start: int = 0, length: int | None = None, tag: str = "") -> bytes:
        if length is not None:
            asked.append((name, start // 2, start // 2 + length // 2))
        return read(self, name, start=start, length=length, tag=tag)

    monkeypatch.setattr(FolderStore, "read", recorded)
    for rank in range(3):
        for _ in open_train(corpus, rank=rank, world_size=3).arrays(0):
            pass
    touched: dict[tuple[str, int], int] = {}
    for name, start, stop in asked:
        for token in range(start, stop):
            touched[name, token] = touched.get((name, token), 0) + 1
    twice = [token for (_, token), times in touched.items() if times > 1]
    assert all(token % 64 == 0 for token in twice), "only the token that ends a sample and begins the next"
    assert max(touched.values()) == 2


def test_evaluation_shows_every_sample_once_with_batches_of_one_shape_for_all_ranks(corpus: Path) -> None:
    ranks = [list(open_train(corpus, rank=rank, world_size=3).every_array()) for rank in range(3)]
    assert len({len(batches) for batches in ranks}) == 1, "ranks of unequal length would wait for each other for ever"
    assert {tokens.shape for batches in ranks for tokens, _ in batches} == {(2, 65)}
    rows = np.concatenate([tokens[real] for batches in ranks for tokens, real in batches])
    stream = open_train(corpus)
    assert len(rows) == stream.samples
    assert np.array_equal(rows, np.concatenate([tokens[real] for tokens, real in stream.every_array()])), "in the corpus's order"


def test_evaluation_can_stop_early(corpus: Path) -> None:
    ranks = [list(open_train(corpus, rank=rank, world_size=2).every_array(25)) for rank in range(2)]
    assert [sum(int(real.sum()) for _, real in batches) for batches in ranks] == [13, 12]
    assert [len(batches) for batches in ranks] == [5, 5]


def test_batches_are_torch_tensors_of_int64(corpus: Path) -> None:
    import torch

    stream = open_train(corpus, batch_size=4, world_size=2)
    batch = next(stream.batches(0))
    assert set(batch) == {"tokens"}
    assert (batch["tokens"].dtype, tuple(batch["tokens"].shape)) == (torch.int64, (2, 65))
    checked = next(stream.every())
    assert checked["real"].dtype == torch.bool


def test_no_thread_is_left_when_a_run_ends_is_closed_or_is_dropped(corpus: Path) -> None:
    batches = open_train(corpus).arrays(0)
    next(batches)
    assert threads(), "a run has threads, so that their absence below says something"
    batches.close()
    assert threads() == []
    dropped = open_train(corpus).arrays(0)
    next(dropped)
    del dropped
    assert threads() == []


def test_memory_is_two_blocks_a_lane_however_large_the_corpus(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[int] = []
    fetch = TokenStream._fetch

    def recorded(self: TokenStream, store: Store, segment: lanes.Segment) -> np.ndarray:
        fetched.append(segment.count)
        return fetch(self, store, segment)

    monkeypatch.setattr(TokenStream, "_fetch", recorded)
    stream = open_train(corpus)
    batches = stream.arrays(0)
    for step, _ in enumerate(batches):
        if step % 50 == 0:
            unused = sum(fetched) - (step + 1) * 6
            assert unused <= 2 * 6 * stream._lanes.block_samples
    assert sum(fetched) >= stream.steps_per_epoch * 6


def test_a_batch_that_cannot_be_shared_is_refused(corpus: Path) -> None:
    with pytest.raises(HyperparameterError, match="batch_size is 6, which 5 data-parallel processes cannot share"):
        open_train(corpus, world_size=5)


def test_a_corpus_smaller_than_a_batch_is_refused(corpus: Path) -> None:
    assert open_train(corpus, batch_size=10_000).steps_per_epoch == 0
    assert "and a batch has 10000 rows; lower batch_size or sequence_length" in faults_of(corpus, batch_size=10_000)


def test_a_corpus_without_an_index_is_refused_with_the_way_to_one(copied_anywhere: Store) -> None:
    copied_anywhere.remove("train/index.json")
    message = faults_of(copied_anywhere)
    assert f"{copied_anywhere.uri}/train/index.json" in message
    assert "no corpus is there, or it was not finished" in message
    with pytest.raises(DataError, match="it has test below; give one of them"):
        TokenStream(copied_anywhere.uri, sequence_length=64, batch_size=1)


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"format_version": 9}, ["format_version is 9, and this image reads 1"]),
        ({"dtype": "int3"}, ["dtype is 'int3', and this image reads uint16, uint32"]),
        ({"vocabulary": 0, "tokenizer": "bytes"}, ["vocabulary is 0", "tokenizer is 'bytes', no dict"]),
        ({"shards": []}, ["it lists no shards"]),
        (
            {"shards": [{"name": "../x", "tokens": 5, "sha256": ""}, {"name": "a", "tokens": 5}]},
            ["shard 0 is", "shard 1 (a) has no"],
        ),
    ],
)
def test_an_index_of_another_format_is_refused_with_all_its_faults(
    copied: Store, changes: dict[str, Any], faults: list[str]
) -> None:
    edit_index(copied, **changes)
    message = faults_of(copied)
    assert all(fault in message for fault in faults)
    assert "workloads.data.prepare" in message


def test_an_index_that_is_no_json_is_refused(copied: Store) -> None:
    copied.write("train/index.json", b"{")
    assert "it is not JSON" in faults_of(copied)


def test_missing_and_short_shards_are_all_reported_at_the_start(copied_anywhere: Store) -> None:
    copied_anywhere.remove("train/shard-00001.bin")
    copied_anywhere.write("train/shard-00000.bin", copied_anywhere.read("train/shard-00000.bin")[:-6])
    message = faults_of(copied_anywhere)
    assert "has 2 faults" in message
    assert f"{copied_anywhere.uri}/train/shard-00001.bin is missing" in message
    assert "shard-00000.bin has 39994 bytes, and the index says 40000 (20000 tokens)" in message


def test_a_shard_that_is_removed_or_changed_while_it_is_read_ends_the_run(copied_anywhere: Store) -> None:
    batches = open_train(copied_anywhere).arrays(0)
    next(batches)
    shards = [name for name in copied_anywhere.entries() if name.startswith("train/shard-")]
    for name in shards:
        copied_anywhere.write(name, np.frombuffer(copied_anywhere.read(name), "<u2")[::-1].tobytes())
    with pytest.raises(DataError, match=r"train/shard-0000\d.bin has 1 fault:\n  - it changed while it was read"):
        list(batches)
    batches = open_train(copied_anywhere).arrays(0)
    next(batches)
    for name in shards:
        copied_anywhere.remove(name)
    with pytest.raises(DataError, match=r"train/shard-0000\d.bin has 1 fault:\n  - there is no such"):
        list(batches)
    assert threads() == []


def test_a_damaged_shard_is_named_with_its_token_and_never_reaches_the_model(copied: Store) -> None:
    data = np.frombuffer(copied.read("train/shard-00001.bin"), "<u2").copy()
    data[1234:1300] = 257
    copied.write("train/shard-00001.bin", data.tobytes())
    message = faults_of(copied)
    assert f"{copied.uri}/train/shard-00001.bin" in message
    assert "is 257, and the vocabulary has 257: damaged" in message


def test_another_tokenizer_than_the_one_that_made_the_corpus_is_refused(copied: Store) -> None:
    copied.write("train/tokenizer.json", b"{}")
    with pytest.raises(DataError, match="not the tokenizer that made this corpus"):
        _ = open_train(copied).tokenizer


def test_a_bucket_that_does_not_exist_and_one_that_denies_access_are_named(bucket: str) -> None:
    with pytest.raises(DataError, match="there is no bucket 'no-such-bucket'; check its name"):
        TokenStream("s3://no-such-bucket/x/train", sequence_length=8, batch_size=1)
    from botocore.stub import Stubber

    # moto lets everybody in, so the answer is a stub of S3's own, as botocore parses it.
    place = open_store(bucket)
    assert isinstance(place, S3Store)
    with Stubber(place.requests.client) as answers:
        answers.add_client_error("get_object", "AccessDenied", "no", 403)
        with pytest.raises(DataError, match=r"S3 denied access \(AccessDenied: no\).*needs s3:GetObject"):
            TokenStream(f"{bucket}/train", sequence_length=8, batch_size=1)


@pytest.fixture
def wire(s3: S3, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A network to S3 that the test can cut; the environment leads through it."""
    wire = Wire(s3)
    for name, value in wire.s3.environment().items():
        monkeypatch.setenv(name, value)
    yield wire
    wire.cut()


@pytest.fixture
def far(wire: Wire, corpus_in_s3: str) -> Store:
    """The corpus in S3 behind the network `wire`."""
    return open_store(corpus_in_s3)


def test_a_network_that_is_lost_in_the_middle_ends_the_run_at_the_deadline(wire: Wire, far: Store) -> None:
    batches = open_train(far, deadline=1.0).arrays(0)
    next(batches)
    wire.cut()
    with pytest.raises(OutOfReach, match=r"s3://corpus/train/shard-0000\d.bin(?s:.*)S3 did not answer for 1 s"):
        list(batches)
    assert threads() == []


def test_a_network_that_comes_back_before_the_deadline_is_not_noticed(wire: Wire, far: Store, corpus: Path) -> None:
    batches = open_train(far, deadline=20.0).arrays(0)
    first = next(batches)
    wire.cut()
    threading.Timer(0.5, wire.mend).start()
    seen = np.concatenate([first, *batches])
    assert np.array_equal(seen, np.concatenate(list(open_train(corpus).arrays(0))))


def test_closing_does_not_wait_for_a_server_that_is_gone(wire: Wire, far: Store) -> None:
    batches = open_train(far, deadline=60.0).arrays(0)
    next(batches)
    wire.cut()
    begun = time.monotonic()
    batches.close()
    assert threads() == []
    assert time.monotonic() - begun < 10
