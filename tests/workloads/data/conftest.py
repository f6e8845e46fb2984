"""One S3 server (moto, over real HTTP) and one small corpus for all tests of the folder."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.workloads.data.support import CORPUS_BYTES, S3, copy, make_corpus


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").disabled = True
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield S3(endpoint=f"http://{host}:{port}")
    server.stop()


@pytest.fixture
def cloud(s3: S3, monkeypatch: pytest.MonkeyPatch) -> S3:
    """The environment of a job that has a role and reaches S3."""
    for name, value in s3.environment().items():
        monkeypatch.setenv(name, value)
    return s3


_numbers = itertools.count()


@pytest.fixture
def bucket(cloud: S3) -> str:
    """A new bucket's address."""
    name = f"data-{next(_numbers)}"
    cloud.client().create_bucket(Bucket=name)
    return f"s3://{name}"


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of the standard library as bytes, in shards of 20,000 tokens. Not to be changed: `copied` gives one of one's own."""
    return make_corpus(tmp_path_factory.mktemp("corpus"), limit_bytes=CORPUS_BYTES, shard_tokens=20_000)


@pytest.fixture(params=["folder", "s3"])
def copied(request: pytest.FixtureRequest, corpus: Path, tmp_path: Path) -> Any:
    """A copy of the corpus, in a folder and in S3, that a test may break."""
    from workloads.data.objects import join, store

    to = str(tmp_path / "copy") if request.param == "folder" else join(request.getfixturevalue("bucket"), "some", "corpus")
    there = store(to)
    copy(store(corpus), there)
    return there
