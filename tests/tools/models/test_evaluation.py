"""The job that evaluates a model version, and the record of its metrics."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from tools.flows import models as stack_models
from tools.flows.models import Evaluated
from tools.jobs.runners.sagemaker.request import spec_of
from tools.jobs.spec import JobSpec
from tools.models import RegistryError, evaluation, registry
from tools.models.approval import faults

from .cloud import BUCKET, TEST_DATA, Cloud, archive, channel, unique
from .test_approval import evaluated

RULES = {"test_accuracy": {"min": 0.97}}


def run(cloud: Cloud, group: str, model: str = "", **stack: Any) -> tuple[Any, list[str]]:
    """Evaluates the newest version of a group, as the verb does. Returns the version and the lines of progress."""
    said: list[str] = []
    there = cloud.deployed(group, approval=RULES, **stack)
    found = stack_models.evaluate(there, registry.find(cloud, model or group), say=said.append, pause=0.02)
    assert isinstance(found, Evaluated)
    return found.version, said


def test_an_evaluation_is_a_job_whose_metrics_are_kept_and_open_the_gate(cloud: Cloud, group: str) -> None:
    before = cloud.version(group, {"test_accuracy": 0.98, "test_loss": 0.1})
    there = cloud.deployed(group, approval=RULES)
    assert stack_models.in_the_way(there, before) == [f"it was never evaluated; run `./slipway models evaluate {group}/1`"]
    version, said = run(cloud, group)
    assert version.evaluation is not None
    assert version.evaluation.metrics == {"test_accuracy": 0.98, "test_loss": 0.1}
    assert (version.evaluation.data, version.evaluation.etag) == (TEST_DATA, version.artifact.etag)
    assert version.metrics == before.metrics
    assert stack_models.in_the_way(there, version) == []
    report = cloud.get(version.evaluation.statistics)
    assert report["slipway"]["metrics"] == {"test_accuracy": 0.98, "test_loss": 0.1}
    job = cloud.sagemaker.describe_training_job(TrainingJobName=version.evaluation.job)
    assert re.fullmatch(rf"{group}-eval-v1-[0-9a-f]{{10}}", version.evaluation.job)
    assert job["HyperParameters"] == {"workload": "evaluate", "processes_per_host": "1"}
    assert said[0].startswith(f"evaluation of {group}/1: at most ")
    assert said[1] == f"evaluation {version.evaluation.job} of {group}/1 started"


def test_the_same_evaluation_is_not_run_twice_but_that_of_other_data_is(cloud: Cloud, group: str) -> None:
    cloud.version(group)
    first, _ = run(cloud, group)
    again, said = run(cloud, group)
    assert again == first
    assert said[0].endswith("is there already; it is taken up")
    assert evaluation.wanted(first, training(channel("test", "s3://b/other/"))).name != first.evaluation.job


def test_a_new_evaluation_takes_the_place_of_the_one_before(cloud: Cloud, group: str) -> None:
    version = cloud.version(group)
    evaluation.record(cloud, version, cloud.evaluation({"test_accuracy": 0.98, "gone": 1.0}))
    new = evaluation.record(cloud, version, job := cloud.evaluation({"test_accuracy": 0.5}))
    assert new.evaluation is not None
    assert (new.evaluation.metrics, new.evaluation.job) == ({"test_accuracy": 0.5}, job.name)


def test_a_version_under_the_limit_may_not_be_approved(cloud: Cloud, group: str) -> None:
    version = evaluation.record(cloud, cloud.version(group), cloud.evaluation({"test_accuracy": 0.5}))
    (fault,) = faults(version, stack_models.gate(cloud.deployed(group, approval=RULES), version))
    assert fault.startswith("test_accuracy is 0.5, at least 0.97 is asked")


def test_a_failed_evaluation_says_why_and_is_tried_again_under_another_name(cloud: Cloud, group: str) -> None:
    cloud.version(group, {"fails": "ModelError: weights are damaged"})
    with pytest.raises(RegistryError, match=rf"the evaluation {group}-eval-v1-\S+ of {group}/1 is Failed: .*weights are damaged"):
        run(cloud, group)
    with pytest.raises(RegistryError, match=r"-r2 of \S+ is Failed"):
        run(cloud, group)
    assert registry.find(cloud, group).evaluation is None


def test_an_artifact_that_was_replaced_is_not_called_evaluated(cloud: Cloud, group: str) -> None:
    version = cloud.version(group)
    cloud.put(version.artifact.uri.removeprefix(f"s3://{BUCKET}/"), archive("says.json", {"test_accuracy": 1.0}))
    with pytest.raises(RegistryError, match=f"was replaced since {version.name} was registered"):
        evaluation.record(cloud, version, cloud.evaluation({"test_accuracy": 1.0}))


def test_a_report_of_another_archive_is_refused(cloud: Cloud, group: str) -> None:
    with pytest.raises(RegistryError, match=r"evaluated another artifact \(SHA-256 0000"):
        evaluation.record(cloud, cloud.version(group), cloud.evaluation({"test_accuracy": 1.0}, archive_sha256="0" * 64))


def test_a_version_deleted_during_its_evaluation_is_reported(cloud: Cloud, group: str) -> None:
    version = cloud.version(group)
    registry.delete(cloud, version)
    with pytest.raises(RegistryError, match="was deleted while it was evaluated"):
        evaluation.record(cloud, version, cloud.evaluation({"test_accuracy": 1.0}))


def test_an_evaluation_with_more_metrics_than_sagemaker_stores_is_refused(cloud: Cloud, group: str) -> None:
    many = {f"metric_{number}": 1.0 for number in range(45)}
    with pytest.raises(RegistryError, match="SageMaker keeps 50 of a version"):
        evaluation.record(cloud, cloud.version(group), cloud.evaluation(many))


def test_a_stack_without_held_out_data_cannot_evaluate(cloud: Cloud, group: str) -> None:
    cloud.version(group)
    with pytest.raises(RegistryError, match="job digits of stack local has no held-out data"):
        run(cloud, group, evaluated=False)


def test_a_model_of_no_job_of_the_stack_names_the_stacks_groups(cloud: Cloud, group: str) -> None:
    version = cloud.version(unique("another"))
    with pytest.raises(RegistryError, match=rf"is of no job of stack local \(its groups are {group}\).*--stack"):
        stack_models.gate(cloud.deployed(group), version)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no archive",
        archive("other.json", {}),
        archive("evaluation.json", {"slipway": {}}),
        archive("evaluation.json", {"slipway": {"metrics": {"a": "x"}}}),
    ],
)
def test_an_archive_without_a_valid_report_is_refused(body: bytes) -> None:
    with pytest.raises(RegistryError, match=r"s3://b/k holds no evaluation.json of the workload `evaluate`"):
        evaluation.read_report(body, "s3://b/k")


def training(*channels: dict[str, Any], **changes: Any) -> JobSpec:
    return spec_of(
        {
            "HyperParameters": {"workload": "digits", "epochs": "15"},
            "InputDataConfig": list(channels),
            "AlgorithmSpecification": {"TrainingImage": "i"},
            "ResourceConfig": {"InstanceCount": 4, "InstanceType": "ml.m5.large"},
            "CheckpointConfig": {"S3Uri": "s3://b/c"},
            **changes,
        }
    )


def test_an_evaluation_takes_only_the_machines_and_the_test_data_of_its_training_job() -> None:
    given = [channel(name, f"s3://b/{name}/") for name in ("train", "test", "model", "teacher", "labels")]
    spec = evaluation.wanted(evaluated(), training(*given)).spec
    assert list(spec.channels) == ["test", "labels", "model"]
    assert spec.channels["model"] == evaluated().artifact.uri
    assert spec.hyperparameters == {"workload": "evaluate", "processes_per_host": "1"}
    assert (spec.machines.instance_type, spec.machines.count) == ("ml.m5.large", 1)
    assert spec.checkpoints == ""


def test_streamed_data_is_evaluated_where_it_lies() -> None:
    streamed = training(HyperParameters={"data_uri": "s3://b/corpus", "workload": "language"})
    spec = evaluation.wanted(evaluated(), streamed).spec
    assert spec.hyperparameters["data_uri"] == "s3://b/corpus"
    assert evaluation.test_data(spec) == "s3://b/corpus"
    with pytest.raises(RegistryError, match="has neither a channel `test` nor data_uri"):
        evaluation.wanted(evaluated(), training(channel("train", "s3://b/train/")))


def test_a_long_groups_evaluation_has_a_name_that_sagemaker_takes() -> None:
    version = dataclasses.replace(evaluated(), group="a" * 40 + "-" * 10 + "b" * 13, version=12345)
    name = evaluation.wanted(version, training(channel("test", TEST_DATA))).name
    assert len(name) <= 63
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*", name)


def test_the_name_of_an_evaluation_stays_what_it_was_in_earlier_releases() -> None:
    told = training(channel("test", TEST_DATA), AlgorithmSpecification={"TrainingImage": "i", "MetricDefinitions": []})
    version = dataclasses.replace(evaluated(), group="digits", version=3)
    assert evaluation.wanted(version, told).name == "digits-eval-v3-dc65b99ad5"
