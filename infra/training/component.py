"""Training jobs of a stack: their network, their definitions, the groups their models are registered in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from catalog.instances import instance_facts
from infra.base.iam import CORPORA
from infra.base.naming import Naming
from infra.lake.datasets import SPLITS
from infra.network.security_rules import ANYWHERE, HTTPS, SecurityGroupRules
from infra.training.decide import corpus_uri, exported
from infra.training.settings import JobSettings, Run, TrainingSettings
from infra.training.training_job import TrainingJob
from infra.training.workloads import Leaves
from tools.jobs.runners.sagemaker.logs import LOG_GROUP

# What an evaluation takes over from its job.
EVALUATION_INPUTS: Final = ("namePrefix", "region", "roleArn", "vpcConfig", "tags", "environment", "revision")
EVALUATION_WORKLOAD: Final = "evaluate"
EVALUATION_SECONDS: Final = 3600


@dataclass(frozen=True, kw_only=True)
class TrainingArgs:
    """What jobs need from others.

    `datasets` is by name, then by channel (train, test): S3 URIs whose keys carry a content hash, so that new data is a new job.
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
    curated_bucket: pulumi.Input[str]
    models_bucket: pulumi.Input[str]
    checkpoints_bucket: pulumi.Input[str]
    models_key_arn: pulumi.Input[str]
    logs_key_arn: pulumi.Input[str]
    log_retention_days: int


