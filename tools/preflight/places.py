"""The subnets of a plan's resources, whether the plan makes them or the account has them, with zone and free addresses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final

from catalog.limits import RESERVED_ADDRESSES
from catalog.types import ec2
from catalog.types.every import CARDS
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import ResourceView
from tools.preflight.account import Account, Unanswered
from tools.preflight.needs import MADE


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet. `name` is its name in the plan, or its id; `zone` is "" and `free` (addresses) None where they are not known."""

    name: str
    zone: str = ""
    zone_id: str = ""
    free: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The subnets that a resource names: `subnets` are those that are known, `unknown` counts those known at `up` only."""

    subnets: tuple[Subnet, ...] = ()
    unknown: int = 0

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones of the subnets whose zone is known."""
        return tuple(sorted({subnet.zone for subnet in self.subnets if subnet.zone}))

    @property
    def certain(self) -> bool:
        return not self.unknown and bool(self.subnets) and all(subnet.zone for subnet in self.subnets)


class Places:
    """The subnets of a plan, and those of the account that it names. `fault` says why the account did not describe them."""

    def __init__(self, views: Iterable[ResourceView], links: LinkedPlan, account: Account) -> None:
        self._links = links
        planned = [view for view in views if view.type == ec2.SUBNET.token]
        there = {view.id for view in planned if view.op not in MADE and view.id}
        named = {item for view in views for path in PATHS.get(view.type, ()) for item in _named(view, path) if item}
        asked = there | {item for item in named if links.named(ec2.SUBNET, item) is None and item.startswith("subnet-")}
        self.fault = ""
        self._there: dict[str, dict[str, Any]] = {}
        if asked:
            try:
                # The ids are a filter, because a parameter with one unknown id would fail the whole call.
                found = account.every(
                    "ec2", "describe_subnets", "Subnets", Filters=[{"Name": "subnet-id", "Values": sorted(asked)}]
                )
                self._there = {item["SubnetId"]: item for item in found}
            except Unanswered as error:
                self.fault = str(error)
        self.planned = tuple(self._of_plan(view) for view in planned)
        self._by_urn = {view.urn or view.name: subnet for view, subnet in zip(planned, self.planned, strict=True)}

    def of(self, view: ResourceView, path: str) -> Place:
        """The subnets of a resource that names its subnet, or a list of them, at `path`."""
        found, unknown = [], 0
        for item in _named(view, path):
            subnet = self._one(item)
            if subnet is None:
                unknown += 1
            else:
                found.append(subnet)
        return Place(subnets=tuple(dict.fromkeys(found)), unknown=unknown)

    @property
    def zones(self) -> tuple[str, ...]:
        """All zones in which the plan has subnets."""
        return tuple(sorted({subnet.zone for subnet in self.planned if subnet.zone}))

    def _one(self, item: str) -> Subnet | None:
        view = self._links.named(ec2.SUBNET, item)
        if view is not None:
            return self._by_urn.get(view.urn or view.name)
        if not item:
            return None
        there = self._there.get(item)
        return _described(item, there) if there else Subnet(name=item)

    def _of_plan(self, view: ResourceView) -> Subnet:
        block = Block.of(view)
        zone, zone_id, range_ = (block.text(key, unknown="") for key in ("availabilityZone", "availabilityZoneId", "cidrBlock"))
        there = self._there.get(view.id)
        if view.op not in MADE:
            return _described(view.name, there) if there else Subnet(name=view.name, zone=zone)
        return Subnet(
            name=view.name,
            zone=zone,
            zone_id=zone_id,
            free=_size(range_),
        )


# Token -> the properties by which the type names its subnets.
PATHS: Final[dict[str, tuple[str, ...]]] = {
    card.token: paths
    for card in CARDS.values()
    if (paths := tuple(points.path for points in card.points if points.to == ec2.SUBNET.token))
}


def _named(view: ResourceView, path: str) -> list[str]:
    """The names in a property, with "" for each that is not known. A list that is not known as a whole gives one ""."""
    return [item.text(unknown="") for item in Block.of(view).items(path, unknown=[Block("")])]


def _described(name: str, item: dict[str, Any]) -> Subnet:
    return Subnet(
        name=name,
        zone=item.get("AvailabilityZone", ""),
        zone_id=item.get("AvailabilityZoneId", ""),
        free=item.get("AvailableIpAddressCount"),
    )


def _size(cidr: str) -> int | None:
    """How many addresses a new subnet has, without those that AWS reserves; None for an unknown or invalid range."""
    try:
        return max(0, ip_network(cidr).num_addresses - RESERVED_ADDRESSES)
    except ValueError:
        return None
