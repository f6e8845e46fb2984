"""An evaluation as a user runs it: the real workload as a job of the local cloud, for an untrained model."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workloads.support import DIGITS, REPOSITORY
from tools.flows import models as stack_models
from tools.flows.models import Evaluated
from tools.models import register

from .cloud import BUCKET, SERVING_IMAGE, Cloud, unique

pytestmark = pytest.mark.e2e


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """A cloud whose image is this checkout."""
    cloud = Cloud(tmp_path / "home", REPOSITORY).start()
    yield cloud
    cloud.stop()


def test_a_model_that_knows_nothing_is_measured_and_not_approved(cloud: Cloud, tmp_path: Path) -> None:
    group = unique("real")
    job = cloud.job()
    cloud.put(job.artifact.removeprefix(f"s3://{BUCKET}/"), untrained(tmp_path / "model"))
    cloud.put("digits-aaaa/test/test.parquet", (DIGITS / "test.parquet").read_bytes())
    cloud.s3.delete_object(Bucket=BUCKET, Key="digits-aaaa/test/test.json")
    registered = register(cloud, group=group, run=job, serving_image=SERVING_IMAGE)
    there = cloud.deployed(group, approval={"test_accuracy": {"min": 0.9}})
    found = stack_models.evaluate(there, registered, say=print)
    assert isinstance(found, Evaluated)
    version, result = found.version, found.result
    assert version.evaluation is not None
    assert set(version.evaluation.metrics) == {"test_accuracy", "test_loss"}
    assert version.evaluation.metrics["test_accuracy"] < 0.5
    report = cloud.get(version.evaluation.statistics)
    assert report["slipway"]["archive_sha256"] == version.artifact.sha256
    assert report["multiclass_classification_metrics"]["accuracy"]["value"] == version.evaluation.metrics["test_accuracy"]
    assert result.status == "Completed"
    (fault,) = stack_models.in_the_way(there, version)
    assert "at least 0.9 is asked" in fault


def untrained(folder: Path) -> bytes:
    """The model.tar.gz of a digits model with its initial random weights."""
    from workloads import artifact, models

    architecture = {"name": "digits-cnn", "width": 8}
    state = models.build(architecture).state_dict()
    artifact.save(folder, state=state, architecture=architecture, task="digits", details={}, metrics={}, settings={})
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path in folder.iterdir():
            tar.add(path, path.name)
    return buffer.getvalue()
