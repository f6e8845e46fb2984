"""Training jobs: the request that a job declares, its data, network and keys, and what a stack exports of each job."""

from __future__ import annotations

import re
from typing import Any

import pytest

from catalog.types import cloudwatch, sagemaker, vpc
from infra.training.decide import INPUTS, definition_hash, faults, job_name, spec
from infra.training.job_inputs import can_encrypt_volume, definition_of, hyperparameter, metric_regex
from infra.training.job_settings import JobSettings
from tests.infra.recorded_components import only, recorded_training
from tests.support.recorder import Recording
from tests.support.values import read
from tools.jobs.runners.sagemaker.request import create_arguments


@pytest.fixture(scope="module")
def stack() -> Recording:
    return recorded_training()


def test_the_declared_inputs_are_those_that_the_provider_takes(stack: Recording) -> None:
    inputs = {key: value for key, value in only(stack, sagemaker.TRAINING_JOB).props.items() if not key.startswith("__")}
    assert set(inputs) <= set(INPUTS)
    assert faults(inputs) == []


def test_the_job_reads_the_dataset_and_writes_under_our_key_in_our_subnets(stack: Recording) -> None:
    job = only(stack, sagemaker.TRAINING_JOB)
    assert read(job, "channels") == {"train": "s3://curated/digits/abc/train/", "test": "s3://curated/digits/abc/test/"}
    assert read(job, "outputDataConfig") == {
        "s3OutputPath": "s3://models/digits",
        "kmsKeyId": read(job, "resourceConfig.volumeKmsKeyId"),
    }
    assert read(job, "checkpointConfig.s3Uri") == "s3://checkpoints/digits"
    assert read(job, "vpcConfig.subnets") == ["subnet-a", "subnet-b"]
    assert len(read(job, "vpcConfig.securityGroupIds")) == 1
    assert read(job, "enableNetworkIsolation") is True
    assert read(job, "enableInterContainerTrafficEncryption") is True


def test_the_job_depends_on_the_security_group_rules_by_which_it_reaches_the_lake(stack: Recording) -> None:
    dependencies = set(stack.options[only(stack, sagemaker.TRAINING_JOB).urn]["dependencies"])
    assert {rule.urn for rule in stack.of(vpc.SECURITY_GROUP_EGRESS_RULE)} <= dependencies


def test_workload_and_processes_are_hyperparameters_and_all_are_text(stack: Recording) -> None:
    assert read(only(stack, sagemaker.TRAINING_JOB), "hyperParameters") == {"workload": "digits", "processes_per_host": "2"}
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
    job = only(
        recorded_training(jobs={"digits": {"instanceType": "ml.g5.xlarge", "processesPerHost": 1}}), sagemaker.TRAINING_JOB
    )
    assert read(job, "resourceConfig.volumeKmsKeyId") is None


def test_every_job_has_a_group_for_its_models() -> None:
    two = recorded_training(jobs={"digits": {}, "wide": {"hyperparameters": {"width": 256}}})
    assert {read(view, "modelPackageGroupName") for view in two.of(sagemaker.MODEL_PACKAGE_GROUP)} == {
        "slipway-dev-digits",
        "slipway-dev-wide",
    }
    assert len(two.of(sagemaker.TRAINING_JOB)) == 2


def test_the_accounts_log_group_is_ours_only_where_asked_for(stack: Recording) -> None:
    assert not stack.of(cloudwatch.LOG_GROUP)
    logs = only(recorded_training(ownLogGroup=True), cloudwatch.LOG_GROUP)
    assert (read(logs, "name"), read(logs, "retentionInDays")) == ("/aws/sagemaker/TrainingJobs", 90)


def test_a_workload_without_data_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match=r"jobs\.digits\.workload = 'digits': no dataset"):
        recorded_training(datasets={})


DEMAND: dict[str, Any] = {
    "digits": {"approval": {"test_accuracy": {"min": 0.97}}},
    "corpus": {"workload": "corpus", "run": "demand"},
    "language": {"workload": "language", "run": "demand", "dataset": "corpus", "streaming": True, "spot": True},
    "copied": {"workload": "language", "run": "demand", "dataset": "corpus", "channels": {"labels": "labels/v3/"}},
    "tuned": {"run": "demand", "fromModel": {"job": "digits"}, "teacher": {"group": "other-digits"}},
}


@pytest.fixture(scope="module")
def demand() -> tuple[Recording, dict[str, dict[str, Any]]]:
    """A stack of jobs on demand, and what the stack exports of each job."""
    recording = recorded_training(jobs=DEMAND)
    return recording, recording.outputs["trainingJobs"]


def test_a_job_on_demand_is_no_resource_but_has_a_group(demand: tuple[Recording, dict[str, Any]]) -> None:
    recording, exported = demand
    assert [view.name for view in recording.of(sagemaker.TRAINING_JOB)] == ["slipway-dev-digits"]
    groups = {read(view, "modelPackageGroupName") for view in recording.of(sagemaker.MODEL_PACKAGE_GROUP)}
    assert groups == {f"slipway-dev-{name}" for name in ("digits", "language", "copied", "tuned")}
    assert {name: job["group"] for name, job in exported.items() if job["group"]} == {
        name: f"slipway-dev-{name}" for name in ("digits", "language", "copied", "tuned")
    }
    assert (exported["corpus"]["group"], exported["corpus"]["evaluation"]) == (None, None)


