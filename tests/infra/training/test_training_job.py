"""The training job's provider against moto, in-process: created once, taken up, tried again, read, stopped."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from moto import mock_aws
from moto.sagemaker.models import sagemaker_backends
from pulumi.runtime.rpc import UNKNOWN

from catalog.jobs import LOG_GROUP
from infra.training import training_job
from infra.training.decide import DEFINING, INPUTS, definition_hash, job_name, spec
from infra.training.training_job import TrainingJobError, TrainingJobProvider
from tests.support.recorder import ACCOUNT, REGION
from tools.jobs import life
from tools.jobs.clients import Clients
from tools.jobs.runner import LookFailed
from tools.jobs.runners.sagemaker import SageMaker
from tools.jobs.runners.sagemaker.request import create_arguments
from tools.jobs.spec import JobSpec

BUCKET = "models"
# The provider's clients, made once for all tests: they hold nothing of the cloud that they talk to.
shared_clients = functools.cache(Clients)


def inputs(**changes: Any) -> dict[str, Any]:
    return {
        "namePrefix": "slipway-dev-digits",
        "region": REGION,
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/training",
        "algorithmSpecification": {
            "trainingImage": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/slipway-dev-training:src-0123456789ab",
            "trainingInputMode": "File",
            "metricDefinitions": [{"name": "test_accuracy", "regex": r"\btest_accuracy=([-+0-9.eE]+);"}],
        },
        "hyperParameters": {"workload": "digits", "epochs": "5"},
        "environment": {"LOG_LEVEL": "info"},
        "channels": {"train": "s3://curated/digits/abc/train/", "test": "s3://curated/digits/abc/test/"},
        "outputDataConfig": {"s3OutputPath": f"s3://{BUCKET}/digits", "kmsKeyId": "key"},
        "resourceConfig": {"instanceType": "ml.m5.large", "instanceCount": 1, "volumeSizeInGb": 30, "volumeKmsKeyId": "key"},
        "vpcConfig": {"subnets": ["subnet-a"], "securityGroupIds": ["sg-a"]},
        "stoppingCondition": {"maxRuntimeInSeconds": 3600},
        "checkpointConfig": {"s3Uri": "s3://checkpoints/digits"},
        "enableManagedSpotTraining": False,
        "enableNetworkIsolation": True,
        "enableInterContainerTrafficEncryption": True,
        "revision": 1,
        "tags": {"Project": "slipway"},
        **changes,
    }


def request(props: dict[str, Any], name: str) -> dict[str, Any]:
    """What SageMaker is asked for a run of the job that these inputs declare."""
    return create_arguments(spec(props), name)


class Cloud:
    """moto, with what it lacks: a job's artifact, and ends of a job other than Completed."""

    def __init__(self) -> None:
        clients = shared_clients(REGION, profile="")
        self.sagemaker, self.s3, self.logs = clients.sagemaker, clients.s3, clients.logs
        self.s3.create_bucket(Bucket=BUCKET)

    @property
    def jobs(self) -> dict[str, Any]:
        return sagemaker_backends[ACCOUNT][REGION].training_jobs

    def put_artifact(self, name: str) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=f"digits/{name}/output/model.tar.gz", Body=b"model")

    def job(self, name: str, status: str = "Completed", **more: Any) -> None:
        """Makes a job as if an earlier `up` had started it."""
        self.sagemaker.create_training_job(**request(inputs(), name))
        self.end(name, status, **more)

    def end(self, name: str, status: str, **more: Any) -> None:
        job = self.jobs[name]
        job.training_job_status = job.secondary_status = status
        for key, value in more.items():
            setattr(job, key, value)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    for variable in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "test")
    monkeypatch.setattr(training_job, "Clients", shared_clients)
    with mock_aws():
        yield Cloud()


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of every pause, none of which is slept. A test may replace `time.sleep` to change the cloud during a pause."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


def create(**changes: Any) -> Any:
    return TrainingJobProvider().create(inputs(**changes))


FIRST = job_name(inputs())


