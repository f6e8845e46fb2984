"""Money for nothing: what costs more than its like and gives no more."""

from __future__ import annotations

from typing import Final

from catalog.types import ebs, ec2, eks, sagemaker
from policies.machines import is_accelerated
from policies.rule import rule
from policies.tagging import is_production, tag_of
from policies.verdict import PASS, Fail, Verdict, every
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import ResourceView

# gp2 costs a quarter more than gp3 and is slower; `standard` is the magnetic type of an older generation.
# https://aws.amazon.com/ebs/pricing/
_OLD_DISKS: Final = frozenset({"gp2", "standard"})
_ON_DEMAND: Final = "OnDemandBecause"
KEPT_WARM: Final = "KeptWarmBecause"


def _disks(resource: ResourceView) -> list[tuple[Block, str]]:
    """Each disk that a resource makes, and the path of the disk's type below it."""
    block = Block.of(resource)
    if resource.type == ebs.VOLUME.token:
        return [(block, "type")]
    if resource.type == ec2.INSTANCE.token:
        return [(row, "volumeType") for row in (*block.items("rootBlockDevice"), *block.items("ebsBlockDevices"))]
    return [(row, "ebs.volumeType") for row in block.items("blockDeviceMappings")]


@rule(
    ebs.VOLUME,
    ec2.INSTANCE,
    ec2.LAUNCH_TEMPLATE,
    severity="advisory",
    anchors=("prowler ec2_ebs_volume_gp3",),
    why="gp2 costs a quarter more than gp3 and gives fewer operations a second.",
    fix="set the volume's type to gp3",
)
def disks_are_of_today(resource: ResourceView) -> Verdict:
    def today(disk: tuple[Block, str]) -> Verdict:
        kind = disk[0].text(disk[1])
        return Fail(f"a disk is of type {kind}") if kind in _OLD_DISKS else PASS

    return every(_disks(resource), today)


@rule(
    sagemaker.TRAINING_JOB,
    severity="advisory",
    why="A job that keeps checkpoints loses minutes to an interruption, and saves up to nine tenths of its price on spot.",
    fix=f"set enableManagedSpotTraining, or say in the tag {_ON_DEMAND} why not",
)
def gpu_training_is_spot_or_says_why(resource: ResourceView) -> Verdict:
    job = Block.of(resource)
    if job.flag("enableManagedSpotTraining") or not is_accelerated(job.text("resourceConfig.instanceType")):
        return PASS
    return PASS if tag_of(resource, _ON_DEMAND) else Fail("a GPU job runs on demand and does not say why")


@rule(
    eks.NODE_GROUP,
    severity="advisory",
    why="Outside production nobody waits at night: a GPU that is kept warm there costs as much as one that works.",
    fix=f"set scalingConfig.minSize to 0, or say in the tag {KEPT_WARM} why not",
)
def gpu_pool_sleeps_outside_production(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    block = Block.of(resource)
    if is_production(resource, plan) or not any(map(is_accelerated, block.strings("instanceTypes"))):
        return PASS
    least = block.number("scalingConfig.minSize") or 0
    return PASS if least == 0 or tag_of(resource, KEPT_WARM) else Fail(f"{least:g} GPU machines are kept warm")


@rule(
    eks.CLUSTER,
    severity="advisory",
    frameworks=("FSBP EKS.2",),
    anchors=("CKV_AWS_339",),
    why="Past its standard support a version costs six times as much ($0.60 an hour against $0.10) until somebody notices.",
    fix="set upgradePolicy.supportType to STANDARD, and upgrade within the fourteen months",
)
def cluster_pays_for_no_old_version(resource: ResourceView) -> Verdict:
    support = Block.of(resource).text("upgradePolicy.supportType")
    return PASS if support == "STANDARD" else Fail(f"support is {support or 'not set, so EXTENDED'}")
