"""Quotas: what a plan takes of each, against what the account may have and what else uses it.

The table of resources that are counted is `counted.py`, EC2's vCPU quotas are `families.py`. SageMaker has a quota for each
instance type and use, thousands of them, whose codes nobody lists: they are found by name in what the account tells.
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
    """What an EC2 instance type has."""

    @property
    def vcpus(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a plan takes of one quota. `worst` is more than `need` where it is not known what counts together."""

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
    """One row a quota that the plan takes of."""
    wanted = [*vcpus(fleets, machines), *sagemaker(fleets), *counted(views, links)]
    return [answered(one, account) for one in wanted]


def vcpus(fleets: Iterable[Fleet], machines: Mapping[str, Machine]) -> list[Wanted]:
    """EC2's needs in vCPU. Of several types the one with most vCPU is taken, in every family that the types are of.

    What comes from a reservation or a capacity block takes none: it is held already, and `reservation` asks for it.
    """
    needs: dict[tuple[str, str], Need] = {}
    for fleet in fleets:
        if fleet.usage or fleet.market == RESERVED:
            continue
        largest: dict[tuple[str, str], int] = {}
        lost = not fleet.types or bool(fleet.machines.gaps)
        for type_ in fleet.types:
            quota, machine = quota_of(type_, fleet.market), machines.get(type_)
            if machine is None or quota is None:
                lost = True
            else:
                largest[quota] = max(largest.get(quota, 0), machine.vcpus)
        for quota, each in largest.items():
            took = Need(total=fleet.machines.total * each, added=fleet.machines.added * each, by=(fleet.says,))
            needs[quota] = needs.get(quota, Need()) + took
        if lost:
            needs[("", "vCPU of EC2")] = needs.get(("", "vCPU of EC2"), Need()) + Need(gaps=(fleet.says,))
    return [Wanted(service="ec2", code=code, name=name, unit="vCPU ", need=one) for (code, name), one in needs.items()]


def sagemaker(fleets: Iterable[Fleet]) -> list[Wanted]:
    """SageMaker's needs in instances of a type for a use; jobs as if all ran at once, which the engine may do."""
    needs: dict[str, Need] = {}
    for fleet in fleets:
        if not fleet.usage:
            continue
        name = f"{fleet.types[0] if fleet.types else 'instances'} for {fleet.usage}"
        lost = not fleet.types or bool(fleet.machines.gaps)
        took = (
            Need(gaps=(fleet.says,)) if lost else Need(total=fleet.machines.total, added=fleet.machines.added, by=(fleet.says,))
        )
        needs[name] = needs.get(name, Need()) + took
    return [Wanted(service="sagemaker", code="", name=name, unit="", need=one) for name, one in needs.items()]


def counted(views: list[ResourceView], links: LinkedPlan) -> list[Wanted]:
    """The needs of `COUNTED`: how many resources there will be, of those within one thing the most."""
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
    """The row of one quota, as the account answers."""
    code = wanted.code or wanted.name
    asks = max(wanted.need.total, wanted.worst)
    try:
        quota = account.quota(wanted.service, wanted.code, wanted.name) if wanted.code or wanted.need.by else None
    except Unanswered as error:
        return unknown(KIND, code, asks, f"{_needs(wanted)}; the quota was not told: {error}")
    if quota is None:
        lost = wanted.need.gaps
        why = f"{several(lost)}: known at `up` only" if lost else f"{wanted.service} tells no quota of this name"
        return unknown(KIND, code, asks, f"{_needs(wanted)}; {why}")
    used, unasked = None, ""
    try:
        used = in_use(wanted.used, account) if wanted.used else account.used(quota)
    except Unanswered as error:
        unasked = str(error)
    return judged(wanted, quota, used, unasked, account.region)


def judged(wanted: Wanted, quota: Quota, used: float | None, unasked: str, region: str) -> Row:
    """Short, where the change adds some and then the whole plan, or all that is in use, is over the quota. Pure."""
    total, added = wanted.need.total, wanted.need.added
    # What of the plan is there already is part of what is in use.
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
    """The command and the page that ask for more; for a quota that is fixed, what is left to do."""
    if not quota.adjustable:
        return ("AWS does not raise this quota: take less, or another account",)
    where = "us-east-1" if quota.service in ("iam", "s3") else region
    return (
        f"aws service-quotas request-service-quota-increase --service-code {quota.service} --quota-code {quota.code} "
        f"--desired-value {value} --region {where}",
        f"https://{where}.console.aws.amazon.com/servicequotas/home/services/{quota.service}/quotas/{quota.code}",
    )
