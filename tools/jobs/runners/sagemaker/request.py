"""A spec as CreateTrainingJob takes it, and back: DescribeTrainingJob and a stack's outputs give the same fields.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from catalog.limits import DEFAULT_JOB_SECONDS, SAGEMAKER_NAME
from tools.jobs.spec import JobSpec, Machines, Network

_NAME: Final = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


def create_arguments(spec: JobSpec, name: str) -> dict[str, Any]:
    """CreateTrainingJob's arguments for a run called `name`. Raises ValueError for a name that SageMaker refuses."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no job name; use letters, digits and hyphens, {SAGEMAKER_NAME} at most")
    return {"TrainingJobName": name, **template(spec)}


def template(spec: JobSpec) -> dict[str, Any]:
    """All that CreateTrainingJob takes for a spec but the name: what a stack exports of a job."""
    arguments: dict[str, Any] = {
        "RoleArn": spec.role,
        "AlgorithmSpecification": {
            "TrainingImage": spec.image,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": metric, "Regex": pattern} for metric, pattern in spec.metrics.items()],
        },
        "HyperParameters": dict(spec.hyperparameters),
        "OutputDataConfig": {"S3OutputPath": spec.output, **_given("KmsKeyId", spec.output_key)},
        "ResourceConfig": {
            "InstanceType": spec.machines.instance_type,
            "InstanceCount": spec.machines.count,
            "VolumeSizeInGB": spec.machines.volume_gb,
            **_given("VolumeKmsKeyId", spec.machines.volume_key),
        },
        "StoppingCondition": {
            "MaxRuntimeInSeconds": spec.max_seconds,
            **_given("MaxWaitTimeInSeconds", spec.max_wait_seconds),
        },
        "EnableManagedSpotTraining": spec.spot,
        "EnableNetworkIsolation": spec.isolated,
        "EnableInterContainerTrafficEncryption": spec.encrypt_traffic,
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(spec.tags.items())],
    }
    if spec.channels:
        arguments["InputDataConfig"] = [_channel(name, uri) for name, uri in spec.channels.items()]
    if spec.environment:
        arguments["Environment"] = dict(spec.environment)
    if spec.network:
        arguments["VpcConfig"] = {
            "Subnets": list(spec.network.subnets),
            "SecurityGroupIds": list(spec.network.security_groups),
        }
    if spec.checkpoints:
        arguments["CheckpointConfig"] = {"S3Uri": spec.checkpoints}
    return arguments


def spec_of(asked: Mapping[str, Any]) -> JobSpec:
    """The spec in CreateTrainingJob's arguments or DescribeTrainingJob's answer.

    What `template` made comes back whole. Of a job that another tool started, hosts of several kinds count as the first kind.
    """
    algorithm, stopping = asked["AlgorithmSpecification"], asked.get("StoppingCondition") or {}
    output, network = asked.get("OutputDataConfig") or {}, asked.get("VpcConfig") or {}
    return JobSpec(
        image=str(algorithm.get("TrainingImage") or algorithm.get("AlgorithmName") or ""),
        hyperparameters={key: str(value) for key, value in (asked.get("HyperParameters") or {}).items()},
        machines=_machines(asked["ResourceConfig"]),
        role=str(asked.get("RoleArn") or ""),
        output=str(output.get("S3OutputPath") or ""),
        output_key=str(output.get("KmsKeyId") or ""),
        channels={item["ChannelName"]: source_of(item) for item in asked.get("InputDataConfig") or ()},
        environment={key: str(value) for key, value in (asked.get("Environment") or {}).items()},
        checkpoints=str((asked.get("CheckpointConfig") or {}).get("S3Uri") or ""),
        metrics={row["Name"]: row["Regex"] for row in algorithm.get("MetricDefinitions") or ()},
        max_seconds=int(stopping.get("MaxRuntimeInSeconds") or DEFAULT_JOB_SECONDS),
        max_wait_seconds=int(stopping["MaxWaitTimeInSeconds"]) if stopping.get("MaxWaitTimeInSeconds") else None,
        spot=bool(asked.get("EnableManagedSpotTraining")),
        isolated=bool(asked.get("EnableNetworkIsolation")),
        encrypt_traffic=bool(asked.get("EnableInterContainerTrafficEncryption")),
        network=Network(subnets=tuple(network["Subnets"]), security_groups=tuple(network["SecurityGroupIds"]))
        if network
        else None,
        tags={item["Key"]: str(item["Value"]) for item in asked.get("Tags") or ()},
    )


def source_of(channel: Mapping[str, Any]) -> str:
    """Where a channel's data lies: its S3 URI, or `<kind>:<file system>/<path>`."""
    source = channel.get("DataSource") or {}
    if "S3DataSource" in source:
        return str(source["S3DataSource"]["S3Uri"])
    system = source.get("FileSystemDataSource") or {}
    return f"{system.get('FileSystemType', 'unknown')}:{system.get('FileSystemId', '')}{system.get('DirectoryPath', '')}"


def _machines(resources: Mapping[str, Any]) -> Machines:
    groups = resources.get("InstanceGroups") or [resources]
    return Machines(
        instance_type=str(groups[0].get("InstanceType") or ""),
        count=sum(int(group.get("InstanceCount") or 1) for group in groups),
        volume_gb=resources.get("VolumeSizeInGB") or 0,
        volume_key=str(resources.get("VolumeKmsKeyId") or ""),
    )


def _channel(name: str, uri: str) -> dict[str, Any]:
    """An input channel that copies what is under an S3 URI to every host."""
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def _given(key: str, value: str | int | None) -> dict[str, str | int]:
    return {key: value} if value else {}
