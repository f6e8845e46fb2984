"""Training jobs of a stack: their network, their definitions, the groups their models are registered in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from catalog.jobs import LOG_GROUP
from infra.base.component import Component
from infra.base.ground import Ground
from infra.lake.datasets import SPLITS
from infra.lake.decide import CORPORA
from infra.network.security_rules import ANYWHERE, HTTPS, SecurityGroupRules
from infra.network.vpc import Vpc
from infra.training.decide import corpus_uri, exported
from infra.training.job_inputs import can_encrypt_volume, definition_of, evaluation_of, job_facts
from infra.training.job_settings import JobSettings, Run
from infra.training.settings import TrainingSettings
from infra.training.training_job import TrainingJob
from workloads.catalog import Leaves

# What an evaluation takes over from its job.
EVALUATION_INPUTS: Final = ("namePrefix", "region", "roleArn", "vpcConfig", "tags", "environment", "revision")


@dataclass(frozen=True, kw_only=True)
class TrainingArgs:
    """What jobs need from others.

    `buckets` are the lake's, names by purpose. `datasets` is by name, then by channel (train, test): S3 URIs whose keys carry a
    content hash, so that new data is a new job. `image_uri` carries the source digest for the same reason.
    """

    ground: Ground
    settings: TrainingSettings
    vpc: Vpc
    buckets: Mapping[str, pulumi.Input[str]]
    datasets: Mapping[str, Mapping[str, pulumi.Input[str]]]
    image_uri: pulumi.Input[str]


class Training(Component[TrainingArgs], token="slipway:ml:Training"):
    """The jobs of the settings: those of `up` run to their end, each model has a group, and `definitions` describes every job.

    Outputs are by the job's name in the settings; those of a run are there for jobs of `up` only. `definitions` is exported by
    the stack and not registered.
    """

    job_names: dict[str, pulumi.Output[str]]
    model_artifacts: dict[str, pulumi.Output[str]]
    metrics: dict[str, pulumi.Output[dict[str, float]]]
    model_group_names: dict[str, pulumi.Output[str]]
    security_group_id: pulumi.Output[str]

    def declare(self, args: TrainingArgs) -> None:
        self._ground, self._naming = args.ground, args.ground.naming
        self._corpora: dict[str, pulumi.Output[str]] = {}
        group = SecurityGroupRules(self, self._naming, "training", "Hosts of training jobs", args.vpc.id)
        before: list[pulumi.Resource] = [
            group.allow_out("to-https", "The lake, the registry and AWS", HTTPS, cidr=ANYWHERE),
            # NCCL, Gloo and MPI choose the ports between the hosts of one job, so all ports are open within the group.
            *group.allow_within("Hosts of a job among each other"),
        ]
        self.security_group_id = group.id
        if args.settings.own_log_group:
            before.append(args.ground.log_group(self, self._naming.name("training-logs"), LOG_GROUP))
        declared, inputs = args.settings.jobs, {}
        for job in args.settings.ordered():
            inputs[job] = self._inputs(job, declared[job])
            if declared[job].facts.leaves is Leaves.CORPUS:
                self._corpora[job] = pulumi.Output.from_input(inputs[job]).apply(corpus_uri)
        jobs: dict[str, TrainingJob] = {}
        for job in args.settings.ordered():
            if declared[job].run is Run.UP:
                needs = [jobs[need] for need in args.settings.needs(job)]
                jobs[job] = TrainingJob(self._naming.name(job), inputs[job], self.child(depends_on=[*before, *needs]))
        in_order = [job for job in declared if job in jobs]
        self.job_names = {job: jobs[job].job_name for job in in_order}
        # A job that leaves no model has an empty archive as its artifact.
        self.model_artifacts = {job: jobs[job].model_artifact for job in in_order if declared[job].leaves_model}
        self.metrics = {job: jobs[job].metrics for job in in_order}
        self.model_group_names = {job: self._model_group(job) for job, settings in declared.items() if settings.leaves_model}
        self.definitions = {job: self._definition(job, settings, inputs[job]) for job, settings in declared.items()}

    def _inputs(self, job: str, settings: JobSettings) -> dict[str, Any]:
        """The job's inputs, as `decide.py` knows them."""
        args, name = self._args, self._naming.name(job)
        data = self._data(job, settings)
        inputs = {
            **definition_of(settings),
            "namePrefix": name,
            "region": args.ground.scope.region,
            "roleArn": args.ground.roles["training"],
            "vpcConfig": {"subnets": args.vpc.subnet_ids, "securityGroupIds": [self.security_group_id]},
            "outputDataConfig": {
                "s3OutputPath": pulumi.Output.concat("s3://", args.buckets["models"], f"/{job}"),
                "kmsKeyId": args.ground.keys["models"],
            },
            "tags": self._naming.tags(name),
        }
        inputs["algorithmSpecification"]["trainingImage"] = args.image_uri
        if can_encrypt_volume(settings.instance_type):
            inputs["resourceConfig"]["volumeKmsKeyId"] = args.ground.keys["models"]
        if settings.checkpoints:
            inputs["checkpointConfig"] = {"s3Uri": pulumi.Output.concat("s3://", args.buckets["checkpoints"], f"/{job}")}
        if settings.facts.leaves is Leaves.CORPUS:
            inputs["corpusConfig"] = {"s3Uri": pulumi.Output.concat("s3://", args.buckets["curated"], f"/{CORPORA}/{job}")}
        channels: dict[str, pulumi.Input[str]] = {
            channel: pulumi.Output.concat("s3://", args.buckets["curated"], "/", folder)
            for channel, folder in settings.channels.items()
        }
        if settings.streaming:
            inputs["streaming"] = True
            if data:
                # The folder that holds train/ and test/.
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
        known_now: dict[str, Any] = {
            **job_facts(settings),
            "region": self._args.ground.scope.region,
            "namePrefix": self._naming.name(job),
            "needs": list(self._args.settings.needs(job)),
            "group": self.model_group_names.get(job),
            "jobName": self.job_names.get(job),
            "checkpoints": inputs.get("checkpointConfig", {}).get("s3Uri"),
        }
        evaluation = self._evaluation(job, settings, inputs)

        def definition(known: Any) -> dict[str, Any]:
            judged = exported(known["evaluation"])["request"] if known["evaluation"] else None
            return {**known["now"], **exported(known["inputs"]), "evaluation": judged}

        return pulumi.Output.from_input({"now": known_now, "inputs": inputs, "evaluation": evaluation}).apply(definition)

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
                "s3OutputPath": pulumi.Output.concat("s3://", self._args.buckets["models"], f"/{job}/evaluation"),
                "kmsKeyId": self._args.ground.keys["models"],
            },
        }

    def _model_group(self, job: str) -> pulumi.Output[str]:
        name = self._naming.name(job)
        group = aws.sagemaker.ModelPackageGroup(
            name,
            model_package_group_name=name,
            model_package_group_description=f"Models that training job {job} made",
            tags=self._naming.tags(name),
            opts=self.child(),
        )
        return group.model_package_group_name
