from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.localcloud.services.sagemaker.cloud import BUCKET, REGION, REGISTRY, Cloud, make_repository
from tests.tools.jobs.make import outputs
from tools.engine.stack_ref import StackRef
from tools.flows.deployed import Deployed
from tools.jobs.clients import Clients, connect
from tools.jobs.definition import from_outputs
from tools.jobs.runners.sagemaker import SageMaker


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A SageMaker that runs in this process, for all tests of jobs: their names are their own, so they do not meet."""
    folder: Path = tmp_path_factory.mktemp("jobs")
    made = Cloud(folder / "home", make_repository(folder / "repository"))
    if BUCKET not in {bucket["Name"] for bucket in made.s3.list_buckets()["Buckets"]}:
        made.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield made
    made.stop()


@pytest.fixture(scope="session")
def clients(cloud: Cloud) -> Clients:
    """The tools' own clients on it."""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return connect(REGION, {"AWS_ENDPOINT_URL": cloud.url, **keys})


@pytest.fixture(scope="session")
def runner(clients: Clients) -> SageMaker:
    return SageMaker(clients)


@pytest.fixture(scope="session")
def stack_of(clients: Clients) -> Callable[..., Deployed]:
    """A function that gives a stack that is up, with these jobs."""

    def made(*, ceiling: float = 100.0, **jobs: dict[str, Any]) -> Deployed:
        told = {**outputs(**jobs), "servingImageUri": f"{REGISTRY}/slipway-local-serving:src-0123456789ab"}
        return Deployed(stack=StackRef(), outputs=told, jobs=from_outputs(told), clients=clients, ceiling_usd=ceiling)

    return made
