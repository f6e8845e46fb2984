"""GPU pools: bounded, kept for GPU work, and with a network that lets EFA talk."""

from __future__ import annotations

from typing import Final

from catalog.limits import GUARDED_GPU_NODES
from catalog.types import autoscaling, ec2, eks, kubernetes, vpc
from policies.machines import is_accelerated, is_accelerated_family
from policies.rule import rule
from policies.tagging import name_says
from policies.verdict import PASS, Fail, Unknown, Verdict, every, some
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block, Undecided
from tools.plan.relations import has_template, template_of
from tools.plan.view import ResourceView

_GPU_IMAGES: Final = ("NVIDIA", "NEURON", "GPU")
_GPU_RESOURCES: Final = ("nvidia.com/gpu", "aws.amazon.com/neuron", "aws.amazon.com/neuroncore", "amd.com/gpu")
_EFA: Final = frozenset({"efa", "efa-only"})
_ALL_PROTOCOLS: Final = frozenset({"-1", "all"})


def _is_gpu_node_group(resource: ResourceView, plan: LinkedPlan) -> bool:
    block = Block.of(resource)
    types = block.strings("instanceTypes")
    if any(map(is_accelerated, types)) or any(word in block.text("amiType").upper() for word in _GPU_IMAGES):
        return True
    if types or not has_template(resource):
        return False
    # The instance type is in the launch template; which template that is may be known at `up` only.
    kinds = {is_accelerated(Block.of(view).text("instanceType")) for view in template_of(plan, resource).candidates}
    if len(kinds) != 1:
        raise Undecided("launchTemplate.id")
    return True in kinds


def _is_gpu_pool(pool: Block) -> bool:
    """Whether a Karpenter pool asks for accelerated machines."""
    for demand in pool.items("spec.template.spec.requirements"):
        key, values = demand.text("key"), demand.strings("values")
        if "gpu" in key or "accelerator" in key or "neuron" in key:
            return True
        if key == "node.kubernetes.io/instance-type" and any(map(is_accelerated, values)):
            return True
        if key == "karpenter.k8s.aws/instance-family" and any(map(is_accelerated_family, values)):
            return True
        if key == "karpenter.k8s.aws/instance-category" and {"g", "p", "trn", "inf"} & set(values):
            return True
    return False