def test_a_new_job_is_made_and_its_end_comes_out(cloud: Cloud, ticks: list[float]) -> None:
    made = create()
    assert made.id == FIRST
    assert made.outs["jobName"] == FIRST
    assert made.outs["jobArn"].endswith(f":training-job/{FIRST}")
    assert made.outs["modelArtifact"] == f"s3://{BUCKET}/digits/{FIRST}/output/model.tar.gz"
    assert made.outs["status"] == "Completed"
    assert made.outs["metrics"] == {"train:progress": 100.0}
    assert {key: made.outs[key] for key in INPUTS if key in made.outs} == inputs()


def test_what_sagemaker_is_asked_for_is_what_was_declared(cloud: Cloud, ticks: list[float]) -> None:
    create()
    job = cloud.sagemaker.describe_training_job(TrainingJobName=FIRST)
    assert job["ResourceConfig"] == {
        "InstanceType": "ml.m5.large",
        "InstanceCount": 1,
        "VolumeSizeInGB": 30,
        "VolumeKmsKeyId": "key",
    }
    assert [channel["ChannelName"] for channel in job["InputDataConfig"]] == ["test", "train"]
    assert job["VpcConfig"] == {"Subnets": ["subnet-a"], "SecurityGroupIds": ["sg-a"]}
    assert job["EnableNetworkIsolation"] is True
    assert job["OutputDataConfig"] == {"S3OutputPath": f"s3://{BUCKET}/digits", "KmsKeyId": "key"}
    assert request(inputs(), FIRST)["AlgorithmSpecification"]["MetricDefinitions"][0]["Name"] == "test_accuracy"


