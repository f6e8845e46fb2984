"""One small corpus for all tests of data, in a folder and in S3."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.workloads.data.support import CORPUS_BYTES, copy, make_corpus
from tests.workloads.s3_server import S3
from workloads.stores.opening import open_store
from workloads.stores.store import Store, join

BUCKET_OF_THE_CORPUS = "corpus"


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of the standard library as bytes, in shards of 20,000 tokens. Tests must not change it: `copied` gives a copy."""
    return make_corpus(tmp_path_factory.mktemp("corpus"), limit_bytes=CORPUS_BYTES, shard_tokens=20_000)


@pytest.fixture(scope="session")
def corpus_in_s3(corpus: Path, s3: S3) -> str:
    """The address of the same corpus in S3. Tests must not change it: `copied_anywhere` gives a copy."""
    client = s3.client()
    client.create_bucket(Bucket=BUCKET_OF_THE_CORPUS)
    for path in (path for path in corpus.rglob("*") if path.is_file()):
        client.put_object(Bucket=BUCKET_OF_THE_CORPUS, Key=path.relative_to(corpus).as_posix(), Body=path.read_bytes())
    return f"s3://{BUCKET_OF_THE_CORPUS}"


@pytest.fixture
def copied(corpus: Path, tmp_path: Path) -> Store:
    """A copy of the corpus in a folder, which a test may break."""
    shutil.copytree(corpus, tmp_path / "copy")
    return open_store(tmp_path / "copy")


@pytest.fixture(params=["folder", "s3"])
def copied_anywhere(request: pytest.FixtureRequest, corpus: Path) -> Store:
    """A copy of the corpus in a folder and one in S3, which a test may break: for faults that S3 reports in its own way."""
    if request.param == "folder":
        folder: Store = request.getfixturevalue("copied")
        return folder
    there = open_store(join(request.getfixturevalue("bucket"), "some", "corpus"))
    copy(open_store(corpus), there)
    return there
