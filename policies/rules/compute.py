"""Machines: metadata behind a token, encrypted disks, no public address, capacity asked for in ways that can be met."""

from __future__ import annotations

from typing import Final

from catalog.types import ebs, ec2
from policies.rule import rule
from policies.verdict import PASS, Fail, Unknown, Verdict, every, some
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import ResourceView

MACHINES: Final = (ec2.LAUNCH_TEMPLATE, ec2.INSTANCE)
_RESERVATION: Final = "capacityReservationSpecification.capacityReservationTarget.capacityReservationId"


@rule(
    *MACHINES,
    severity="mandatory",
    frameworks=("FSBP EC2.8", "FSBP EC2.170", "CIS 6.7"),
    anchors=("CKV_AWS_79",),
    why="With IMDSv1 a request forged through a model server fetches the node's credentials.",
    fix="set metadataOptions.httpTokens to required",
)
def imds_needs_a_token(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if block.text("metadataOptions.httpEndpoint") == "disabled":
        return PASS
    tokens = block.text("metadataOptions.httpTokens")
    return PASS if tokens == "required" else Fail(f"httpTokens is {tokens or 'not set (optional)'}")


@rule(
    ec2.LAUNCH_TEMPLATE,
    severity="advisory",
    frameworks=("FSBP AutoScaling.4",),
    anchors=("CKV_AWS_341",),
    why="A hop limit above 1 lets pods reach the node's role; with Pod Identity they need no metadata service.",
    fix="set metadataOptions.httpPutResponseHopLimit to 1",
)
def imds_stays_on_the_machine(resource: ResourceView) -> Verdict:
    hops = Block.of(resource).number("metadataOptions.httpPutResponseHopLimit")
    return PASS if hops is None or hops <= 1 else Fail(f"the hop limit is {hops:g}")


@rule(
    *MACHINES,
    ebs.VOLUME,
    severity="mandatory",
    frameworks=("FSBP EC2.3", "FSBP EC2.181", "CIS 6.1.1", "GDPR 32"),
    anchors=("CKV_AWS_8", "CKV_AWS_3", "CKV_AWS_189"),
    why="Checkpoints, caches and swap end up on these disks, and snapshots of them travel.",
    fix='set encrypted to true on every EBS device (a launch template: blockDeviceMappings[].ebs.encrypted "true")',
)
def disks_are_encrypted(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if resource.type == ebs.VOLUME.token:
        return PASS if block.flag("encrypted") else Fail("the volume is not encrypted")
    if resource.type == ec2.INSTANCE.token:
        devices = [*block.items("rootBlockDevice"), *block.items("ebsBlockDevices")]
        prefix = ""
    else:
        mappings = block.items("blockDeviceMappings")
        devices = [row for row in mappings if not (row.has("noDevice") or row.has("virtualName"))]
        prefix = "ebs."
    if not devices:
        return Fail("no disk is declared, so the root disk is as (un)encrypted as its image")

    def encrypted(row: Block) -> Verdict:
        return PASS if row.flag(f"{prefix}encrypted") else Fail(f"{row.text('deviceName') or 'a disk'} is not encrypted")

    return every(devices, encrypted)


@rule(
    *MACHINES,
    severity="mandatory",
    frameworks=("FSBP EC2.9", "FSBP EC2.25"),
    anchors=("CKV_AWS_88",),
    why="A node with a public address is one security group rule away from the internet.",
    fix="set associatePublicIpAddress to false",
)
def no_public_address(resource: ResourceView) -> Verdict:
    root = Block.of(resource)
    return every(
        [root, *root.items("networkInterfaces")],
        lambda block: Fail("it takes a public address") if block.flag("associatePublicIpAddress") else PASS,
    )


@rule(
    *MACHINES,
    severity="advisory",
    anchors=("CKV_AWS_135",),
    why="A key pair is a login that no audit log attributes to a person.",
    fix="drop keyName and use Session Manager",
)
def no_key_pair(resource: ResourceView) -> Verdict:
    return Fail("a key pair is set") if Block.of(resource).given("keyName") else PASS


@rule(
    ec2.LAUNCH_TEMPLATE,
    severity="mandatory",
    anchors=("terraform-aws-eks #3699", "terraform-aws-eks #3730"),
    why="A reservation holds machines where they are: asked for inside a placement group it was not made in, they never start.",
    fix="drop placement.groupName, or make the CapacityReservation with that placementGroupArn (a capacity block takes no group)",
)
def placement_fits_the_reservation(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    block = Block.of(resource)
    placed = block.given("placement.groupName") or block.given("placement.groupId")
    if not placed:
        return PASS
    if block.text("instanceMarketOptions.marketType") == "capacity-block":
        return Fail("a capacity block is asked for inside a placement group")
    if not block.given(_RESERVATION):
        return PASS

    def in_a_group(reservation: ResourceView) -> Verdict:
        # The group's arn may be known at `up` only; that the reservation was made in a group is decided before.
        made_in_one = Block.of(reservation).given("placementGroupArn")
        return PASS if made_in_one else Fail("the reservation was made outside any placement group")

    reservations = plan.target(resource, ec2.CAPACITY_RESERVATION).candidates
    if not reservations:
        return Unknown(_RESERVATION)
    return some(reservations, in_a_group, "a reservation made outside any placement group is asked for inside one")


@rule(
    ec2.LAUNCH_TEMPLATE,
    severity="mandatory",
    anchors=("aws-ec2 InvalidParameterCombination",),
    why="Spot machines cannot come out of a capacity reservation: EC2 refuses the request at the first scale-up.",
    fix="choose instanceMarketOptions.marketType spot or a capacity reservation, not both",
)
def spot_takes_no_reservation(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    spot = block.text("instanceMarketOptions.marketType") == "spot"
    reserved = block.given("capacityReservationSpecification.capacityReservationTarget")
    return Fail("spot machines are asked for from a reservation") if spot and reserved else PASS