def test_the_job_that_up_runs_and_the_exported_job_are_one_request(demand: tuple[Recording, dict[str, Any]]) -> None:
    recording, exported = demand
    inputs = {key: value for key, value in only(recording, sagemaker.TRAINING_JOB).props.items() if key in INPUTS}
    assert {"TrainingJobName": job_name(inputs), **exported["digits"]["request"]} == create_arguments(
        spec(inputs), job_name(inputs)
    )
    assert exported["digits"]["definition"] == definition_hash(inputs)
    assert exported["digits"]["jobName"] == "slipway-dev-digits"
    assert exported["digits"]["approval"] == {"test_accuracy": {"min": 0.97}}


def test_a_streaming_job_gets_the_places_of_its_data_and_checkpoints_in_s3(demand: tuple[Recording, dict[str, Any]]) -> None:
    _, exported = demand
    corpus, language = exported["corpus"], exported["language"]
    place = f"s3://curated/corpora/corpus/{corpus['definition']}/"
    assert corpus["request"]["HyperParameters"]["output_uri"] == place
    asked = language["request"]
    assert asked["HyperParameters"]["data_uri"] == place
    assert asked["HyperParameters"]["checkpoint_uri"] == (
        f"s3://checkpoints/language/slipway-dev-language-{language['definition']}"
    )
    assert "InputDataConfig" not in asked, "nothing is copied"
    assert "CheckpointConfig" not in asked, "SageMaker would copy every checkpoint to the host as well"
    assert asked["EnableNetworkIsolation"] is False
    assert language["needs"] == ["corpus"]


def test_a_corpus_is_copied_where_the_job_does_not_stream(demand: tuple[Recording, dict[str, Any]]) -> None:
    _, exported = demand
    asked = exported["copied"]["request"]
    channels = {item["ChannelName"]: item["DataSource"]["S3DataSource"]["S3Uri"] for item in asked["InputDataConfig"]}
    place = f"s3://curated/corpora/corpus/{exported['corpus']['definition']}/"
    assert channels == {"train": f"{place}train/", "test": f"{place}test/", "labels": "s3://curated/labels/v3/"}
    assert asked["EnableNetworkIsolation"] is True
    assert asked["CheckpointConfig"]["S3Uri"].startswith("s3://checkpoints/copied/slipway-dev-copied-")


def test_another_corpus_is_other_data_and_so_another_definition() -> None:
    more = {**DEMAND, "corpus": {**DEMAND["corpus"], "hyperparameters": {"tokenizer": "bpe"}}}
    one, other = (recorded_training(jobs=jobs).outputs["trainingJobs"] for jobs in (DEMAND, more))
    assert one["digits"]["definition"] == other["digits"]["definition"]
    assert one["language"]["definition"] != other["language"]["definition"]


def test_models_that_a_job_reads_are_exported_by_job_or_group(demand: tuple[Recording, dict[str, Any]]) -> None:
    _, exported = demand
    assert exported["tuned"]["models"] == {"model": {"job": "digits"}, "teacher": {"group": "other-digits"}}
    assert exported["tuned"]["needs"] == ["digits"]


def test_an_evaluation_measures_held_out_data_on_one_host_without_a_network() -> None:
    exported = recorded_training(jobs={"digits": {"instanceCount": 2, "spot": True}}).outputs["trainingJobs"]["digits"][
        "evaluation"
    ]
    assert exported["HyperParameters"] == {"workload": "evaluate", "processes_per_host": "1"}
    assert [item["ChannelName"] for item in exported["InputDataConfig"]] == ["test"]
    assert exported["ResourceConfig"]["InstanceCount"] == 1
    assert exported["EnableNetworkIsolation"] is True
    assert exported["EnableManagedSpotTraining"] is False
    assert exported["OutputDataConfig"]["S3OutputPath"] == "s3://models/digits/evaluation"
    assert {row["Name"] for row in exported["AlgorithmSpecification"]["MetricDefinitions"]} >= {"test_accuracy", "test_loss"}


def test_requests_on_demand_break_no_mandatory_rule(demand: tuple[Recording, dict[str, Any]]) -> None:
    from policies.evaluate import evaluate
    from tools.flows.job_verdict import NamedSpec, job_plan
    from tools.jobs.clients import connect
    from tools.jobs.runners.sagemaker import SageMaker
    from tools.jobs.runners.sagemaker.request import spec_of

    _, exported = demand
    runs = [NamedSpec(name=name, spec=spec_of(job["request"])) for name, job in exported.items()]
    found = evaluate(job_plan(SageMaker(connect("eu-west-1")), runs))
    assert found.evaluated == len(DEMAND)
    assert [violation for violation in found.violations if violation.level == "mandatory"] == []
