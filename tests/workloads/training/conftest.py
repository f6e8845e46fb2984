"""The tests of training share one corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workloads.data.support import make_corpus


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of the standard library's sources, as bytes."""
    folder: Path = make_corpus(tmp_path_factory.mktemp("corpus"), limit_bytes=20_000)
    return folder
