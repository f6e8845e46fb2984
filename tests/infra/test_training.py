"""Training: what a job is asked to do, and where."""

from __future__ import annotations

import re

import pytest

from infra.components.training import can_encrypt_volume, definition_of, hyperparameter, metric_regex
from infra.components.training_definition import INPUTS, faults
from infra.settings_compute import JobSettings
from tests.infra.compute_fixtures import only, recorded_training
from tests.support.recorder import Recording

JOB = "pulumi-python:dynamic/sagemaker:TrainingJob"
GROUP = "aws:sagemaker/modelPackageGroup:ModelPackageGroup"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


@pytest.fixture(scope="module")
def stack() -> Recording:
    return recorded_training()


def test_what_is_declared_is_what_the_provider_takes(stack: Recording) -> None:
    inputs = {key: value for key, value in only(stack, JOB).props.items() if not key.startswith("__")}
    assert set(inputs) <= set(INPUTS)
    assert faults(inputs) == []


def test_the_job_reads_the_dataset_and_writes_under_our_key_in_our_subnets(stack: Recording) -> None:
    job = only(stack, JOB)
    assert job.get("channels") == {"train": "s3://curated/digits/abc/train/", "test": "s3://curated/digits/abc/test/"}
    assert job.get("outputDataConfig") == {
        "s3OutputPath": "s3://models/digits",
        "kmsKeyId": job.get("resourceConfig.volumeKmsKeyId"),
    }
    assert job.get("checkpointConfig.s3Uri") == "s3://checkpoints/digits"
    assert job.get("vpcConfig.subnets") == ["subnet-a", "subnet-b"]
    assert len(job.get("vpcConfig.securityGroupIds")) == 1
    assert job.get("enableNetworkIsolation") is True
    assert job.get("enableInterContainerTrafficEncryption") is True


def test_the_job_waits_for_the_rules_that_let_it_reach_the_lake(stack: Recording) -> None:
    dependencies = set(stack.options[only(stack, JOB).urn]["dependencies"])
    assert {rule.urn for rule in stack.of(EGRESS)} <= dependencies


def test_workload_and_processes_are_hyperparameters_and_all_are_text(stack: Recording) -> None:
    assert only(stack, JOB).get("hyperParameters") == {"workload": "digits", "processes_per_host": "2"}
    assert [hyperparameter(value) for value in (3, 0.5, True, "adam")] == ["3", "0.5", "true", "adam"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("test_loss=0.25;", "0.25"),
        ("epoch=1; test_loss=1e-05;", "1e-05"),
        ("best_test_loss=0.1;", None),
        ("test_loss=0.25", None),
    ],
)
def test_a_metric_is_found_in_its_line_and_in_no_other(line: str, found: str | None) -> None:
    match = re.search(metric_regex("test_loss"), line)
    assert (match and match[1]) == found


def test_a_spot_job_says_how_long_it_may_wait() -> None:
    definition = definition_of(JobSettings(spot=True, max_runtime_seconds=600))
    assert definition["stoppingCondition"] == {"maxRuntimeInSeconds": 600, "maxWaitTimeInSeconds": 1200}
    assert definition["enableManagedSpotTraining"] is True
    assert definition_of(JobSettings())["stoppingCondition"] == {"maxRuntimeInSeconds": 3600}


def test_types_with_nvme_disks_get_no_volume_key() -> None:
    assert can_encrypt_volume("ml.m5.large")
    assert not can_encrypt_volume("ml.g5.xlarge")
    job = only(recorded_training(jobs={"digits": {"instanceType": "ml.g5.xlarge", "processesPerHost": 1}}), JOB)
    assert job.get("resourceConfig.volumeKmsKeyId") is None


def test_every_job_has_a_group_for_its_models() -> None:
    two = recorded_training(jobs={"digits": {}, "wide": {"hyperparameters": {"width": 256}}})
    assert {view.get("modelPackageGroupName") for view in two.of(GROUP)} == {"slipway-dev-digits", "slipway-dev-wide"}
    assert len(two.of(JOB)) == 2


def test_the_accounts_log_group_is_ours_only_where_asked_for(stack: Recording) -> None:
    assert not stack.of(LOGS)
    logs = only(recorded_training(ownLogGroup=True), LOGS)
    assert (logs.get("name"), logs.get("retentionInDays")) == ("/aws/sagemaker/TrainingJobs", 90)


def test_a_workload_without_data_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match=r"jobs\.digits\.workload = 'digits': no dataset"):
        recorded_training(datasets={})
