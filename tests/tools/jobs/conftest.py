from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.localcloud.services.sagemaker.cloud import BUCKET, REGION, Cloud, make_repository
from tools.jobs.clients import Clients, connect


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A SageMaker that runs in this process, for one file of tests."""
    folder: Path = tmp_path_factory.mktemp("jobs")
    made = Cloud(folder / "home", make_repository(folder / "repository"))
    if BUCKET not in {bucket["Name"] for bucket in made.s3.list_buckets()["Buckets"]}:
        made.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield made
    made.stop()


@pytest.fixture(scope="module")
def clients(cloud: Cloud) -> Clients:
    """The tools' own clients on it."""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return connect(REGION, {"AWS_ENDPOINT_URL": cloud.url, **keys})