class Training(pulumi.ComponentResource):
    """The jobs of the settings: those of `up` run to their end, all of them told in `definitions`, each model's group made.

    Outputs are by the job's name in the settings; those of a run are there for jobs of `up` only.
    """

    job_names: dict[str, pulumi.Output[str]]
    model_artifacts: dict[str, pulumi.Output[str]]
    metrics: dict[str, pulumi.Output[dict[str, float]]]
    model_group_names: dict[str, pulumi.Output[str]]
    definitions: dict[str, pulumi.Output[dict[str, Any]]]
    security_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: TrainingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:ml:Training", name, None, opts)
        self._args, self._naming = args, args.naming
        self._corpora: dict[str, pulumi.Output[str]] = {}
        group = SecurityGroupRules(self, self._naming, "training", "Hosts of training jobs", args.vpc_id)
        before: list[pulumi.Resource] = [
            group.allow_out("to-https", "The lake, the registry and AWS", HTTPS, cidr=ANYWHERE),
            # Hosts of one job talk over whatever ports NCCL, Gloo or MPI take.
            *group.allow_within("Hosts of a job among each other"),
        ]
        self.security_group_id = group.id
        if args.settings.own_log_group:
            before.append(self._log_group())
        declared, inputs = args.settings.jobs, {}
        for job in args.settings.ordered():
            inputs[job] = self._inputs(job, declared[job])
            if declared[job].facts.leaves is Leaves.CORPUS:
                self._corpora[job] = pulumi.Output.from_input(inputs[job]).apply(corpus_uri)
        jobs: dict[str, TrainingJob] = {}
        for job in args.settings.ordered():
            if declared[job].run is Run.UP:
                needs = [jobs[need] for need in args.settings.needs(job)]
                options = pulumi.ResourceOptions(parent=self, depends_on=[*before, *needs])
                jobs[job] = TrainingJob(self._naming.name(job), inputs[job], options)
        in_order = [job for job in declared if job in jobs]
        self.job_names = {job: jobs[job].job_name for job in in_order}
        # What leaves no model has an empty archive.
        self.model_artifacts = {job: jobs[job].model_artifact for job in in_order if declared[job].leaves_model}
        self.metrics = {job: jobs[job].metrics for job in in_order}
        self.model_group_names = {job: self._model_group(job) for job, settings in declared.items() if settings.leaves_model}
        self.definitions = {job: self._definition(job, settings, inputs[job]) for job, settings in declared.items()}
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

    def _inputs(self, job: str, settings: JobSettings) -> dict[str, Any]:
        """The job's inputs, as `infra.training.decide` knows them."""
        args, name = self._args, self._naming.name(job)
        data = self._data(job, settings)
        inputs = {
            **definition_of(settings),
            "namePrefix": name,
            "region": args.region,
            "roleArn": args.role_arn,
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
        if settings.facts.leaves is Leaves.CORPUS:
            inputs["corpusConfig"] = {"s3Uri": pulumi.Output.concat("s3://", args.curated_bucket, f"/{CORPORA}/{job}")}
        channels: dict[str, pulumi.Input[str]] = {
            channel: pulumi.Output.concat("s3://", args.curated_bucket, "/", folder)
            for channel, folder in settings.channels.items()
        }
        if settings.streaming:
            inputs["streaming"] = True
            if data:
                # What holds train/ and test/.
                inputs["dataUri"] = pulumi.Output.from_input(data["train"]).apply(lambda uri: uri.removesuffix("train/"))
        else:
            channels = {**data, **channels}
        if channels:
            inputs["channels"] = channels
        return inputs

    def _data(self, job: str, settings: JobSettings) -> dict[str, pulumi.Input[str]]:
        """S3 URIs of what the job learns from, by channel; none for a workload that reads nothing of the lake."""
        if corpus := self._corpora.get(settings.data):
            return {split: pulumi.Output.concat(corpus, f"{split}/") for split in SPLITS}
        if settings.data and settings.data not in self._args.datasets:
            known = ", ".join(sorted([*self._args.datasets, *self._corpora])) or "none"
            raise ValueError(
                f"slipway:training.jobs.{job}.workload = {settings.workload!r}: no dataset for it (there are: {known}); "
                "add one to the lake, or take a workload that has one"
            )
        return dict(self._args.datasets[settings.data]) if settings.data else {}

    def _definition(self, job: str, settings: JobSettings, inputs: dict[str, Any]) -> pulumi.Output[dict[str, Any]]:
        """What tools need to run the job, to register and judge its model, and to know whether it was run."""
        told: dict[str, Any] = {
            **job_facts(settings),
            "region": self._args.region,
            "namePrefix": self._naming.name(job),
            "needs": list(self._args.settings.needs(job)),
            "group": self.model_group_names.get(job),
            "jobName": self.job_names.get(job),
            "checkpoints": inputs.get("checkpointConfig", {}).get("s3Uri"),
        }
        evaluation = self._evaluation(job, settings, inputs)

        def tell(known: Any) -> dict[str, Any]:
            judged = exported(known["evaluation"])["request"] if known["evaluation"] else None
            return {**known["told"], **exported(known["inputs"]), "evaluation": judged}

        return pulumi.Output.from_input({"told": told, "inputs": inputs, "evaluation": evaluation}).apply(tell)

    def _evaluation(self, job: str, settings: JobSettings, inputs: dict[str, Any]) -> dict[str, Any] | None:
        """The job that measures a version of this job's model on the held-out data; None for what leaves none."""
        data = self._data(job, settings) if settings.leaves_model else {}
        if not data:
            return None
        kept = {key: value for key, value in inputs.items() if key in EVALUATION_INPUTS}
        return {
            **kept,
            **evaluation_of(settings),
            "algorithmSpecification": {
                **evaluation_of(settings)["algorithmSpecification"],
                "trainingImage": self._args.image_uri,
            },
            "resourceConfig": {**inputs["resourceConfig"], "instanceCount": 1},
            "channels": {"test": data["test"]},
            "outputDataConfig": {
                "s3OutputPath": pulumi.Output.concat("s3://", self._args.models_bucket, f"/{job}/evaluation"),
                "kmsKeyId": self._args.models_key_arn,
            },
        }

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


def job_facts(settings: JobSettings) -> dict[str, Any]:
    """What a stack tells of a job beside its request, as far as its settings alone say it."""
    return {
        "run": settings.run.value,
        "workload": settings.workload,
        "dataset": settings.data,
        "streaming": settings.streaming,
        "approval": {metric: bound.model_dump(exclude_none=True) for metric, bound in settings.approval.items()},
        "models": {channel: source.model_dump(exclude_none=True) for channel, source in settings.models.items()},
        "search": {name: range_.model_dump(mode="json", exclude_defaults=True) for name, range_ in settings.search.items()},
    }


def evaluation_of(settings: JobSettings) -> dict[str, Any]:
    """The inputs of an evaluation that come from its job's settings: one process, no network, the metrics of held-out data."""
    metrics = [metric for metric in settings.metrics if metric.startswith("test_")]
    return {
        "algorithmSpecification": {
            "trainingInputMode": "File",
            "metricDefinitions": [{"name": metric, "regex": metric_regex(metric)} for metric in metrics],
        },
        "hyperParameters": {"workload": EVALUATION_WORKLOAD, "processes_per_host": "1"},
        "stoppingCondition": {"maxRuntimeInSeconds": EVALUATION_SECONDS},
        "enableNetworkIsolation": True,
    }


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
        "enableNetworkIsolation": settings.isolated,
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
