"""Training jobs of a stack: their network, their definitions, the groups their models are registered in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.catalog.instances import instance_facts
from infra.components.security_rules import ANYWHERE, HTTPS, SecurityGroupRules
from infra.components.training_job import LOG_GROUP, TrainingJob
from infra.naming import Naming
from infra.settings_compute import JobSettings, TrainingSettings


@dataclass(frozen=True, kw_only=True)
class TrainingArgs:
    """What jobs need from others.

    `datasets` is by workload, then by channel: S3 URIs whose keys carry a content hash, so that new data is a new job.
    `image_uri` carries the source digest for the same reason. Buckets are names.
    """

    naming: Naming
    settings: TrainingSettings
    region: str
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    role_arn: pulumi.Input[str]
    image_uri: pulumi.Input[str]
    datasets: Mapping[str, Mapping[str, pulumi.Input[str]]]
    models_bucket: pulumi.Input[str]
    checkpoints_bucket: pulumi.Input[str]
    models_key_arn: pulumi.Input[str]
    logs_key_arn: pulumi.Input[str]
    log_retention_days: int


class Training(pulumi.ComponentResource):
    """Every job of the settings, run to its end. Outputs are by the job's name in the settings."""

    job_names: dict[str, pulumi.Output[str]]
    model_artifacts: dict[str, pulumi.Output[str]]
    metrics: dict[str, pulumi.Output[dict[str, float]]]
    model_group_names: dict[str, pulumi.Output[str]]
    security_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: TrainingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:ml:Training", name, None, opts)
        self._args, self._naming = args, args.naming
        group = SecurityGroupRules(self, self._naming, "training", "Hosts of training jobs", args.vpc_id)
        before: list[pulumi.Resource] = [
            group.allow_out("to-https", "The lake, the registry and AWS", HTTPS, cidr=ANYWHERE),
            # Hosts of one job talk over whatever ports NCCL, Gloo or MPI take.
            *group.allow_within("Hosts of a job among each other"),
        ]
        self.security_group_id = group.id
        if args.settings.own_log_group:
            before.append(self._log_group())
        jobs = {job: self._job(job, settings, before) for job, settings in args.settings.jobs.items()}
        self.job_names = {job: made.job_name for job, made in jobs.items()}
        self.model_artifacts = {job: made.model_artifact for job, made in jobs.items()}
        self.metrics = {job: made.metrics for job, made in jobs.items()}
        self.model_group_names = {job: self._model_group(job) for job in args.settings.jobs}
        self.register_outputs(
            {
                "jobNames": self.job_names,
                "modelArtifacts": self.model_artifacts,
                "metrics": self.metrics,
                "modelGroupNames": self.model_group_names,
                "securityGroupId": self.security_group_id,
            }
        )

    def _log_group(self) -> aws.cloudwatch.LogGroup:
        name = self._naming.name("training-logs")
        return aws.cloudwatch.LogGroup(
            name,
            name=LOG_GROUP,
            retention_in_days=self._args.log_retention_days,
            kms_key_id=self._args.logs_key_arn,
            tags=self._naming.tags(name),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _job(self, job: str, settings: JobSettings, before: list[pulumi.Resource]) -> TrainingJob:
        args, name = self._args, self._naming.name(job)
        channels = args.datasets.get(settings.workload)
        if not channels:
            known = ", ".join(sorted(args.datasets)) or "none"
            raise ValueError(
                f"slipway:training.jobs.{job}.workload = {settings.workload!r}: no dataset for it (there are: {known}); "
                "add one to the lake, or take a workload that has one"
            )
        inputs = {
            **definition_of(settings),
            "namePrefix": name,
            "region": args.region,
            "roleArn": args.role_arn,
            "channels": dict(channels),
            "vpcConfig": {"subnets": list(args.subnet_ids), "securityGroupIds": [self.security_group_id]},
            "outputDataConfig": {
                "s3OutputPath": pulumi.Output.concat("s3://", args.models_bucket, f"/{job}"),
                "kmsKeyId": args.models_key_arn,
            },
            "tags": self._naming.tags(name),
        }
        inputs["algorithmSpecification"]["trainingImage"] = args.image_uri
        if can_encrypt_volume(settings.instance_type):
            inputs["resourceConfig"]["volumeKmsKeyId"] = args.models_key_arn
        if settings.checkpoints:
            inputs["checkpointConfig"] = {"s3Uri": pulumi.Output.concat("s3://", args.checkpoints_bucket, f"/{job}")}
        return TrainingJob(name, inputs, pulumi.ResourceOptions(parent=self, depends_on=before))

    def _model_group(self, job: str) -> pulumi.Output[str]:
        name = self._naming.name(job)
        group = aws.sagemaker.ModelPackageGroup(
            name,
            model_package_group_name=name,
            model_package_group_description=f"Models that training job {job} made",
            tags=self._naming.tags(name),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return group.model_package_group_name


def definition_of(settings: JobSettings) -> dict[str, Any]:
    """The inputs of a job that come from its settings alone."""
    stopping = {"maxRuntimeInSeconds": settings.max_runtime_seconds}
    if settings.longest_wait_seconds is not None:
        stopping["maxWaitTimeInSeconds"] = settings.longest_wait_seconds
    return {
        "algorithmSpecification": {
            "trainingInputMode": "File",
            "metricDefinitions": [{"name": metric, "regex": metric_regex(metric)} for metric in settings.metrics],
        },
        "hyperParameters": {
            "workload": settings.workload,
            "processes_per_host": str(settings.processes_per_host),
            **{key: hyperparameter(value) for key, value in settings.hyperparameters.items()},
        },
        "environment": dict(settings.environment),
        "resourceConfig": {
            "instanceType": settings.instance_type,
            "instanceCount": settings.instance_count,
            "volumeSizeInGb": settings.volume_gb,
        },
        "stoppingCondition": stopping,
        "enableManagedSpotTraining": settings.spot,
        "enableNetworkIsolation": settings.network_isolation,
        "enableInterContainerTrafficEncryption": settings.encrypt_traffic,
        "revision": settings.revision,
    }


def hyperparameter(value: str | int | float | bool) -> str:
    """A value as SageMaker passes it, text that the container reads as JSON where it can."""
    return value if isinstance(value, str) else json.dumps(value)


def metric_regex(name: str) -> str:
    r"""What finds `name=0.98;` in a log line, and not `best_name=0.98;`."""
    return rf"\b{name}=([-+0-9.eE]+);"


def can_encrypt_volume(instance_type: str) -> bool:
    """Whether SageMaker takes a key for this type's volume: types with NVMe disks have none to encrypt, and it refuses the key.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html
    """
    return not instance_facts(instance_type).nvme
