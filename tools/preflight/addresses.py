"""Addresses: whether the subnets have enough free addresses for what the change puts into them.

The number of addresses that a resource takes, by AWS's documents:
- a node: its own address, and what the VPC CNI holds for pods: one network interface (or prefix) in use and one warm
  (https://github.com/aws/amazon-vpc-cni-k8s/blob/master/docs/eni-and-ip-target.md);
- a cluster: six in each of its subnets (https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html);
- a machine of a training job or an endpoint: two (https://docs.aws.amazon.com/sagemaker/latest/dg/train-vpc.html);
- an interface endpoint, a NAT gateway, an instance: one in each of its subnets.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from catalog.types import autoscaling, ec2, eks, sagemaker
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.relations import ENDPOINT_VARIANTS, configuration_of
from tools.plan.view import UNKNOWN, ResourceView
from tools.preflight.account import Account, Unanswered
from tools.preflight.fleets import Fleet
from tools.preflight.needs import MADE, live
from tools.preflight.offering import place_of
from tools.preflight.places import PATHS, Place, Places, Subnet
from tools.preflight.report import Row, State, several, unknown

KIND: Final = "addresses"
# Token -> addresses that a resource of the type takes in each of the subnets that it names.
IN_EACH: Final = {
    eks.CLUSTER.token: 6,
    ec2.VPC_ENDPOINT.token: 1,
    ec2.NAT_GATEWAY.token: 1,
    ec2.INSTANCE.token: 1,
}
A_MACHINE_OF_SAGEMAKER: Final = 2
# The VPC CNI's prefixes are /28.
A_PREFIX: Final = 16
# The addresses of a network interface, assumed where EC2 does not answer.
AN_INTERFACE: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Something that takes `many` addresses: from each subnet of `place` where `each`, else from all of them together."""

    says: str
    place: Place
    many: int
    each: bool = False

    @property
    def total(self) -> int:
        return self.many * (len(self.place.subnets) + self.place.unknown) if self.each else self.many


def rows(views: list[ResourceView], links: LinkedPlan, fleets: list[Fleet], places: Places, account: Account) -> list[Row]:
    """One row for each set of subnets that something is put into, and one for resources whose subnets are not known yet."""
    takers = [taker for taker in takers_of(views, links, fleets, places, account) if taker.many and taker.total]
    return list(judged(takers, places.planned, places.fault))


def takers_of(
    views: list[ResourceView], links: LinkedPlan, fleets: list[Fleet], places: Places, account: Account
) -> Iterator[Taker]:
    """Everything in the change that takes addresses."""
    for view in live(views):
        each = IN_EACH.get(view.type)
        if each and view.op in MADE:
            yield Taker(says=view.name, place=places.of(view, PATHS[view.type][0]), many=each, each=True)
    per_node = _addresses_per_node(fleets, links, account)
    for fleet in fleets:
        added = int(fleet.machines.added)
        if fleet.view.type in (eks.NODE_GROUP.token, autoscaling.GROUP.token):
            node = max((per_node.get(type_, 1) for type_ in fleet.types), default=1)
            yield Taker(says=f"{fleet.says}, {node} addresses a node", place=place_of(fleet, places), many=added * node)
        elif fleet.view.type == sagemaker.TRAINING_JOB.token:
            place = places.of(fleet.view, PATHS[sagemaker.TRAINING_JOB.token][0])
            yield Taker(says=fleet.says, place=place, many=added * A_MACHINE_OF_SAGEMAKER)
        elif fleet.view.type == sagemaker.ENDPOINT.token:
            yield Taker(says=fleet.says, place=_of_model(fleet, links, places), many=added * A_MACHINE_OF_SAGEMAKER)


def judged(takers: Iterable[Taker], planned: tuple[Subnet, ...], fault: str = "") -> Iterator[Row]:
    """The rows of takers, without effects. A set of subnets is short where takers that fit only into it take more than it has.

    Takers whose subnets are not known yet share one row, which compares all takers with all subnets of the plan.
    """
    sets: dict[frozenset[Subnet], list[Taker]] = {}
    loose: list[Taker] = []
    for taker in takers:
        if taker.place.unknown or not taker.place.subnets:
            if taker.place.unknown:
                loose.append(taker)
        elif taker.each:
            for subnet in taker.place.subnets:
                sets.setdefault(frozenset({subnet}), []).append(
                    Taker(says=taker.says, place=Place(subnets=(subnet,)), many=taker.many)
                )
        else:
            sets.setdefault(frozenset(taker.place.subnets), []).append(taker)
    for subnets in sets:
        inside = [taker for other, several_ in sets.items() if other <= subnets for taker in several_]
        # A single subnet gets a row only where it is short: otherwise the row of the set that it is part of covers it.
        row = _row(inside, sorted(subnets, key=lambda subnet: subnet.name), fault)
        if row.state is not State.OK or not any(subnets < other for other in sets):
            yield row
    if loose:
        yield _loose([*loose, *(taker for several_ in sets.values() for taker in several_)], loose, planned)


