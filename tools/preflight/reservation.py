"""Reservations: whether a capacity reservation that a plan names exists, is of the same type and zone, and has room now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from tools.preflight.account import Account, Unanswered
from tools.preflight.fleets import Fleet
from tools.preflight.needs import Need
from tools.preflight.offering import place_of
from tools.preflight.places import Place, Places
from tools.preflight.report import Row, State, several, unknown

KIND: Final = "reservation"
# States of a reservation that does not have its capacity yet, such as a block for next week, or one that is being paid.
COMING: Final = ("scheduled", "pending", "payment-pending", "assessing", "delayed")
_FREE: Final = ("InvalidCapacityReservationId.NotFound", "InvalidCapacityReservationId.Malformed")


def rows(fleets: Iterable[Fleet], places: Places, account: Account) -> list[Row]:
    """One row for each reservation that fleets name."""
    found = []
    by_id: dict[str, list[Fleet]] = {}
    for fleet in fleets:
        if fleet.reservation:
            by_id.setdefault(fleet.reservation, []).append(fleet)
    for id_, drawing in by_id.items():
        machines = sum((fleet.machines for fleet in drawing), Need())
        try:
            answer = account.found("ec2", "describe_capacity_reservations", _FREE, CapacityReservationIds=[id_])
        except Unanswered as error:
            found.append(unknown(KIND, id_, machines.total, str(error)))
            continue
        held = (answer or {}).get("CapacityReservations") or [None]
        found.append(judged(id_, drawing, machines, [place_of(fleet, places) for fleet in drawing], held[0]))
    return found


def judged(id_: str, fleets: list[Fleet], machines: Need, where: list[Place], held: Mapping[str, Any] | None) -> Row:
    """All faults of one reservation in one row, without effects. `held` is EC2's description of the reservation."""
    says = several(fleet.says for fleet in fleets)
    if held is None:
        ways = ("write the id of one that `aws ec2 describe-capacity-reservations` lists (gpuPools[].reservationId)",)
        return _row(id_, machines.total, 0.0, f"{says}: no such reservation in this account and region", State.SHORT, ways)
    total, free = float(held.get("TotalInstanceCount", 0)), float(held.get("AvailableInstanceCount", 0))
    faults, waits = [], []
    status = str(held.get("State", ""))
    if status in COMING and any(fleet.start for fleet in fleets):
        faults.append(f"it is {status}{_from(held)}, and nodes are wanted at once; begin with 0")
    elif status in COMING:
        waits.append(f"it is {status}{_from(held)}: no node comes before")
    elif status != "active":
        faults.append(f"it is {status}")
    for fleet in fleets:
        if not fleet.types:
            waits.append("whether the type is the same is known at `up` only")
        elif held.get("InstanceType") not in fleet.types:
            faults.append(f"it holds {held.get('InstanceType')}")
    zones = {zone for place in where for zone in place.zones}
    zone = str(held.get("AvailabilityZone", ""))
    if zones - {zone}:
        faults.append(f"it is in {zone}, the nodes in {several(sorted(zones))}")
    elif not all(place.certain for place in where):
        waits.append(f"it is in {zone}; where the nodes will be is known at `up` only")
    if machines.gaps:
        waits.append("how many are wanted is known at `up` only")
    needs, have = machines.total, total
    if machines.total > total:
        faults.append(f"it holds {total:g}")
    elif status == "active" and machines.added > free:
        needs, have = machines.added, free
        faults.append(f"{free:g} of its {total:g} are free")
    state = State.SHORT if faults else State.UNKNOWN if waits else State.OK
    finding = "; ".join([*faults, *waits]) or f"{free:g} of {total:g} free in {zone}"
    fits = ("make the pool fit the reservation (gpuPools[]: instanceType, zones, max), or name another",)
    return _row(id_, needs, have, f"{says}: {finding}{_until(held)}", state, fits if faults else ())


def _row(id_: str, needed: float, have: float, says: str, state: State, ways: tuple[str, ...]) -> Row:
    return Row(kind=KIND, code=id_, need=needed, have=have, says=says, state=state, way_out=ways)


def _from(held: Mapping[str, Any]) -> str:
    return f" from {_date(held['StartDate'])}" if held.get("StartDate") else ""


def _until(held: Mapping[str, Any]) -> str:
    """The end of a reservation in words; "" for one without end. A capacity block's nodes stop half an hour before its end."""
    return f"; it ends {_date(held['EndDate'])}" if held.get("EndDate") else ""


def _date(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else str(value)
