"""One small corpus for all tests of data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.workloads.data.support import CORPUS_BYTES, copy, make_corpus
from workloads.stores.opening import open_store
from workloads.stores.store import join


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of the standard library as bytes, in shards of 20,000 tokens. Tests must not change it: `copied` gives a copy."""
    return make_corpus(tmp_path_factory.mktemp("corpus"), limit_bytes=CORPUS_BYTES, shard_tokens=20_000)


@pytest.fixture(params=["folder", "s3"])
def copied(request: pytest.FixtureRequest, corpus: Path, tmp_path: Path) -> Any:
    """A copy of the corpus, in a folder and in S3, that a test may break."""
    to = str(tmp_path / "copy") if request.param == "folder" else join(request.getfixturevalue("bucket"), "some", "corpus")
    there = open_store(to)
    copy(open_store(corpus), there)
    return there
