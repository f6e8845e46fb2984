"""EKS and EC2: the control plane, node groups with their volumes, single instances and volumes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from catalog.instances import DEFAULT_NODE_TYPE
from catalog.types import ebs, ec2, eks
from tools.cost.bill import Ask, Charge, Row
from tools.cost.prices import NoPrice, quote
from tools.plan.reader import Block
from tools.plan.relations import has_template, template_of
from tools.plan.view import UNKNOWN

# EKS's default for diskSize: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html
DEFAULT_NODE_DISK_GIB: Final = 20.0
# The size of a stock machine image's root volume, where the resource names no size.
DEFAULT_ROOT_GIB: Final = 8.0
# What the price of a gp3 volume includes: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
GP3_FREE_IOPS: Final = 3000.0
GP3_FREE_MBPS: Final = 125.0


def _cluster(ask: Ask) -> Iterator[Charge]:
    yield from ask.charge("eks", "cluster", "control plane", ask.usage.hours)
    if ask.text("upgradePolicy.supportType", "EXTENDED") == "EXTENDED":
        try:
            extended = quote("eks", "cluster-extended", ask.region)
        except NoPrice:
            return
        ask.note(f"${extended.usd:g} an hour once its version is past standard support; supportType STANDARD avoids it")


def _node_group(ask: Ask) -> Iterator[Charge]:
    template = _template(ask)
    types = [type_ for item in ask.items("instanceTypes") if (type_ := item.text(unknown=""))]
    if not types and template:
        types = [type_ for type_ in [ask.text("instanceType", "", template)] if type_]
    if not types:
        ask.note(f"no instance type given, EKS takes {DEFAULT_NODE_TYPE}")
        types = [DEFAULT_NODE_TYPE]
    nodes = ask.number("scalingConfig.desiredSize", 1)
    fewest, most = ask.number("scalingConfig.minSize", nodes), ask.number("scalingConfig.maxSize", nodes)
    fewest, most = min(fewest, nodes), max(most, nodes)
    spot = ask.text("capacityType", "ON_DEMAND") == "SPOT"
    hours = ask.usage.instance_hours
    committed = ask.block.text("capacityType", unknown="") != "CAPACITY_BLOCK"
    if not committed:
        ask.note("a capacity block is paid in advance at a price of its own: on-demand taken")
    if len(types) > 1:
        ask.note(f"the first of {', '.join(map(str, types))} taken")
    yield from _instances(ask, types[0], nodes * hours, fewest * hours, most * hours, spot=spot, committed=committed)
    share = hours / ask.usage.hours if ask.usage.hours else 0.0  # volumes go away with their nodes
    for label, volume_type, gib, iops, mbps in _template_volumes(ask, template) if template else [_plain_disk(ask)]:
        yield from volume(ask, label, volume_type, gib, iops, mbps, (nodes * share, fewest * share, most * share))


def _instances(
    ask: Ask, type_: str, hours: float, least: float, most: float, *, spot: bool, committed: bool = True
) -> Iterator[Charge]:
    """The charge for instance hours. Where no spot price was seen, the on-demand price is taken, which spot never exceeds."""
    if spot:
        try:
            quote("ec2-spot", type_, ask.region)
        except NoPrice as error:
            ask.note(f"{error}: on-demand taken")
        else:
            ask.note("spot price as once seen, it moves")
            yield from ask.charge("ec2-spot", type_, f"{type_} spot", hours, least=least, most=most)
            return
    yield from ask.charge("ec2", type_, type_, hours, least=least, most=most, committed=committed and not spot)


def _template(ask: Ask) -> Block | None:
    if not has_template(ask.view):
        return None
    found = template_of(ask.links, ask.view).best
    if found is None:
        ask.note("its launch template is not in the plan")
        return None
    named = (ask.block.value(f"launchTemplate.{key}", unknown=UNKNOWN) for key in ("id", "name"))
    if next((name for name in named if name is not None), None) is UNKNOWN:
        ask.note(f"launch template id unknown until up, {found.name} taken")
    return Block.of(found)


def _plain_disk(ask: Ask) -> tuple[str, str, float, float, float]:
    return "root volume", "gp2", ask.number("diskSize", DEFAULT_NODE_DISK_GIB), 0.0, 0.0


def _template_volumes(ask: Ask, template: Block) -> Iterator[tuple[str, str, float, float, float]]:
    disks = [item for item in ask.items("blockDeviceMappings", template) if item.given("ebs")]
    if not disks:
        yield "root volume", "gp2", DEFAULT_NODE_DISK_GIB, 0.0, 0.0
    for disk in disks:
        yield (
            f"volume {disk.text('deviceName', unknown='')}".strip(),
            ask.text("ebs.volumeType", "gp2", disk),
            ask.number("ebs.volumeSize", DEFAULT_ROOT_GIB, disk),
            ask.number("ebs.iops", 0.0, disk),
            ask.number("ebs.throughput", 0.0, disk),
        )


def volume(
    ask: Ask, label: str, type_: str, gib: float, iops: float, mbps: float, count: tuple[float, float, float] = (1.0, 1.0, 1.0)
) -> Iterator[Charge]:
    """The charges of `count` (expected, least, most) EBS volumes of `gib` GiB each."""
    expected, least, most = count
    yield from ask.charge("ebs", type_, f"{label} {type_}", gib * expected, least=gib * least, most=gib * most)
    if type_ in ("io1", "io2") and iops:
        yield from ask.charge("ebs", "io-iops", "IOPS", iops * expected, least=iops * least, most=iops * most)
    if type_ == "gp3" and mbps > GP3_FREE_MBPS:
        over = mbps - GP3_FREE_MBPS
        yield from ask.charge("ebs", "gp3-throughput", "throughput", over * expected, least=over * least, most=over * most)
    if type_ == "gp3" and iops > GP3_FREE_IOPS:
        ask.gaps.append(f"{label}: no price row for the {iops - GP3_FREE_IOPS:g} gp3 IOPS over {GP3_FREE_IOPS:g}")


def _instance(ask: Ask) -> Iterator[Charge]:
    type_ = ask.block.text("instanceType", unknown="")
    if not type_:
        ask.gaps.append(
            f"instanceType is {ask.block.value('instanceType', unknown=UNKNOWN)!r}: an instance of unknown type has no price"
        )
        return
    hours = ask.usage.instance_hours
    market = ask.block.text("instanceMarketOptions.marketType", unknown="")
    yield from _instances(ask, type_, hours, hours, hours, spot=market == "spot", committed=market != "capacity-block")
    yield from volume(
        ask,
        "root volume",
        ask.text("rootBlockDevice.volumeType", "gp2"),
        ask.number("rootBlockDevice.volumeSize", DEFAULT_ROOT_GIB),
        ask.number("rootBlockDevice.iops", 0.0),
        ask.number("rootBlockDevice.throughput", 0.0),
    )


def _volume(ask: Ask) -> Iterator[Charge]:
    size, iops, throughput = (ask.number(name, 0.0) for name in ("size", "iops", "throughput"))
    yield from volume(ask, "volume", ask.text("type", "gp2"), size, iops, throughput)


ROWS: Final = (
    Row(card=eks.CLUSTER, charges=_cluster),
    Row(card=eks.NODE_GROUP, charges=_node_group),
    Row(card=ec2.INSTANCE, charges=_instance),
    Row(card=ebs.VOLUME, charges=_volume),
)