def test_a_running_job_of_the_same_definition_is_waited_for_and_not_made_twice(
    cloud: Cloud, ticks: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.job(FIRST, "InProgress")

    def sleep(seconds: float) -> None:
        ticks.append(seconds)
        if len(ticks) == 20:
            cloud.end(FIRST, "Completed")

    monkeypatch.setattr(time, "sleep", sleep)
    assert create().id == FIRST
    assert list(cloud.jobs) == [FIRST]
    assert ticks[0] == 0.5
    assert ticks == sorted(ticks)
    assert ticks[-1] == 10.0, "the pauses grow to ten seconds and no further"


def test_a_finished_job_whose_artifact_is_there_is_taken_up(cloud: Cloud, ticks: list[float]) -> None:
    cloud.job(FIRST)
    cloud.put_artifact(FIRST)
    assert create().id == FIRST
    assert list(cloud.jobs) == [FIRST]


@pytest.mark.parametrize("status", ["Failed", "Stopped", "Completed"])
def test_a_job_that_left_no_model_is_tried_again_under_a_new_name(cloud: Cloud, ticks: list[float], status: str) -> None:
    cloud.job(FIRST, status)
    assert create().id == f"{FIRST}-r2"
    cloud.end(f"{FIRST}-r2", status)
    assert create().id == f"{FIRST}-r3"


def test_a_bucket_that_is_gone_means_that_the_model_is_gone(cloud: Cloud, ticks: list[float]) -> None:
    cloud.job(FIRST)
    cloud.s3.delete_bucket(Bucket=BUCKET)
    assert create().id == f"{FIRST}-r2"


def test_a_second_up_beside_the_first_waits_for_the_firsts_job(
    cloud: Cloud, ticks: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SageMaker.submit

    def made_by_another(runner: SageMaker, asked: JobSpec, name: str) -> bool:
        real(runner, asked, name)
        return real(runner, asked, name)

    monkeypatch.setattr(SageMaker, "submit", made_by_another)
    assert create().id == FIRST


def test_a_failed_job_says_why_and_shows_the_end_of_its_log(
    cloud: Cloud, ticks: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.logs.create_log_group(logGroupName=LOG_GROUP)
    for stream in (f"{FIRST}/algo-1-1", f"{FIRST}-r2/algo-1-1"):
        cloud.logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
        now = int(datetime.now(UTC).timestamp() * 1000)
        cloud.logs.put_log_events(
            logGroupName=LOG_GROUP,
            logStreamName=stream,
            logEvents=[{"timestamp": now, "message": f"{stream} line {number}"} for number in range(30)],
        )

    def runs_out_of_memory(_: SageMaker, asked: JobSpec, name: str) -> bool:
        cloud.job(name, "Failed", failure_reason="out of memory")
        return True

    monkeypatch.setattr(SageMaker, "submit", runs_out_of_memory)
    with pytest.raises(TrainingJobError) as error:
        create()
    message = str(error.value)
    assert f"training job {FIRST} failed: out of memory" in message
    assert f"{FIRST}/algo-1-1 line 29" in message
    assert f"{FIRST}/algo-1-1 line 10\n" in message
    assert f"{FIRST}/algo-1-1 line 9\n" not in message, "twenty lines, no more"
    assert "-r2/" not in message, "another attempt's log is no explanation"
    assert "new attempt" in message


def test_a_failure_with_no_log_to_read_still_says_why(cloud: Cloud, ticks: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    def ends_stopped(_: SageMaker, asked: JobSpec, name: str) -> bool:
        cloud.job(name, "Stopped", secondary_status="MaxRuntimeExceeded")
        cloud.jobs[name].secondary_status = "MaxRuntimeExceeded"
        return True

    monkeypatch.setattr(SageMaker, "submit", ends_stopped)
    with pytest.raises(TrainingJobError, match="raise it, or make the job smaller") as error:
        create()
    assert "cannot be read" in str(error.value)


def test_waiting_ends_with_a_way_out_when_the_cloud_answers_no_more(
    cloud: Cloud, ticks: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = SageMaker.describe, []

    def silent_after_the_start(runner: SageMaker, name: str) -> Any:
        asked.append(name)
        if len(asked) > 1:
            raise LookFailed("ServiceUnavailable: down")
        return real(runner, name)

    monkeypatch.setattr(SageMaker, "describe", silent_after_the_start)
    with pytest.raises(TrainingJobError, match=r"down.*the next `up` takes it up again"):
        create()
    assert len(ticks) == life.LOST_SIGHT_AFTER


def test_refresh_reads_the_job_as_it_is(cloud: Cloud, ticks: list[float]) -> None:
    made = create()
    cloud.put_artifact(FIRST)
    read = TrainingJobProvider().read(made.id, made.outs | {"__provider": "x"})
    assert read.id == FIRST
    assert read.outs == made.outs
    assert TrainingJobProvider().diff(made.id, read.outs or {}, inputs()).changes is False


@pytest.mark.parametrize("gone", ["job", "artifact"])
def test_refresh_forgets_a_job_or_a_model_that_is_gone(cloud: Cloud, ticks: list[float], gone: str) -> None:
    made = create()
    if gone == "job":
        cloud.put_artifact(FIRST)
        cloud.jobs.clear()
    read = TrainingJobProvider().read(made.id, made.outs)
    assert (read.id, read.outs) == ("", {})


def test_delete_stops_a_running_job_and_waits_until_it_has(
    cloud: Cloud, ticks: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = create()
    cloud.end(FIRST, "InProgress")
    stopped: list[str] = []

    def stop(_: Any, name: str) -> None:
        stopped.append(name)
        cloud.end(name, "Stopping")

    def sleep(seconds: float) -> None:
        ticks.append(seconds)
        cloud.end(FIRST, "Stopped")

    monkeypatch.setattr(SageMaker, "stop", stop)
    monkeypatch.setattr(time, "sleep", sleep)
    TrainingJobProvider().delete(made.id, made.outs)
    assert stopped == [FIRST]
    assert cloud.jobs[FIRST].training_job_status == "Stopped"


@pytest.mark.parametrize("there", [True, False])
def test_delete_leaves_a_finished_job_in_history_and_ignores_a_missing_one(cloud: Cloud, ticks: list[float], there: bool) -> None:
    made = create()
    if not there:
        cloud.jobs.clear()
    TrainingJobProvider().delete(made.id, made.outs)
    assert (FIRST in cloud.jobs) is there


CHANGES: dict[str, Any] = {
    "algorithmSpecification": {"trainingImage": "other:src-1"},
    "hyperParameters": {"epochs": "6"},
    "environment": {},
    "channels": {"train": "s3://curated/digits/def/train/"},
    "outputDataConfig": {"s3OutputPath": "s3://elsewhere", "kmsKeyId": "key"},
    "revision": 2,
    "namePrefix": "slipway-prod-digits",
    "region": "eu-west-1",
}


@pytest.mark.parametrize("key", CHANGES)
def test_a_changed_definition_is_another_job(key: str) -> None:
    diff = TrainingJobProvider().diff(FIRST, inputs(), inputs(**{key: CHANGES[key]}))
    assert (diff.changes, diff.replaces, diff.delete_before_replace) == (True, [key], False)
    assert job_name(inputs(**{key: CHANGES[key]})) != FIRST


@pytest.mark.parametrize("part", [{"instanceType": "ml.g5.xlarge"}, {"instanceCount": 2}])
def test_other_machines_are_another_job(part: dict[str, Any]) -> None:
    news = inputs(resourceConfig=inputs()["resourceConfig"] | part)
    assert TrainingJobProvider().diff(FIRST, inputs(), news).replaces == [f"resourceConfig.{next(iter(part))}"]
    assert job_name(news) != FIRST


@pytest.mark.parametrize(
    "change",
    [
        {"vpcConfig": {"subnets": ["subnet-b"], "securityGroupIds": ["sg-b"]}},
        {"roleArn": "arn:aws:iam::123456789012:role/other"},
        {"stoppingCondition": {"maxRuntimeInSeconds": 60}},
        {"tags": {}},
        {"enableManagedSpotTraining": True},
        {"resourceConfig": {"instanceType": "ml.m5.large", "instanceCount": 1, "volumeSizeInGb": 99, "volumeKmsKeyId": "key"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_circumstances_neither_train_again_nor_make_outputs_unknown_at_preview(change: dict[str, Any]) -> None:
    diff = TrainingJobProvider().diff(FIRST, inputs(), inputs(**change))
    assert (diff.changes, diff.replaces) == (False, [])
    assert job_name(inputs(**change)) == FIRST


def test_a_whole_number_that_arrives_as_a_float_is_no_change() -> None:
    news = inputs(revision=1.0, resourceConfig={**inputs()["resourceConfig"], "instanceCount": 1.0}, __provider="other")
    olds = inputs(jobName=FIRST, metrics={"a": 1.0}, __provider="one")
    assert TrainingJobProvider().diff(FIRST, olds, news).changes is False
    assert definition_hash(news) == definition_hash(inputs())


def test_an_unknown_at_preview_is_a_change_where_it_defines_the_job() -> None:
    provider = TrainingJobProvider()
    assert provider.diff(FIRST, inputs(), inputs(channels={"train": UNKNOWN})).replaces == ["channels"]
    assert provider.diff(FIRST, inputs(), inputs(vpcConfig={"subnets": UNKNOWN, "securityGroupIds": UNKNOWN})).changes is False
    assert provider.diff(FIRST, inputs(), inputs(resourceConfig=UNKNOWN)).changes is True
    assert provider.check({}, inputs(channels=UNKNOWN, roleArn=UNKNOWN)).failures == []


def test_what_is_missing_or_unknown_is_named_before_anything_is_asked_for() -> None:
    bad = inputs(instances=3, namePrefix="x" * 60)
    del bad["roleArn"]
    failures = TrainingJobProvider().check({}, bad).failures
    assert [failure.property for failure in failures] == ["roleArn", "instances", "namePrefix"]


def test_a_name_never_outgrows_sagemakers_limit() -> None:
    longest = inputs(namePrefix="x" * 48)
    assert TrainingJobProvider().check({}, longest).failures == []
    assert len(job_name(longest, 99)) <= 63
    with pytest.raises(ValueError, match="shorten it to 52"):
        job_name(inputs(namePrefix="x" * 60))


def test_a_second_attempt_goes_on_from_the_firsts_checkpoints() -> None:
    assert request(inputs(), job_name(inputs(), 2))["CheckpointConfig"] == {"S3Uri": f"s3://checkpoints/digits/{FIRST}"}


def test_every_defining_input_is_an_input() -> None:
    assert {path.partition(".")[0] for path in DEFINING} <= set(INPUTS)
