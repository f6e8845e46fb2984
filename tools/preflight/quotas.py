"""Quotas: compares what a plan takes of each quota with the quota's value and with what is in use.

Quotas on numbers of resources are in `counted.py`, EC2's vCPU quotas in `families.py`. SageMaker has thousands of quotas, one for
each instance type and use, whose codes are listed nowhere: they are found by name among the account's quotas.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from catalog.types.card import Used
from tools.plan.links import LinkedPlan
from tools.plan.view import ResourceView
from tools.preflight.account import Account, Quota, Unanswered
from tools.preflight.counted import COUNTED, Counted, in_use
from tools.preflight.families import quota_of
from tools.preflight.fleets import RESERVED, Fleet
from tools.preflight.needs import Need, live, need
from tools.preflight.report import Row, State, several, unknown

KIND: Final = "quota"


class Machine(Protocol):
    """The properties of an EC2 instance type that quotas need."""

    @property
    def vcpus(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a plan takes of one quota. `worst` exceeds `need` where resources may count within the same thing or not."""

    service: str
    code: str
    name: str
    unit: str
    need: Need
    worst: float = 0.0
    used: Used | None = None


def rows(
    views: list[ResourceView], links: LinkedPlan, fleets: list[Fleet], machines: Mapping[str, Machine], account: Account
) -> list[Row]:
    """One row for each quota that the plan needs."""
    wanted = [*vcpus(fleets, machines), *sagemaker(fleets), *counted(views, links)]
    return [answered(one, account) for one in wanted]


def vcpus(fleets: Iterable[Fleet], machines: Mapping[str, Machine]) -> list[Wanted]:
    """The needs of EC2 in vCPU. Where a fleet may use several types, the one with most vCPU counts in each family.

    Machines from a reservation or a capacity block need no quota: that capacity is owned already, and `reservation` checks it.
    """
    needs: dict[tuple[str, str], Need] = {}
    for fleet in fleets:
        if fleet.usage or fleet.market == RESERVED:
            continue
        largest: dict[tuple[str, str], int] = {}
        unclear = not fleet.types or bool(fleet.machines.gaps)
        for type_ in fleet.types:
            quota, machine = quota_of(type_, fleet.market), machines.get(type_)
            if machine is None or quota is None:
                unclear = True
            else:
                largest[quota] = max(largest.get(quota, 0), machine.vcpus)
        for quota, each in largest.items():
            took = Need(total=fleet.machines.total * each, added=fleet.machines.added * each, by=(fleet.says,))
            needs[quota] = needs.get(quota, Need()) + took
        if unclear:
            needs[("", "vCPU of EC2")] = needs.get(("", "vCPU of EC2"), Need()) + Need(gaps=(fleet.says,))
    return [Wanted(service="ec2", code=code, name=name, unit="vCPU ", need=one) for (code, name), one in needs.items()]


def sagemaker(fleets: Iterable[Fleet]) -> list[Wanted]:
    """The needs of SageMaker in instances by type and use. All jobs count together, because the engine may run them at once."""
    needs: dict[str, Need] = {}
    for fleet in fleets:
        if not fleet.usage:
            continue
        name = f"{fleet.types[0] if fleet.types else 'instances'} for {fleet.usage}"
        unclear = not fleet.types or bool(fleet.machines.gaps)
        took = (
            Need(gaps=(fleet.says,))
            if unclear
            else Need(total=fleet.machines.total, added=fleet.machines.added, by=(fleet.says,))
        )
        needs[name] = needs.get(name, Need()) + took
    return [Wanted(service="sagemaker", code="", name=name, unit="", need=one) for name, one in needs.items()]


def counted(views: list[ResourceView], links: LinkedPlan) -> list[Wanted]:
    """The needs of the quotas in `COUNTED`: how many resources there will be, within the thing that has most of them."""
    return [wanted for row in COUNTED if (wanted := _counted(row, views, links))]


