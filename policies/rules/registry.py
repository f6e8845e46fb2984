"""Image repositories: tags that stay, images that are scanned, and an end for old ones."""

from __future__ import annotations

from catalog.types import ecr
from policies.checks import has_companion
from policies.documents import closed_to_everybody
from policies.rule import rule
from policies.tagging import is_production
from policies.verdict import PASS, Fail, Verdict
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    ecr.REPOSITORY,
    severity="mandatory",
    frameworks=("FSBP ECR.2",),
    anchors=("CKV_AWS_51",),
    why="A tag that can be pushed again is other code under the same name.",
    fix="set imageTagMutability to IMMUTABLE",
)
def tags_are_immutable(resource: ResourceView) -> Verdict:
    mutability = Block.of(resource).text("imageTagMutability")
    return PASS if mutability == "IMMUTABLE" else Fail(f"imageTagMutability is {mutability or 'not set (MUTABLE)'}")


@rule(
    ecr.REPOSITORY,
    severity="mandatory",
    frameworks=("FSBP ECR.1",),
    anchors=("CKV_AWS_163",),
    why="A CUDA image brings hundreds of packages; somebody should read their advisories.",
    fix="set imageScanningConfiguration.scanOnPush to true",
)
def images_are_scanned(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).flag("imageScanningConfiguration.scanOnPush") else Fail("images are not scanned on push")


@rule(
    ecr.REPOSITORY,
    severity="mandatory",
    anchors=("CKV_AWS_136",),
    why="Weights baked into an image are as secret as in a bucket.",
    fix="set encryptionConfigurations to type KMS with kmsKey",
)
def images_are_encrypted(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    rows = block.items("encryptionConfigurations")
    if not rows or rows[0].text("encryptionType") not in ("KMS", "KMS_DSSE"):
        return Fail("images are not under KMS")
    return PASS if rows[0].has("kmsKey") else Fail("images are under AWS's own key")


@rule(
    ecr.REPOSITORY_POLICY,
    severity="mandatory",
    frameworks=("CIS 2.21",),
    anchors=("CKV_AWS_32",),
    why="A public repository hands out our code, and takes in a stranger's if it may push.",
    fix="name the accounts or roles that pull",
)
def repository_not_public(resource: ResourceView) -> Verdict:
    return closed_to_everybody(resource)


@rule(
    ecr.REPOSITORY,
    severity="advisory",
    frameworks=("FSBP ECR.3",),
    anchors=("prowler ecr_repositories_lifecycle_policy_enabled",),
    why="GPU images of 8 GB each, one per commit, add up to more than the training.",
    fix="declare a LifecyclePolicy",
)
def old_images_expire(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    return has_companion(resource, plan, ecr.LIFECYCLE_POLICY, "old images are kept for ever")


@rule(
    ecr.REPOSITORY,
    severity="mandatory",
    why="forceDelete lets one `destroy` remove the images that production runs.",
    fix="leave forceDelete false in production",
)
def repository_kept_in_production(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if not is_production(resource, plan):
        return PASS
    return Fail("forceDelete is true on a production repository") if Block.of(resource).flag("forceDelete") else PASS
