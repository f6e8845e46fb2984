"""Jobs that watch an endpoint's data: they read captured requests, so they are guarded as training is."""

from __future__ import annotations

from catalog.types import sagemaker
from policies.checks import is_on, is_set
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    sagemaker.DATA_QUALITY_JOB_DEFINITION,
    severity="mandatory",
    frameworks=("GDPR 32",),
    why="Outside our VPC the job reads captured requests where no endpoint policy or flow log sees it.",
    fix="set networkConfig.vpcConfig with private subnets and securityGroupIds",
)
def job_in_our_network(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    given = block.has("networkConfig.vpcConfig.subnets") and block.has("networkConfig.vpcConfig.securityGroupIds")
    return PASS if given else Fail("the job runs outside the VPC")


@rule(
    sagemaker.DATA_QUALITY_JOB_DEFINITION,
    severity="mandatory",
    frameworks=("GDPR 32",),
    anchors=("CKV_AWS_367",),
    why="Statistics and violations quote the data that they are about.",
    fix="set dataQualityJobOutputConfig.kmsKeyId to a key of ours",
)
def job_output_is_encrypted(resource: ResourceView) -> Verdict:
    return is_set(resource, "dataQualityJobOutputConfig.kmsKeyId", "the job's output is under no key of ours")


@rule(
    sagemaker.DATA_QUALITY_JOB_DEFINITION,
    severity="mandatory",
    frameworks=("GDPR 32",),
    anchors=("CKV_AWS_368",),
    why="The job's volume holds a copy of the captured requests.",
    fix="set jobResources.clusterConfig.volumeKmsKeyId to a key of ours",
)
def job_volume_is_encrypted(resource: ResourceView) -> Verdict:
    return is_set(resource, "jobResources.clusterConfig.volumeKmsKeyId", "the job's volume is under no key of ours")


@rule(
    sagemaker.DATA_QUALITY_JOB_DEFINITION,
    severity="mandatory",
    frameworks=("GDPR 32",),
    anchors=("CKV_AWS_369",),
    why="Hosts of one job exchange the data in clear unless asked otherwise.",
    fix="set networkConfig.enableInterContainerTrafficEncryption to true where instanceCount is above 1",
)
def job_traffic_is_encrypted(resource: ResourceView) -> Verdict:
    hosts = Block.of(resource).number("jobResources.clusterConfig.instanceCount")
    if hosts is not None and hosts <= 1:
        return PASS
    return is_on(resource, "networkConfig.enableInterContainerTrafficEncryption", "the job's hosts talk in clear")


@rule(
    sagemaker.DATA_QUALITY_JOB_DEFINITION,
    severity="advisory",
    anchors=("aws config SAGEMAKER_DATA_QUALITY_JOB_ISOLATION",),
    why="Code that may call out can send captured requests away.",
    fix="set networkConfig.enableNetworkIsolation to true",
)
def job_is_isolated(resource: ResourceView) -> Verdict:
    return is_on(resource, "networkConfig.enableNetworkIsolation", "the job's code may reach the network")
