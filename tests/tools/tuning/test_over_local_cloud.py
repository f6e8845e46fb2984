"""The search over jobs that really run: processes of the local cloud's SageMaker, reached through boto3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.kernel import backend
from tests.localcloud.services.sagemaker.cloud import ACCOUNT, BUCKET, REGION, SHORT, TRAINING_IMAGE, Cloud, make_repository
from tools.jobs.clients import Clients, connect
from tools.jobs.definition import JobDefinition
from tools.jobs.runners.sagemaker import SageMaker
from tools.jobs.runners.sagemaker.request import spec_of
from tools.tuning.kept import KeptStudy, path_of
from tools.tuning.search import Outcome, Plan, search
from tools.tuning.space import parse
from tools.tuning.trials import JobTrials

# Prints a loss at every step that is least at x = 0.5; where x is above 0.9 the job fails.
PROGRAM = """
import time
given = json.loads((BASE / "input/config/hyperparameters.json").read_text())
x, epochs = float(given["x"]), int(given["epochs"])
if x > 0.9:
    (BASE / "output" / "failure").write_text("ValueError: x is too large")
    sys.exit(1)
print("steps=%d;" % (3 * epochs))
for step in range(1, 3 * epochs + 1):
    print("step=%d; train_loss=%.4f;" % (step, abs(x - 0.5) + 1 / step))
    if x > 0.65:
        time.sleep(0.5)
print("test_loss=%.6f;" % abs(x - 0.5))
(BASE / "model" / "m.txt").write_text(str(x))
"""
SPACE = parse({"x": {"low": 0.0, "high": 1.0}}, source="test")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    backend.reset()
    folder = tmp_path_factory.mktemp("tuning")
    cloud = Cloud(folder / "home", make_repository(folder / "repository"), SHORT)
    cloud.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield cloud
    cloud.stop()


@pytest.fixture
def clients(cloud: Cloud) -> Clients:
    reach = {"AWS_ENDPOINT_URL": cloud.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return connect(REGION, reach)


def definition() -> JobDefinition:
    request = {
        "HyperParameters": {"program": "import json, sys\n" + PROGRAM, "workload": "curve", "epochs": "2"},
        "AlgorithmSpecification": {
            "TrainingImage": TRAINING_IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "test_loss", "Regex": "test_loss=([0-9.]+);"}],
        },
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/training",
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    return JobDefinition(
        name="curve",
        run="demand",
        workload="curve",
        region=REGION,
        name_prefix="slipway-test-curve",
        definition="0123456789",
        spec=spec_of(request),
    )


def run(clients: Clients, folder: Path, study: str, **changes: object) -> tuple[Outcome, list[str]]:
    said: list[str] = []
    kept = KeptStudy(path_of(folder, study), SPACE, minimize=True, seed=3)
    plan = Plan(**{"metric": "test_loss", "minimize": True, "trials": 8, "parallel": 2, "prune": True, **changes})  # type: ignore[arg-type]
    trials = JobTrials(SageMaker(clients), definition(), study, life=kept.life, fixed={"epochs": 1})
    return search(kept, trials, plan, say=said.append, pause=0.05), said


def test_trials_are_jobs_with_their_hyperparameters_tags_and_cost(clients: Clients, tmp_path: Path) -> None:
    outcome, said = run(clients, tmp_path, "curve-aaaaaa")
    assert [row.number for row in outcome.rows] == list(range(8)), said
    assert outcome.best
    assert outcome.best.value == pytest.approx(abs(float(outcome.best.params["x"]) - 0.5), abs=1e-6)
    for row in outcome.rows:
        job = clients.sagemaker.describe_training_job(TrainingJobName=row.job)
        assert job["HyperParameters"]["x"] == str(row.params["x"])
        assert job["HyperParameters"]["epochs"] == "1", "set for every trial"
        assert row.status == {"Completed": "complete", "Failed": "failed", "Stopped": "pruned"}[job["TrainingJobStatus"]]
        if row.status == "failed":
            assert "ValueError: x is too large" in row.failure
    assert any(row.cost_usd for row in outcome.rows)
    tags = clients.sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
    assert {"Key": "slipway:study", "Value": "curve-aaaaaa"} in tags


def test_a_search_that_goes_on_starts_no_job_twice(clients: Clients, tmp_path: Path) -> None:
    first, _ = run(clients, tmp_path, "curve-bbbbbb", trials=2)
    again, _ = run(clients, tmp_path, "curve-bbbbbb", trials=3)
    assert again.rows[:2] == first.rows
    life = KeptStudy(path_of(tmp_path, "curve-bbbbbb"), SPACE, minimize=True, seed=3).life
    assert [row.job for row in again.rows] == [f"slipway-test-curve-t{life}-{number:03d}" for number in range(3)]
    path_of(tmp_path, "curve-bbbbbb").unlink()
    anew, _ = run(clients, tmp_path, "curve-bbbbbb", trials=2)
    assert [row.status for row in anew.rows] == [row.status for row in first.rows], "names of before are in nobody's way"
    assert [row.params for row in anew.rows] == [row.params for row in first.rows]
