"""Offerings: whether EC2 offers a plan's instance types in the zones of their subnets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from catalog.types import autoscaling
from tools.plan.reader import Block
from tools.preflight.account import Account, Unanswered
from tools.preflight.fleets import Fleet
from tools.preflight.places import Place, Places
from tools.preflight.report import Row, State, several, unknown

KIND: Final = "offering"


def place_of(fleet: Fleet, places: Places) -> Place:
    path = (
        "vpcZoneIdentifiers"
        if fleet.view.type == autoscaling.GROUP.token
        else "subnetId"
        if fleet.what == "instance"
        else "subnetIds"
    )
    return places.of(fleet.view, path)


def rows(fleets: Iterable[Fleet], places: Places, account: Account) -> list[Row]:
    """One row for each instance type of each EC2 fleet, and one for each fleet with EFA."""
    machines = [fleet for fleet in fleets if not fleet.usage]
    types = sorted({type_ for fleet in machines for type_ in fleet.types})
    found = [row for fleet in machines if (row := _efa(fleet, place_of(fleet, places)))]
    if not types:
        return found
    try:
        answer = account.every(
            "ec2",
            "describe_instance_type_offerings",
            "InstanceTypeOfferings",
            LocationType="availability-zone",
            Filters=[{"Name": "instance-type", "Values": types}],
        )
    except Unanswered as error:
        return [*found, unknown(KIND, several(types), "offered", str(error))]
    offered: dict[str, set[str]] = {}
    for item in answer:
        offered.setdefault(item["InstanceType"], set()).add(item["Location"])
    return [
        *found,
        *(judged(fleet, type_, place_of(fleet, places), places.zones, offered) for fleet in machines for type_ in fleet.types),
    ]


def judged(fleet: Fleet, type_: str, place: Place, zones: tuple[str, ...], offered: Mapping[str, set[str]]) -> Row:
    """The row of one type of a fleet, without effects. `zones` are all zones of the plan.

    The row is short where no zone of the fleet offers the type. Where only some do, the row names them.
    """
    there = offered.get(type_, set())
    wanted = place.zones if place.certain else zones
    having = [zone for zone in wanted if zone in there]
    says = f"{fleet.says} in {'' if place.certain else 'any of '}{several(wanted) or 'zones known at `up` only'}"
    away = f"; {type_} is offered in {several(sorted(there), 6)}" if there else f"; {type_} is not offered in this region"
    state: State = State.OK
    ways: tuple[str, ...] = ()
    if not there or (wanted and not having):
        state, ways = State.SHORT, _elsewhere(there)
    elif not place.certain and len(having) < max(1, len(wanted)):
        state = State.UNKNOWN
        away += "; which of the zones it will be is known at `up` only"
    elif len(having) < len(wanted):
        away += f"; it will stand in {several(having)} alone"
    else:
        away = ""
    return Row(
        kind=KIND,
        code=type_,
        need=several(wanted) or "?",
        have=several(sorted(there), 6) or "nowhere",
        says=says + away,
        state=state,
        way_out=ways,
    )


def _elsewhere(there: set[str]) -> tuple[str, ...]:
    if there:
        return (f"put it into {several(sorted(there), 6)} (slipway:network.zoneNames, gpuPools[].zones), or take another type",)
    return ("take another type, or another region (aws:region)",)


def _efa(fleet: Fleet, place: Place) -> Row | None:
    """The row of a fleet with EFA, whose nodes must be in one zone; None for a fleet without EFA.

    EFA's traffic does not leave a subnet: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html
    """
    interfaces = Block.of(fleet.template).items("networkInterfaces", unknown=[]) if fleet.template else []
    if not any(item.text("interfaceType", unknown="").startswith("efa") for item in interfaces):
        return None
    many, says = len(place.subnets) + place.unknown, f"{fleet.says} with EFA"
    if len(place.zones) > 1:
        ways = ("name one zone (gpuPools[].zones)",)
        return Row(kind=KIND, code="efa", need="1 zone", have=several(place.zones), says=says, state=State.SHORT, way_out=ways)
    if many > 1 and not place.certain:
        return unknown(KIND, "efa", "1 zone", f"{says}: whether its {many} subnets are in one zone is known at `up` only")
    return Row(kind=KIND, code="efa", need="1 zone", have=several(place.zones) or "1 subnet", says=says)