@rule(
    eks.NODE_GROUP,
    autoscaling.GROUP,
    kubernetes.NODE_POOL,
    severity="mandatory",
    why="A GPU pool without a maximum turns one bad job loop into a bill of five figures a day.",
    fix=f"set scalingConfig.maxSize to {GUARDED_GPU_NODES} or fewer (Karpenter: spec.limits for nvidia.com/gpu or cpu)",
)
def pool_has_a_maximum(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    block = Block.of(resource)
    if resource.type == kubernetes.NODE_POOL.token:
        limited = any(name in block.entries("spec.limits") for name in (*_GPU_RESOURCES, "cpu"))
        return PASS if limited or not _is_gpu_pool(block) else Fail("the GPU pool has no limits")
    path = "maxSize" if resource.type == autoscaling.GROUP.token else "scalingConfig.maxSize"
    most = block.number(path)
    if most is not None and most <= GUARDED_GPU_NODES:
        return PASS
    if resource.type == autoscaling.GROUP.token or not _is_gpu_node_group(resource, plan):
        return PASS if resource.type == eks.NODE_GROUP.token or most is not None else Fail("the group has no maximum")
    return Fail("the GPU pool has no maximum" if most is None else f"the GPU pool may grow to {most:g} machines")


@rule(
    eks.NODE_GROUP,
    kubernetes.NODE_POOL,
    severity="mandatory",
    why="Without a taint any pod lands on a GPU node: paid for, and in the way of the job that needs it.",
    fix="add a taint such as nvidia.com/gpu with effect NO_SCHEDULE",
)
def pool_is_tainted(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    block = Block.of(resource)
    if resource.type == kubernetes.NODE_POOL.token:
        taints = block.items("spec.template.spec.taints")
        relevant = _is_gpu_pool(block)
    else:
        taints = block.items("taints")
        relevant = _is_gpu_node_group(resource, plan)

    def keeps_off(row: Block) -> Verdict:
        return PASS if row.text("effect").upper().replace("_", "") in ("NOSCHEDULE", "NOEXECUTE") else Fail("it does not")

    return some(taints, keeps_off, "the GPU pool has no taint that keeps other pods off") if relevant else PASS


@rule(
    eks.NODE_GROUP,
    severity="advisory",
    why="Spot GPU machines go with two minutes' notice; with one type in one pool there is nothing to take their place.",
    fix="give a spot pool two instance types or more",
)
def spot_pool_has_a_choice(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    few = len(block.strings("instanceTypes")) < 2
    return Fail("the spot pool asks for one type only") if block.text("capacityType") == "SPOT" and few else PASS


def _efa_interfaces(template: ResourceView) -> list[Block]:
    return [row for row in Block.of(template).items("networkInterfaces") if row.text("interfaceType") in _EFA]


def _is_to_itself(row: Block, group: ResourceView) -> bool:
    protocol = (row.text("ipProtocol") or str(row.value("protocol") or "")).lower()
    if protocol not in _ALL_PROTOCOLS:
        return False
    if row.flag("self"):
        return True
    for key in ("referencedSecurityGroupId", "sourceSecurityGroupId"):
        other = row.value(key)
        if other is not None and other in (group.id, row.value("securityGroupId")):
            return True
    return group.id != "" and group.id in row.strings("securityGroups")


def _talks_to_itself(group: ResourceView, plan: LinkedPlan, direction: str) -> Verdict:
    def judge(row: Block) -> Verdict:
        return PASS if _is_to_itself(row, group) else Fail("not to itself")

    companion = vpc.SECURITY_GROUP_INGRESS_RULE if direction == "ingress" else vpc.SECURITY_GROUP_EGRESS_RULE
    linked = plan.companions(group, companion)
    classic = plan.companions(group, ec2.SECURITY_GROUP_RULE)
    rows = [Block.of(view) for view in linked.found]
    rows += [Block.of(view) for view in classic.found if Block.of(view).text("type") == direction]
    rows += Block.of(group).items(direction)
    missing = f"security group {group.name} has no {direction} rule for all traffic to itself"
    verdict = some(rows, judge, missing)
    return Unknown("securityGroupId") if isinstance(verdict, Fail) and (linked.possible or classic.possible) else verdict


@rule(
    ec2.LAUNCH_TEMPLATE,
    severity="mandatory",
    anchors=("awsome-distributed-ai #546", "gardener-extension-provider-aws #1832"),
    why="EFA traffic passes only rules that name the group itself; 0.0.0.0/0 does not cover it, and NCCL hangs without a word.",
    fix="give the EFA security group an ingress and an egress rule, protocol -1, that reference the group itself",
)
def efa_group_talks_to_itself(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    interfaces = _efa_interfaces(resource)
    if not interfaces:
        return PASS
    groups = _efa_groups(interfaces, plan)
    if not groups:
        return Unknown("networkInterfaces.securityGroups")

    def judge(group: ResourceView) -> Verdict:
        return every(("ingress", "egress"), lambda direction: _talks_to_itself(group, plan, direction))

    return some(groups, judge, f"none of {', '.join(group.name for group in groups)} lets EFA traffic to itself in and out")


def _efa_groups(interfaces: list[Block], plan: LinkedPlan) -> list[ResourceView]:
    """The security groups of the interfaces. Where their ids are not known yet: the groups named for EFA, else all groups."""
    try:
        wanted = {group for row in interfaces for group in row.strings("securityGroups")}
    except Undecided:
        wanted = set()
    every_group = plan.of(ec2.SECURITY_GROUP)
    exact = [group for group in every_group if group.id and group.id in wanted]
    return exact or [group for group in every_group if name_says(group, "efa")] or ([] if wanted else every_group)


@rule(
    ec2.LAUNCH_TEMPLATE,
    severity="advisory",
    why="EFA between machines that are not close together is no faster than TCP.",
    fix="set placement.groupName to a cluster placement group, or use a reservation made in one or a capacity block",
)
def efa_machines_are_close(resource: ResourceView) -> Verdict:
    if not _efa_interfaces(resource):
        return PASS
    block = Block.of(resource)
    close = any(
        block.given(path)
        for path in ("placement.groupName", "placement.groupId", "capacityReservationSpecification.capacityReservationTarget")
    )
    return (
        PASS if close or block.text("instanceMarketOptions.marketType") == "capacity-block" else Fail("nothing keeps them close")
    )


@rule(
    eks.NODE_GROUP,
    severity="mandatory",
    why="EFA does not cross zones: a pool over several zones starts machines that can never reach each other's EFA.",
    fix="give a pool with EFA one subnet",
)
def efa_pool_is_in_one_zone(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if not has_template(resource) or len(Block.of(resource).items("subnetIds")) < 2:
        return PASS
    kinds = {bool(_efa_interfaces(view)) for view in template_of(plan, resource).candidates}
    if len(kinds) != 1:
        return Unknown("launchTemplate.id")
    return Fail("the pool's machines use EFA and its subnets are several") if True in kinds else PASS
