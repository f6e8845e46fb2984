"""Build projects: they run what a repository says, with the rights to push what everybody else then runs."""

from __future__ import annotations

from catalog.types import codebuild
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    codebuild.PROJECT,
    severity="mandatory",
    frameworks=("FSBP CodeBuild.3",),
    anchors=("CKV_AWS_147",),
    why="What a build leaves, and what it reads at speed from a cache, is source and model code in clear.",
    fix="set encryptionKey to a key of ours",
)
def project_is_encrypted_with_our_key(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    ours = block.given("encryptionKey") and not block.text("encryptionKey").endswith("alias/aws/s3")
    return PASS if ours else Fail("the project is under AWS's own key")


@rule(
    codebuild.PROJECT,
    severity="mandatory",
    frameworks=("FSBP CodeBuild.4",),
    anchors=("CKV_AWS_314",),
    why="Without its log nobody can say what an image was made of.",
    fix="set logsConfig.cloudwatchLogs.groupName to a log group of the stack",
)
def builds_are_logged(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if block.text("logsConfig.cloudwatchLogs.status") == "DISABLED":
        return Fail("builds are not logged")
    return PASS if block.given("logsConfig.cloudwatchLogs.groupName") else Fail("builds log to a group that never forgets")


@rule(
    codebuild.PROJECT,
    severity="mandatory",
    frameworks=("FSBP CodeBuild.5",),
    anchors=("CKV_AWS_316",),
    why="A privileged build is root on its machine: whoever changes the repository has all that the machine can reach.",
    fix="set environment.privilegedMode to false, or, where it must run Docker, give the tag Privileged a reason",
)
def privileged_builds_say_why(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if not block.flag("environment.privilegedMode"):
        return PASS
    return PASS if block.text("tags.Privileged") else Fail("the build is privileged and does not say why")


@rule(
    codebuild.PROJECT,
    severity="mandatory",
    why="Outside the VPC a build talks to whom it likes, past the flow logs and the endpoints' policies.",
    fix="set vpcConfig to the private subnets and a security group of its own",
)
def builds_run_in_the_vpc(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    # The ids of the network may be known at `up` only; that the project has a network is decided before.
    given = block.has("vpcConfig") and block.given("vpcConfig.vpcId") and block.given("vpcConfig.subnets")
    return PASS if given else Fail("builds run outside the VPC")
