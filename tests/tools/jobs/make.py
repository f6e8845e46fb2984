"""Definitions and descriptions of jobs, as a stack and SageMaker give them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.localcloud.services.sagemaker.cloud import ACCOUNT, BUCKET, REGION, TRAINING_IMAGE
from tools.jobs.definition import JobDefinition, from_outputs

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
METRIC = {"Name": "test_accuracy", "Regex": r"\btest_accuracy=([-+0-9.eE]+);"}


def outputs(**jobs: dict[str, Any]) -> dict[str, Any]:
    """The output `trainingJobs` of a stack; of each job, its hyperparameter `program` and the fields that it has otherwise."""
    return {"trainingJobs": {name: _told(name, **changes) for name, changes in jobs.items()}}


def _told(name: str, program: str = "", **changes: Any) -> dict[str, Any]:
    # A workload whose settings are not known: its hyperparameter `program` is the Python that runs.
    workload = changes.get("workload", "own")
    request = {
        "AlgorithmSpecification": {"TrainingImage": TRAINING_IMAGE, "TrainingInputMode": "File", "MetricDefinitions": [METRIC]},
        "HyperParameters": {"workload": workload, "processes_per_host": "1", "program": program},
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/training",
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/{name}", "KmsKeyId": "key"},
        "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/checkpoints/{name}/test-{name}-0123456789"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30, "VolumeKmsKeyId": "key"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "EnableNetworkIsolation": True,
        "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        "Tags": [{"Key": key, "Value": "test"} for key in ("CostCenter", "Environment", "ManagedBy", "Owner", "Project")],
    }
    request |= changes.pop("request", {})
    told = {
        "run": "demand",
        "workload": workload,
        "region": REGION,
        "namePrefix": f"test-{name}",
        "definition": "0123456789",
        "request": request,
        "group": None,
        "checkpoints": f"s3://{BUCKET}/checkpoints/{name}",
    }
    return {**told, **changes}


def template_of(**changes: Any) -> dict[str, Any]:
    """What a stack exports as the request of a job, with these fields changed."""
    told: dict[str, Any] = _told("digits", request=changes)["request"]
    return told


def job(name: str = "digits", **changes: Any) -> JobDefinition:
    return from_outputs(outputs(**{name: changes}))[name]


def described(seconds: float | None = 100, status: str = "InProgress", **changes: Any) -> dict[str, Any]:
    """DescribeTrainingJob's answer for a job that started so long before `STARTED + seconds`."""
    return {
        "TrainingJobName": "job-1",
        "TrainingJobArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/job-1",
        "TrainingJobStatus": status,
        "SecondaryStatus": "Training" if status == "InProgress" else status,
        "CreationTime": STARTED - timedelta(seconds=5),
        **({"TrainingStartTime": STARTED} if seconds is not None else {}),
        **({"TrainingEndTime": STARTED + timedelta(seconds=seconds or 0)} if status != "InProgress" else {}),
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 0},
        "AlgorithmSpecification": {"TrainingImage": TRAINING_IMAGE},
        **changes,
    }