def _row(takers: list[Taker], subnets: list[Subnet], fault: str) -> Row:
    needed, code = sum(taker.total for taker in takers), several(subnet.name for subnet in subnets)
    free = [subnet.free for subnet in subnets]
    says = f"{several((taker.says for taker in takers), 3)}: {needed} addresses"
    if any(one is None for one in free):
        return unknown(KIND, code, needed, f"{says}; how many are free is not known{f': {fault}' if fault else ''}")
    have = sum(one or 0 for one in free)
    if needed <= have:
        return Row(kind=KIND, code=code, need=needed, have=have, says=f"{says} of {have} free")
    ways = ("take larger subnets (slipway:network.cidr, of a new network) or more zones, or smaller maxima",)
    return Row(
        kind=KIND,
        code=code,
        need=needed,
        have=have,
        says=f"{says} of {have} free: {needed - have} short",
        state=State.SHORT,
        way_out=ways,
    )


def _loose(everyone: list[Taker], loose: list[Taker], planned: tuple[Subnet, ...]) -> Row:
    """The row of a first preview, where no subnet's id is known: the takers fit into any subnets, into none, or it depends."""
    code, needed = "subnets of the plan", sum(taker.total for taker in everyone)
    says = f"{several((taker.says for taker in sorted(loose, key=lambda taker: -taker.total)), 3)}: {needed} addresses"
    free = sorted(subnet.free for subnet in planned if subnet.free is not None)
    if not free or len(free) < len(planned):
        return unknown(KIND, code, needed, f"{says}; how many the subnets will have is known at `up` only")
    have, fewest = sum(free), min(taker.place.unknown + len(taker.place.subnets) for taker in loose)
    if needed > have:
        ways = ("give the network a larger range (slipway:network.cidr), or take smaller maxima",)
        says = f"{says} of {have} in all: {needed - have} short"
        return Row(kind=KIND, code=code, need=needed, have=have, says=says, state=State.SHORT, way_out=ways)
    if needed > sum(free[:fewest]):
        return unknown(KIND, code, needed, f"{says} of {have} in all; which subnets they are in is known at `up` only")
    return Row(kind=KIND, code=code, need=needed, have=sum(free[:fewest]), says=f"{says}, and even the smallest have more")


def _of_model(fleet: Fleet, links: LinkedPlan, places: Places) -> Place:
    """The subnets of an endpoint's model; none for an endpoint outside the stack's network."""
    configuration = configuration_of(links, fleet.view).best
    for variant in Block.of(configuration).items(ENDPOINT_VARIANTS[0], unknown=[]) if configuration else []:
        model = links.meant(fleet.view, sagemaker.MODEL, variant.value("modelName", unknown=UNKNOWN)).best
        if model is not None:
            return places.of(model, PATHS[sagemaker.MODEL.token][0])
    return Place()


def _addresses_per_node(fleets: Iterable[Fleet], links: LinkedPlan, account: Account) -> dict[str, int]:
    """Instance type -> addresses that a node of the type takes, for itself and for its pods."""
    types = sorted({type_ for fleet in fleets if not fleet.usage for type_ in fleet.types})
    if _prefixes(links):
        return dict.fromkeys(types, 1 + 2 * A_PREFIX)
    per_node = dict.fromkeys(types, 2 * AN_INTERFACE)
    try:
        items = account.every("ec2", "describe_instance_types", "InstanceTypes", InstanceTypes=types) if types else []
    except Unanswered:
        return per_node
    for item in items:
        network = item.get("NetworkInfo", {})
        interfaces = min(2, network.get("MaximumNetworkInterfaces", 2))
        per_node[item["InstanceType"]] = interfaces * network.get("Ipv4AddressesPerInterface", AN_INTERFACE)
    return per_node


def _prefixes(links: LinkedPlan) -> bool:
    """Whether the plan's VPC CNI hands out prefixes in place of single addresses."""
    for addon in links.of(eks.ADDON):
        block = Block.of(addon)
        if block.text("addonName", unknown="") == "vpc-cni" and (text := block.text("configurationValues", unknown="")):
            try:
                env: Any = json.loads(text).get("env") or {}
            except (ValueError, AttributeError):
                continue
            if isinstance(env, dict) and str(env.get("ENABLE_PREFIX_DELEGATION", "")).lower() == "true":
                return True
    return False
