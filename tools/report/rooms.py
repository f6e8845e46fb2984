"""Turns a plan into the content of its picture: which rooms there are, and which resources and components belong to each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from catalog.types import cloudwatch, ec2, eks, iam, sagemaker, vpc
from catalog.types.every import CARDS
from tools.plan.view import Plan, ResourceView
from tools.report.contents import CONTENTS, Group, counted, printed, short_name
from tools.report.svg import Chip

TIERS: Final = ("public", "private", "isolated")
# Types that nearly every component has: they do not show what a component is for.
_SHARED: Final = frozenset({*iam.CARDS, *vpc.CARDS, *cloudwatch.CARDS, ec2.SECURITY_GROUP, ec2.SECURITY_GROUP_RULE})
# Types that show what their component is for, whatever else it holds.
_CHARACTERISTIC: Final = frozenset({ec2.VPC, eks.CLUSTER, sagemaker.ENDPOINT, sagemaker.TRAINING_JOB})


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What one card shows. `count` is how many resources it stands for; `components` are those drawn here."""

    kind: str
    groups: tuple[Group, ...]
    count: int
    components: tuple[Chip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnets:
    """One tier of the network: a cell for each zone, (zone, CIDR or name)."""

    tier: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The VPC as a grid of tiers and zones. `nat_zones` are the zones with a NAT gateway; `edge` is what faces the internet."""

    title: str
    zones: tuple[str, ...]
    tiers: tuple[Subnets, ...]
    nat_zones: tuple[str, ...]
    edge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All that is drawn. `rooms` are by kind, without those that would be empty."""

    title: str
    subtitle: str
    network: Network | None
    rooms: Mapping[str, Room]


def picture(plan: Plan) -> Picture:
    """What to show of `plan`. Deleted resources are left out."""
    # The engine registers resources in an order that differs from run to run; sorted, the same stack gives the same picture.
    ordered = sorted(plan, key=lambda view: (view.type, view.name, view.urn))
    live = [view for view in ordered if view.op != "delete" and not view.type.startswith(("pulumi:pulumi:", "pulumi:providers:"))]
    resources = [view for view in live if view.custom and not view.type.startswith("slipway:")]
    components = [view for view in live if not (view.custom and not view.type.startswith("slipway:"))]
    prefix = _prefix(resources)
    by_room: dict[str, list[ResourceView]] = {}
    for view in resources:
        by_room.setdefault(_room_of(view.type), []).append(view)
    homes = _homes(components, resources, by_room)
    rooms = {}
    for kind in [kind for kind in CONTENTS if kind in by_room or kind in homes]:
        views = by_room.get(kind, [])
        rooms[kind] = Room(
            kind=kind,
            groups=tuple(group for group in CONTENTS[kind](views, prefix) if group.chips),
            count=len(views),
            components=tuple(Chip(label=name.removeprefix(prefix) or name, tip=name) for name in homes.get(kind, ())),
        )
    network = _network(by_room.get("network", []), prefix)
    zones = network.zones if network else ()
    region = zones[0][:-1] if zones and zones[0][:-1].count("-") == 2 else ""
    words = [region, counted(len(resources), "resource"), counted(len(components), "component")]
    return Picture(
        title=prefix.rstrip("-") or plan.stack or "stack",
        subtitle=" · ".join(word for word in words if word),
        network=network,
        rooms=rooms,
    )


def _room_of(type_: str) -> str:
    card = CARDS.get(type_)
    return card.room if card else "other"


def _homes(
    components: list[ResourceView], resources: list[ResourceView], by_room: Mapping[str, list[ResourceView]]
) -> dict[str, list[str]]:
    """Room -> names of the components written in it: a component's room is the one that most of its descendants are in.

    Roles and security groups count little, because nearly every component has some.
    """
    parents = {view.urn: view.parent for view in (*components, *resources)}
    votes: dict[str, Counter[str]] = {}
    for kind, views in by_room.items():
        for view in views:
            above = view.parent
            while above in parents:
                votes.setdefault(above, Counter())[kind] += _weight(view.type)
                above = parents[above]
    homes: dict[str, list[str]] = {}
    for component in sorted(components, key=lambda view: view.name):
        room = votes[component.urn].most_common(1)[0][0] if component.urn in votes else "other"
        homes.setdefault(room, []).append(component.name)
    return homes


def _weight(type_: str) -> int:
    card = CARDS.get(type_)
    return 10_000 if card in _CHARACTERISTIC else 1 if card in _SHARED else 100


def _prefix(resources: list[ResourceView]) -> str:
    """The start that most names share, up to a dash. The picture leaves it out, as it tells no two resources apart."""
    starts: Counter[str] = Counter()
    for view in resources:
        words = view.name.split("-")
        starts.update("-".join(words[:length]) + "-" for length in range(1, len(words)))
    common = [start for start, times in starts.items() if len(resources) > 3 and times >= 0.6 * len(resources)]
    return max(common, key=len, default="")


def _network(views: list[ResourceView], prefix: str) -> Network | None:
    vpc = next((view for view in views if view.type == ec2.VPC.token), None)
    subnets = [view for view in views if view.type == ec2.SUBNET.token]
    if vpc is None and not subnets:
        return None
    cells: dict[str, dict[str, str]] = {}
    for view in subnets:
        tier = printed(view, "tags.Tier") or next((tier for tier in TIERS if tier in view.name), "subnets")
        zone = printed(view, "availabilityZone") or f"zone {len(cells.get(tier, {})) + 1}"
        cells.setdefault(tier, {})[zone] = printed(view, "cidrBlock") or short_name(view, prefix)
    zones = tuple(sorted({zone for row in cells.values() for zone in row}))
    order = sorted(cells, key=lambda tier: TIERS.index(tier) if tier in TIERS else len(TIERS))
    gateways = [view for view in views if view.type == ec2.NAT_GATEWAY.token]
    nat_zones = [zone for zone in zones for view in gateways if view.name.endswith(f"-{zone[-1]}")]
    internet = sum(view.type == ec2.INTERNET_GATEWAY.token for view in views)
    return Network(
        title=" ".join(word for word in ("VPC", printed(vpc, "cidrBlock") if vpc else "") if word),
        zones=zones,
        tiers=tuple(Subnets(tier=tier, cells=tuple((zone, cells[tier].get(zone, "")) for zone in zones)) for tier in order),
        nat_zones=tuple(nat_zones) if len(nat_zones) == len(gateways) else zones[: len(gateways)],
        edge="Internet gateway" if internet else "No way to the internet",
    )
