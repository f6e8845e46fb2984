"""A spec as SageMaker is asked for it, and the spec that its answers hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.tools.jobs.make import described, job, template_of
from tools.jobs.runners.sagemaker.describe import view_of
from tools.jobs.runners.sagemaker.request import create_arguments, spec_of, template
from tools.jobs.spec import JobSpec, Machines, Network

EVERYTHING = JobSpec(
    image="1.dkr.ecr.eu-west-1.amazonaws.com/training:src-1",
    hyperparameters={"workload": "digits", "epochs": "3"},
    machines=Machines(instance_type="ml.g5.xlarge", count=2, volume_gb=30, volume_key="disk-key"),
    role="arn:aws:iam::1:role/training",
    output="s3://models/digits",
    output_key="key",
    channels={"train": "s3://data/train/", "test": "s3://data/test/"},
    environment={"LOG_LEVEL": "info"},
    checkpoints="s3://checkpoints/digits/one",
    metrics={"test_accuracy": r"\btest_accuracy=([-+0-9.eE]+);"},
    max_seconds=3600,
    max_wait_seconds=7200,
    spot=True,
    isolated=True,
    encrypt_traffic=True,
    network=Network(subnets=("subnet-1",), security_groups=("sg-1",)),
    tags={"Project": "slipway", "Owner": "us"},
)


def test_a_spec_comes_back_whole_from_what_sagemaker_is_asked() -> None:
    assert spec_of(template(EVERYTHING)) == replace(EVERYTHING, tags={"Owner": "us", "Project": "slipway"})
    bare = JobSpec(image="i", hyperparameters={}, machines=Machines(instance_type="ml.m5.large"))
    assert spec_of(template(bare)) == bare


def test_what_a_spec_lacks_is_not_asked_for() -> None:
    asked = template(JobSpec(image="i", hyperparameters={}, machines=Machines(instance_type="ml.m5.large")))
    assert not {"InputDataConfig", "Environment", "VpcConfig", "CheckpointConfig"} & set(asked)
    assert "KmsKeyId" not in asked["OutputDataConfig"]
    assert "VolumeKmsKeyId" not in asked["ResourceConfig"]
    assert asked["StoppingCondition"] == {"MaxRuntimeInSeconds": 86_400}


def test_what_a_stack_exports_is_asked_for_as_it_stands() -> None:
    exported = template_of()
    asked = create_arguments(job().spec, "run-1")
    assert {key: asked[key] for key in exported} == exported
    assert asked["TrainingJobName"] == "run-1"


@pytest.mark.parametrize(("name", "said"), [("no_name", "is no job name"), ("x" * 64, "63 at most"), ("-x", "is no job name")])
def test_a_name_that_sagemaker_refuses_is_refused_before_it_is_asked(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        create_arguments(EVERYTHING, name)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"TrainingTimeInSeconds": 90}, 90),
        ({}, 100),
    ],
)
def test_the_seconds_of_training_are_sagemakers_own_count_where_it_has_one(changes: dict[str, Any], told: int) -> None:
    assert view_of(described(100, "Completed", **changes)).training_seconds == told
    assert view_of(described(100)).training_seconds == 0, "known at the end"


def test_a_job_of_another_tool_is_described_as_far_as_it_goes() -> None:
    system = {"FileSystemId": "fs-1", "FileSystemType": "FSxLustre", "FileSystemAccessMode": "ro", "DirectoryPath": "/x"}
    view = view_of(
        described(
            AlgorithmSpecification={"AlgorithmName": "xgboost"},
            ResourceConfig={
                "InstanceGroups": [
                    {"InstanceType": "ml.g5.xlarge", "InstanceCount": 2},
                    {"InstanceType": "ml.m5.large", "InstanceCount": 1},
                ]
            },
            InputDataConfig=[{"ChannelName": "fast", "DataSource": {"FileSystemDataSource": system}}],
        )
    )
    assert (view.spec.image, view.spec.machines.instance_type, view.spec.machines.count) == ("xgboost", "ml.g5.xlarge", 3)
    assert view.spec.channels == {"fast": "FSxLustre:fs-1/x"}
