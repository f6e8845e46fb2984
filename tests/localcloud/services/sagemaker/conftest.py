from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.kernel import backend
from tests.localcloud.services.sagemaker.cloud import BUCKET, REGION, SHORT, Cloud, make_repository


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One running cloud for all tests: names are unique, so they do not meet."""
    backend.reset()  # a process has one moto: earlier tests may have left resources under the same names
    folder: Path = tmp_path_factory.mktemp("sagemaker")
    cloud = Cloud(folder / "home", make_repository(folder / "repository"))
    cloud.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield cloud
    cloud.stop()


@pytest.fixture(scope="session")
def others(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud whose jobs run through this project's own entrypoint, for scripts of others."""
    own = Cloud(tmp_path_factory.mktemp("others") / "home", Path(__file__).parents[4], SHORT)
    yield own
    own.stop()
