from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .cloud import Cloud, make_repository, unique


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One running cloud for all tests, which use unique names and so do not meet."""
    folder: Path = tmp_path_factory.mktemp("models")
    cloud = Cloud(folder / "home", make_repository(folder / "repository")).start()
    yield cloud
    cloud.stop()


@pytest.fixture
def group() -> str:
    """A group's name that nobody else has."""
    return unique()