def _counted(row: Counted, views: list[ResourceView], links: LinkedPlan) -> Wanted | None:
    within: dict[str, Need] = {}
    anywhere = Need()
    for view in live(views):
        if not row.counts(view):
            continue
        one, where = need(view, row.size), row.within(view, links)
        if where is None:
            anywhere += one
        else:
            within[where] = within.get(where, Need()) + one
    if not within and not (anywhere.by or anywhere.gaps):
        return None
    most = max(within.values(), key=lambda one: (one.total, len(one.gaps)), default=Need())
    worst = most + anywhere
    return Wanted(
        service=row.quota.service,
        code=row.quota.code,
        name=row.quota.name,
        unit=row.quota.unit,
        need=most if within else worst if len(anywhere.by) == 1 else Need(by=anywhere.by, gaps=anywhere.gaps),
        worst=worst.total,
        used=row.quota.used,
    )


def answered(wanted: Wanted, account: Account) -> Row:
    """The row of one quota, by the account's answers."""
    code = wanted.code or wanted.name
    asks = max(wanted.need.total, wanted.worst)
    try:
        quota = account.quota(wanted.service, wanted.code, wanted.name) if wanted.code or wanted.need.by else None
    except Unanswered as error:
        return unknown(KIND, code, asks, f"{_needs(wanted)}; the quota was not told: {error}")
    if quota is None:
        gaps = wanted.need.gaps
        why = f"{several(gaps)}: known at `up` only" if gaps else f"{wanted.service} tells no quota of this name"
        return unknown(KIND, code, asks, f"{_needs(wanted)}; {why}")
    used, unasked = None, ""
    try:
        used = in_use(wanted.used, account) if wanted.used else account.used(quota)
    except Unanswered as error:
        unasked = str(error)
    return judged(wanted, quota, used, unasked, account.region)


def judged(wanted: Wanted, quota: Quota, used: float | None, unasked: str, region: str) -> Row:
    """The row of one quota, without effects.

    The row is short where the change adds something, and the whole plan or all that is then in use exceeds the quota.
    """
    total, added = wanted.need.total, wanted.need.added
    # What the plan has already is part of `used`.
    asks = max(total, (used or 0.0) + added)
    if used is None or total > quota.value:
        takes, room = max(total, wanted.worst), quota.value
    else:
        takes, room = added, max(0.0, quota.value - used)
    has = f"the account may have {quota.value:g}" + (f" and uses {used:g}" if used is not None else "")
    says, state = f"{_needs(wanted)}; {has}", State.OK
    if added and (total > quota.value or (used is not None and takes > room)):
        says, state = f"{says}: {asks - quota.value:g} short", State.SHORT
    elif total > quota.value:
        says = f"{says}: {total - quota.value:g} short at its largest, which this change does not change"
    elif wanted.worst > quota.value:
        says, state = f"{says}; how many come together is known at `up` only", State.UNKNOWN
    elif wanted.need.gaps:
        says, state = f"{says}; how much {several(wanted.need.gaps)} takes is known at `up` only", State.UNKNOWN
    if used is None and unasked:
        says += f" (what is in use was not told: {unasked})"
    ways = _raise(quota, math.ceil(asks), region) if state is State.SHORT else ()
    return Row(kind=KIND, code=quota.code, need=takes, have=room, says=says, state=state, way_out=ways)


def _needs(wanted: Wanted) -> str:
    total, added = wanted.need.total, wanted.need.added
    new = "" if added == total else f" ({added:g} of them new)"
    return f"{several(wanted.need.by) or 'the plan'}: {max(total, wanted.worst):g}{new} {wanted.unit}of `{wanted.name}`"


def _raise(quota: Quota, value: int, region: str) -> tuple[str, ...]:
    """The command and the page that ask AWS for a larger quota; for a fixed quota, what else can be done."""
    if not quota.adjustable:
        return ("AWS does not raise this quota: take less, or another account",)
    where = "us-east-1" if quota.service in ("iam", "s3") else region
    return (
        f"aws service-quotas request-service-quota-increase --service-code {quota.service} --quota-code {quota.code} "
        f"--desired-value {value} --region {where}",
        f"https://{where}.console.aws.amazon.com/servicequotas/home/services/{quota.service}/quotas/{quota.code}",
    )
