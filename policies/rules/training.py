"""Training jobs: in our network, under our key, for a bounded time, able to go on after an interruption."""

from __future__ import annotations

from catalog.limits import GUARDED_JOB_SECONDS
from catalog.types import sagemaker
from policies.checks import pinned
from policies.machines import has_local_storage
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView


def _number(job: Block, *paths: str) -> float | None:
    return next((value for path in paths if (value := job.number(path)) is not None), None)


@rule(
    sagemaker.TRAINING_JOB,
    severity="mandatory",
    frameworks=("GDPR 32",),
    anchors=("prowler sagemaker_training_jobs_vpc_settings_configured",),
    why="Outside our VPC a job reads the data where no endpoint policy or flow log sees it.",
    fix="set vpcConfig with private subnets and security groups",
)
def job_in_our_network(resource: ResourceView) -> Verdict:
    job = Block.of(resource)
    given = job.has("vpcConfig.subnets") and job.has("vpcConfig.securityGroupIds")
    return PASS if given else Fail("the job runs outside the VPC")


@rule(
    sagemaker.TRAINING_JOB,
    severity="mandatory",
    frameworks=("GDPR 32",),
    anchors=("prowler sagemaker_training_jobs_volume_and_output_encryption_enabled",),
    why="The training volume holds a copy of the data.",
    fix="set resourceConfig.volumeKmsKeyId (machines with NVMe storage encrypt it themselves and take no key)",
)
def job_volume_is_encrypted(resource: ResourceView) -> Verdict:
    job = Block.of(resource)
    if has_local_storage(job.text("resourceConfig.instanceType")):
        return PASS
    return PASS if job.has("resourceConfig.volumeKmsKeyId") else Fail("the training volume is under no key of ours")


@rule(
    sagemaker.TRAINING_JOB,
    severity="mandatory",
    frameworks=("GDPR 32",),
    anchors=("prowler sagemaker_training_jobs_volume_and_output_encryption_enabled",),
    why="A model remembers what it was trained on.",
    fix="set outputDataConfig.kmsKeyId",
)
def job_output_is_encrypted(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).has("outputDataConfig.kmsKeyId") else Fail("the model artifact is under no key of ours")


@rule(
    sagemaker.TRAINING_JOB,
    severity="mandatory",
    anchors=("prowler sagemaker_training_jobs_intercontainer_encryption_enabled", "CKV_AWS_367"),
    why="Gradients between hosts cross AWS's network in clear unless asked otherwise.",
    fix="set enableInterContainerTrafficEncryption to true where instanceCount is above 1",
)
def job_traffic_is_encrypted(resource: ResourceView) -> Verdict:
    job = Block.of(resource)
    if job.flag("enableInterContainerTrafficEncryption"):
        return PASS
    hosts = job.number("resourceConfig.instanceCount")
    return Fail(f"{hosts:g} hosts talk in clear") if hosts is not None and hosts > 1 else PASS


@rule(
    sagemaker.TRAINING_JOB,
    severity="advisory",
    anchors=("prowler sagemaker_training_jobs_network_isolation_enabled",),
    why="Training code that may call out can send the data away.",
    fix="set enableNetworkIsolation to true where the code needs nothing from outside",
)
def job_is_isolated(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).flag("enableNetworkIsolation") else Fail("the training code may reach the network")


@rule(
    sagemaker.TRAINING_JOB,
    severity="mandatory",
    why="A job that hangs is billed until somebody looks.",
    fix=f"set stoppingCondition.maxRuntimeInSeconds, at most {GUARDED_JOB_SECONDS}",
)
def job_has_a_time_limit(resource: ResourceView) -> Verdict:
    limit = _number(Block.of(resource), "stoppingCondition.maxRuntimeInSeconds", "stoppingCondition.maxRuntimeSeconds")
    if limit is None or limit <= 0:
        return Fail("no maximum run time is set")
    return PASS if limit <= GUARDED_JOB_SECONDS else Fail(f"the job may run for {limit:g} seconds")


@rule(
    sagemaker.TRAINING_JOB,
    severity="mandatory",
    why="A spot job without checkpoints starts from nothing each time its machine is taken.",
    fix="set checkpointConfig.s3Uri",
)
def spot_job_keeps_checkpoints(resource: ResourceView) -> Verdict:
    job = Block.of(resource)
    if not job.flag("enableManagedSpotTraining"):
        return PASS
    # A job that streams its data saves checkpoints in S3 itself, at the address of this hyperparameter.
    kept = job.has("checkpointConfig.s3Uri") or job.has("hyperParameters.checkpointUri")
    return PASS if kept else Fail("a spot job keeps no checkpoints")


@rule(
    sagemaker.TRAINING_JOB,
    severity="mandatory",
    anchors=("aws CreateTrainingJob ValidationException",),
    why="SageMaker refuses a spot job that says no longest wait, or one shorter than it may run.",
    fix="set stoppingCondition.maxWaitTimeInSeconds to maxRuntimeInSeconds or more",
)
def spot_job_bounds_its_wait(resource: ResourceView) -> Verdict:
    job = Block.of(resource)
    if not job.flag("enableManagedSpotTraining"):
        return PASS
    wait = _number(job, "stoppingCondition.maxWaitTimeInSeconds", "stoppingCondition.maxWaitSeconds")
    run = _number(job, "stoppingCondition.maxRuntimeInSeconds", "stoppingCondition.maxRuntimeSeconds") or 0
    if wait is None:
        return Fail("a spot job says no longest wait")
    return PASS if wait >= run else Fail(f"the longest wait, {wait:g} s, is under the longest run, {run:g} s")


@rule(
    sagemaker.TRAINING_JOB,
    severity="mandatory",
    anchors=("CKV_K8S_14", "CKV_K8S_43"),
    why="A model whose image has moved on cannot be made again.",
    fix="name the image by digest, or by a tag that is never moved (not latest)",
)
def job_image_is_pinned(resource: ResourceView) -> Verdict:
    return pinned(Block.of(resource).text("algorithmSpecification.trainingImage"))
