"""Jobs that run: started, followed, stopped, found again, through boto3 on a SageMaker in this process."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pytest

from tests.localcloud.services.sagemaker.cloud import BUCKET, Cloud, unique, wait_for
from tests.tools.jobs.make import job, outputs
from tools.jobs.clients import Clients
from tools.jobs.definition import build, from_outputs
from tools.jobs.follow import follow
from tools.jobs.logs import Log, series, tail
from tools.jobs.progress import Progress
from tools.jobs.submit import completed, fresh_name, models_of, need_name, newest, running, stop, submit, usable
from tools.jobs.view import describe

TRAINS = """
import time
print("steps=3;")
for step in (1, 2, 3):
    print(f"step={step}; train_loss={4 / step}; samples_per_second=100;")
    time.sleep(0.15)
print("test_accuracy=0.75;")
(BASE / "model" / "model.pt").write_text("weights")
"""
FAILS = (
    "(BASE / 'output' / 'failure').write_text('DataError: train.parquet has 1 fault'); print('last words'); raise SystemExit(2)"
)


def test_a_followed_job_tells_its_progress_and_what_came_of_it(cloud: Cloud, clients: Clients) -> None:
    seen: list[Progress] = []
    lines: list[str] = []
    name = submit(clients, build(job(program=TRAINS), unique("follow")))
    result = follow(clients, name, on=seen.append, on_line=lines.append, pause=0.05)
    assert (result.status, result.failure, result.metrics) == ("Completed", None, {"test_accuracy": 0.75})
    assert result.artifact == f"s3://{BUCKET}/digits/{name}/output/model.tar.gz"
    assert [step for step, _ in result.series] == [1, 2, 3]
    assert result.cost_usd is not None
    assert 0 < result.cost_usd < 0.01
    assert lines == [line for line in lines if line], "each line once"
    assert lines.count("step=2; train_loss=2.0; samples_per_second=100;") == 1
    assert {progress.phase for progress in seen} >= {"Training", "Completed"}
    assert (seen[-1].step, seen[-1].steps, seen[-1].rate_of) == (3, 3, "samples")
    assert series(clients, name) == [(1, 4.0), (2, 2.0), (3, 4 / 3)]


def test_a_name_tells_when_a_job_was_started_and_is_of_the_next_second_where_that_one_is_taken(clients: Clients) -> None:
    now = datetime(2026, 11, 25, 19, 5, 59)
    first = fresh_name(clients, job(), now)
    assert first == "test-digits-20261125-190559"
    submit(clients, build(job(program=TRAINS), first))
    assert fresh_name(clients, job(), now) == "test-digits-20261125-190600"


def test_its_metrics_are_in_cloudwatch_before_it_ends(cloud: Cloud, clients: Clients) -> None:
    program = "print('test_accuracy=0.5;', flush=True)\nimport time\nfor _ in range(200):\n    time.sleep(0.05)"
    name = submit(clients, build(job(program=program), unique("metrics")))

    def found() -> list[Any]:
        metrics = cloud.client("cloudwatch").list_metrics(Namespace="/aws/sagemaker/TrainingJobs")["Metrics"]
        return [row for row in metrics if {"Name": "TrainingJobName", "Value": name} in row["Dimensions"]]

    wait_for(found, "a metric of a job that trains")
    assert not describe(clients, name).ended
    stop(clients, name)
    assert follow(clients, name, pause=0.05).status == "Stopped"


def test_a_failed_job_says_the_cause_and_keeps_its_last_lines(clients: Clients) -> None:
    name = submit(clients, build(job(program=FAILS), unique("fails")))
    result = follow(clients, name, pause=0.05)
    assert result.status == "Failed"
    assert "DataError: train.parquet has 1 fault" in str(result.failure)
    assert "last words" in tail(clients, name)


def test_a_job_that_is_not_there_is_told_with_one_that_is_like_it(clients: Clients) -> None:
    name = submit(clients, build(job(), unique("here")))
    for ask in (describe, stop, follow):
        with pytest.raises(ValueError, match=f"there is no training job '{name}x'; did you mean .*{name}"):
            ask(clients, f"{name}x")
    follow(clients, name, pause=0.05)
    stop(clients, name)  # it has ended, which is fine
    assert describe(clients, name).status == "Completed"


def test_one_name_is_one_job(clients: Clients) -> None:
    request = build(job(), unique("once"))
    assert submit(clients, request) == request["TrainingJobName"]
    assert submit(clients, request, take_up=True) == request["TrainingJobName"]
    with pytest.raises(ValueError, match="already exists"):
        submit(clients, request)


def test_what_sagemaker_takes_not_is_told_in_words(clients: Clients) -> None:
    with pytest.raises(ValueError, match="ResourceConfig"):
        submit(clients, {key: value for key, value in build(job(), "run-1").items() if key != "ResourceConfig"})


def test_a_log_that_is_not_there_has_no_lines(clients: Clients) -> None:
    assert Log(clients, "never-started").lines() == []
    assert tail(clients, "never-started") == []


def test_a_completed_run_is_found_by_its_definition(clients: Clients) -> None:
    definition = job("found", program=TRAINS.replace("0.15", "0"))
    assert completed(clients, definition) is None
    names = [submit(clients, build(definition, f"test-found-20260101-00000{number}")) for number in (1, 2)]
    other = submit(clients, build(definition, "test-found-20260101-000003", hyperparameters={"seed": 3}))
    for name in [*names, other]:
        assert follow(clients, name, pause=0.05).status == "Completed"
    found = completed(clients, definition)
    assert found is not None
    assert found.name == "test-found-20260101-000002"
    assert usable(clients, found)
    alike = job("found-again", program=TRAINS.replace("0.15", "0"))
    for name in ("test-found-again-20260101-000004", "test-found-t12ab34-000", "test-found-eval-v1-0123456789"):
        assert follow(clients, submit(clients, build(alike, name)), pause=0.05).status == "Completed"
    latest = newest(clients, definition)
    assert latest is not None
    assert latest.name == "test-found-20260101-000003"
    bucket, _, key = found.artifact.removeprefix("s3://").partition("/")
    clients.s3.delete_object(Bucket=bucket, Key=key)
    assert not usable(clients, found), "history stays where its bucket was emptied"


def test_a_need_is_run_under_one_name_until_it_has_ended(clients: Clients) -> None:
    definition = job("need", program="import time; time.sleep(30)")
    name = need_name(clients, definition)
    assert name == "test-need-0123456789"
    submit(clients, build(definition, name))
    assert need_name(clients, definition) == name, "whoever needs it too waits for the same one"
    goes_on = running(clients, definition)
    assert goes_on is not None
    assert goes_on.name == name
    stop(clients, name)
    follow(clients, name, pause=0.05)
    assert need_name(clients, definition) == f"{name}-r2"


def test_a_model_is_the_newest_of_a_job_or_the_newest_approved_of_a_group(cloud: Cloud, clients: Clients) -> None:
    source = job("source", program=TRAINS.replace("0.15", "0"))
    jobs = from_outputs(outputs(tuned={"models": {"model": {"job": "source"}, "teacher": {"group": "approved-ones"}}}))
    jobs["source"] = source
    with pytest.raises(
        ValueError, match=r"channel model reads the model of job source, which has none; run `./slipway train source`"
    ):
        models_of(clients, jobs["tuned"], jobs)
    name = submit(clients, build(source, "test-source-20260101-000001"))
    artifact = follow(clients, name, pause=0.05).artifact
    with pytest.raises(ValueError, match="channel teacher"):
        models_of(clients, jobs["tuned"], jobs)
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
    assert models_of(clients, jobs["tuned"], jobs) == {"model": artifact, "teacher": "s3://m/1.tar.gz"}


def test_clients_may_be_used_from_several_threads(clients: Clients) -> None:
    made: list[Any] = []
    threads = [threading.Thread(target=lambda: made.append(clients.sagemaker)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(one) for one in made}) == 1
