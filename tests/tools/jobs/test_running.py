"""Jobs that run: started, followed, stopped, found again, through boto3 on a SageMaker in this process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from tests.localcloud.services.sagemaker.cloud import BUCKET, Cloud, unique, wait_for
from tests.tools.jobs.make import job
from tools.flows.deployed import Deployed
from tools.flows.job_needs import models_of
from tools.jobs import life
from tools.jobs.clients import Clients
from tools.jobs.definition import JobDefinition, run_spec
from tools.jobs.follow import follow
from tools.jobs.history import completed, fresh_name, need_name, newest, usable
from tools.jobs.progress import Progress
from tools.jobs.runners.sagemaker import SageMaker

TRAINS = """
import time
print("steps=3;")
for step in (1, 2, 3):
    print(f"step={step}; train_loss={4 / step}; samples_per_second=100;")
    time.sleep(0.15)
print("test_accuracy=0.75;")
(BASE / "model" / "model.pt").write_text("weights")
"""
LEAVES_A_MODEL = "print('test_accuracy=0.75;'); (BASE / 'model' / 'model.pt').write_text('weights')"
FAILS = (
    "(BASE / 'output' / 'failure').write_text('DataError: train.parquet has 1 fault'); print('last words'); raise SystemExit(2)"
)


def start(runner: SageMaker, definition: JobDefinition, name: str) -> str:
    return life.start_new(runner, run_spec(definition), name)


@pytest.fixture(scope="module")
def followed(runner: SageMaker) -> tuple[str, Any, list[Progress], list[str]]:
    """A job that was followed to its end: its name, the result, every look and every line."""
    seen: list[Progress] = []
    lines: list[str] = []
    name = start(runner, job(program=TRAINS), unique("follow"))
    return name, follow(runner, name, on=seen.append, on_line=lines.append, pause=0.05), seen, lines


def test_a_followed_job_reports_its_progress_and_its_result(followed: tuple[str, Any, list[Progress], list[str]]) -> None:
    name, result, seen, lines = followed
    assert (result.status, result.failure, result.metrics) == ("Completed", None, {"test_accuracy": 0.75})
    assert result.artifact == f"s3://{BUCKET}/digits/{name}/output/model.tar.gz"
    assert result.series == ((1, 4.0), (2, 2.0), (3, 4 / 3))
    assert result.cost_usd is not None
    assert 0 < result.cost_usd < 0.01
    assert lines == [line for line in lines if line], "each line once"
    assert lines.count("step=2; train_loss=2.0; samples_per_second=100;") == 1
    assert {progress.phase for progress in seen} >= {"Training", "Completed"}
    assert (seen[-1].step, seen[-1].steps, seen[-1].rate_of) == (3, 3, "samples")


def test_a_name_tells_when_a_job_was_started_and_is_of_the_next_second_where_that_one_is_taken(runner: SageMaker) -> None:
    now = datetime(2026, 11, 25, 19, 5, 59)
    first = fresh_name(runner, job(), now)
    assert first == "test-digits-20261125-190559"
    start(runner, job(), first)
    assert fresh_name(runner, job(), now) == "test-digits-20261125-190600"


def test_its_metrics_are_in_cloudwatch_before_it_ends(cloud: Cloud, runner: SageMaker) -> None:
    program = "print('test_accuracy=0.5;', flush=True)\nimport time\nfor _ in range(200):\n    time.sleep(0.05)"
    name = start(runner, job(program=program), unique("metrics"))

    def found() -> list[Any]:
        metrics = cloud.client("cloudwatch").list_metrics(Namespace="/aws/sagemaker/TrainingJobs")["Metrics"]
        return [row for row in metrics if {"Name": "TrainingJobName", "Value": name} in row["Dimensions"]]

    wait_for(found, "a metric of a job that trains")
    assert not life.require(runner, name).ended
    life.stop(runner, name)
    assert follow(runner, name, pause=0.05).status == "Stopped"


def test_a_failed_job_says_the_cause_and_keeps_its_last_lines(runner: SageMaker) -> None:
    name = start(runner, job(program=FAILS), unique("fails"))
    result = follow(runner, name, pause=0.05)
    assert result.status == "Failed"
    assert "DataError: train.parquet has 1 fault" in str(result.failure)
    tail = runner.tail(name, lines=20)
    assert "last words" in tail.merged(20)
    assert f"--- end of /aws/sagemaker/TrainingJobs {name}/algo-1" in tail.by_host()


def test_an_unknown_job_is_refused_with_the_name_of_one_like_it(
    runner: SageMaker, followed: tuple[str, Any, list[Progress], list[str]]
) -> None:
    name = followed[0]
    for ask in (life.require, life.stop, follow):
        with pytest.raises(ValueError, match=f"there is no training job '{name}x'; did you mean .*{name}"):
            ask(runner, f"{name}x")
    life.stop(runner, name)  # it has ended, which is fine
    assert life.require(runner, name).status == "Completed"


def test_one_name_is_one_job(runner: SageMaker, followed: tuple[str, Any, list[Progress], list[str]]) -> None:
    assert runner.submit(run_spec(job()), followed[0]) is False


def test_a_log_that_is_not_there_has_no_lines(runner: SageMaker) -> None:
    assert runner.log("never-started").lines() == []
    assert runner.tail("never-started", lines=20).merged(20) == []


def test_a_completed_run_is_found_by_its_definition(clients: Clients, runner: SageMaker) -> None:
    definition = job("found", program=LEAVES_A_MODEL)
    assert completed(runner, definition) is None
    names = [start(runner, definition, f"test-found-20260101-00000{number}") for number in (1, 2)]
    other = life.start_new(runner, run_spec(definition, hyperparameters={"seed": 3}), "test-found-20260101-000003")
    alike = job("found-again", program=LEAVES_A_MODEL)
    others = ("test-found-again-20260101-000004", "test-found-t12ab34-000", "test-found-eval-v1-0123456789")
    for name in [*names, other, *(start(runner, alike, name) for name in others)]:
        assert follow(runner, name, pause=0.05).status == "Completed"
    found = completed(runner, definition)
    assert found is not None
    assert found.name == "test-found-20260101-000002"
    assert usable(runner, found)
    latest = newest(runner, definition)
    assert latest is not None
    assert latest.name == "test-found-20260101-000003"
    bucket, _, key = found.artifact.removeprefix("s3://").partition("/")
    clients.s3.delete_object(Bucket=bucket, Key=key)
    assert not usable(runner, found), "history stays where its bucket was emptied"


def test_a_need_is_run_under_one_name_until_it_has_ended(runner: SageMaker) -> None:
    definition = job("need", program="import time; time.sleep(30)")
    begin = partial(
        life.start,
        runner,
        run_spec(definition),
        partial(need_name, definition),
        keeps=lambda view: view.status == "InProgress",
    )
    name = "test-need-0123456789"
    assert begin() == life.Attempt(name=name, taken_up=False)
    assert begin() == life.Attempt(name=name, taken_up=True), "whoever needs it too waits for the same one"
    life.stop(runner, name)
    follow(runner, name, pause=0.05)
    second = life.next_attempt(runner, partial(need_name, definition), keeps=lambda view: view.status == "InProgress")
    assert second == life.Attempt(name=f"{name}-r2", taken_up=False)


def test_a_model_is_the_newest_of_a_job_or_the_newest_approved_of_a_group(
    clients: Clients, runner: SageMaker, stack_of: Callable[..., Deployed]
) -> None:
    models = {"model": {"job": "source"}, "teacher": {"group": "approved-ones"}}
    stack = stack_of(tuned={"models": models}, source={"program": LEAVES_A_MODEL})
    tuned = stack.jobs["tuned"]
    with pytest.raises(
        ValueError, match=r"channel model reads the model of job source, which has none; run `./slipway train source`"
    ):
        models_of(stack, tuned)
    name = start(runner, stack.jobs["source"], "test-source-20260101-000001")
    artifact = follow(runner, name, pause=0.05).artifact
    with pytest.raises(ValueError, match="channel teacher"):
        models_of(stack, tuned)
    clients.sagemaker.create_model_package_group(ModelPackageGroupName="approved-ones")
    for number, status in enumerate(("Approved", "Rejected"), start=1):
        clients.sagemaker.create_model_package(
            ModelPackageGroupName="approved-ones",
            ModelApprovalStatus=status,
            InferenceSpecification={
                "Containers": [{"Image": "image", "ModelDataUrl": f"s3://m/{number}.tar.gz"}],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
        )
    assert models_of(stack, tuned) == {"model": artifact, "teacher": "s3://m/1.tar.gz"}


def test_clients_may_be_used_from_several_threads(clients: Clients) -> None:
    made: list[Any] = []
    threads = [threading.Thread(target=lambda: made.append(clients.sagemaker)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(one) for one in made}) == 1
