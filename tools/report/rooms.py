"""From a plan to what a picture shows: which rooms there are, and what is in each. Where it goes is decided elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.plan.view import UNKNOWN, Plan, ResourceView, Secret
from tools.report.svg import Chip

# The room of a resource, by the start of its type; the first that matches. Everything else is in "other".
ROOM_OF: Final = (
    ("aws:ec2/launchTemplate:", "cluster"),
    ("aws:ec2/placementGroup:", "cluster"),
    ("aws:ec2/", "network"),
    ("aws:vpc/", "network"),
    ("aws:eks/", "cluster"),
    ("aws:s3/", "data"),
    ("aws:dynamodb/", "data"),
    ("aws:ecr/", "images"),
    ("pulumi-python:dynamic/sagemaker:TrainingJob", "training"),
    ("aws:sagemaker/modelPackage", "models"),
    ("aws:sagemaker/model:", "models"),
    ("aws:sagemaker/", "serving"),
    ("aws:appautoscaling/", "serving"),
    ("aws:kms/", "keys"),
    ("aws:secretsmanager/", "keys"),
    ("aws:iam/", "identity"),
    ("aws:cloudwatch/", "watch"),
    ("aws:sns/", "watch"),
    ("aws:sqs/", "watch"),
    ("aws:budgets/", "money"),
    ("aws:costexplorer/", "money"),
)
TIERS: Final = ("public", "private", "isolated")
# Nearly every component has some of these; they do not tell what it is for.
_SHARED_TYPES: Final = ("aws:iam/", "aws:ec2/securityGroup", "aws:vpc/", "aws:cloudwatch/")
# Where one of these is, the component is about it, whatever else it needs.
_TELLING_TYPES: Final = (
    "aws:ec2/vpc:Vpc",
    "aws:eks/cluster:Cluster",
    "aws:sagemaker/endpoint:Endpoint",
    "pulumi-python:dynamic/sagemaker:TrainingJob",
)
BUCKET_PROMISES: Final = (
    ("aws:s3/bucketVersioning:BucketVersioning", "versioned"),
    ("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", "encrypted"),
    ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "no public access"),
    ("aws:s3/bucketPolicy:BucketPolicy", "own policy"),
    ("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "lifecycle"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A heading and its chips."""

    heading: str
    chips: tuple[Chip, ...]


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
    """All that is drawn. `rooms` by kind; those without content are not there."""

    title: str
    subtitle: str
    network: Network | None
    rooms: Mapping[str, Room]


def picture(plan: Plan) -> Picture:
    """What to show of `plan`. Deleted resources are left out."""
    # Registrations race each other; by name, the same stack is the same picture.
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
    for kind in [kind for kind in _GROUPS if kind in by_room or kind in homes]:
        views = by_room.get(kind, [])
        rooms[kind] = Room(
            kind=kind,
            groups=tuple(group for group in _GROUPS[kind](views, prefix) if group.chips),
            count=len(views),
            components=tuple(Chip(label=name.removeprefix(prefix) or name, tip=name) for name in homes.get(kind, ())),
        )
    network = _network(by_room.get("network", []), prefix)
    zones = network.zones if network else ()
    region = zones[0][:-1] if zones and zones[0][:-1].count("-") == 2 else ""
    words = [region, _count(len(resources), "resource"), _count(len(components), "component")]
    return Picture(
        title=prefix.rstrip("-") or plan.stack or "stack",
        subtitle=" · ".join(word for word in words if word),
        network=network,
        rooms=rooms,
    )


def _room_of(type_: str) -> str:
    return next((room for start, room in ROOM_OF if type_.startswith(start)), "other")


def _homes(
    components: list[ResourceView], resources: list[ResourceView], by_room: Mapping[str, list[ResourceView]]
) -> dict[str, list[str]]:
    """Where each component is named: the room that most of its descendants are in, roles and security groups counting little."""
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
    return 10_000 if type_ in _TELLING_TYPES else 1 if type_.startswith(_SHARED_TYPES) else 100


def _prefix(resources: list[ResourceView]) -> str:
    """The start that most names share, up to a dash: what every name repeats says nothing in a picture."""
    starts: Counter[str] = Counter()
    for view in resources:
        words = view.name.split("-")
        starts.update("-".join(words[:length]) + "-" for length in range(1, len(words)))
    common = [start for start, times in starts.items() if len(resources) > 3 and times >= 0.6 * len(resources)]
    return max(common, key=len, default="")


def _network(views: list[ResourceView], prefix: str) -> Network | None:
    vpc = next((view for view in views if view.type == "aws:ec2/vpc:Vpc"), None)
    subnets = [view for view in views if view.type == "aws:ec2/subnet:Subnet"]
    if vpc is None and not subnets:
        return None
    cells: dict[str, dict[str, str]] = {}
    for view in subnets:
        tier = _text(view.get("tags.Tier")) or next((tier for tier in TIERS if tier in view.name), "subnets")
        zone = _text(view.get("availabilityZone")) or f"zone {len(cells.get(tier, {})) + 1}"
        cells.setdefault(tier, {})[zone] = _text(view.get("cidrBlock")) or _short(view, prefix)
    zones = tuple(sorted({zone for row in cells.values() for zone in row}))
    order = sorted(cells, key=lambda tier: TIERS.index(tier) if tier in TIERS else len(TIERS))
    gateways = [view for view in views if view.type == "aws:ec2/natGateway:NatGateway"]
    nat_zones = [zone for zone in zones for view in gateways if view.name.endswith(f"-{zone[-1]}")]
    internet = sum(view.type == "aws:ec2/internetGateway:InternetGateway" for view in views)
    return Network(
        title=" ".join(word for word in ("VPC", _text(vpc.get("cidrBlock")) if vpc else "") if word),
        zones=zones,
        tiers=tuple(Subnets(tier=tier, cells=tuple((zone, cells[tier].get(zone, "")) for zone in zones)) for tier in order),
        nat_zones=tuple(nat_zones) if len(nat_zones) == len(gateways) else zones[: len(gateways)],
        edge="Internet gateway" if internet else "No way to the internet",
    )


def _network_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    endpoints = [view for view in views if view.type.endswith(":VpcEndpoint")]
    for kind, heading in (("Interface", "Interface endpoints"), ("Gateway", "Gateway endpoints")):
        found = [view for view in endpoints if (_text(view.get("vpcEndpointType")) or "Gateway") == kind]
        yield Group(heading=heading, chips=tuple(Chip(label=_service(view, prefix), tip=view.name) for view in found))
    counts = [(sum(view.type.endswith(f":{kind}") for view in views), word) for kind, word in _NETWORK_WORDS]
    yield Group(heading="Guarded by", chips=tuple(Chip(label=_count(count, word)) for count, word in counts if count))


_NETWORK_WORDS: Final = (
    ("SecurityGroup", "security group"),
    ("RouteTable", "route table"),
    ("FlowLog", "flow log"),
)


def _cluster_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    clusters = [view for view in views if view.type == "aws:eks/cluster:Cluster"]
    yield Group(
        heading="Cluster",
        chips=tuple(
            Chip(label=_text(view.get("name")) or view.name, detail=_cluster_detail(view), tip=view.name) for view in clusters
        ),
    )
    templates = {view.parent: view for view in views if view.type == "aws:ec2/launchTemplate:LaunchTemplate"}
    pools = [view for view in views if view.type == "aws:eks/nodeGroup:NodeGroup"]
    yield Group(heading="Pools", chips=tuple(_pool(view, templates.get(view.parent), prefix) for view in pools))
    addons = [view for view in views if view.type == "aws:eks/addon:Addon"]
    yield Group(
        heading="Add-ons",
        chips=tuple(Chip(label=_text(view.get("addonName")) or _short(view, prefix), tip=view.name) for view in addons),
    )


def _cluster_detail(view: ResourceView) -> str:
    version = _text(view.get("version"))
    private = view.get("vpcConfig.endpointPublicAccess") is False
    return " · ".join(word for word in (f"EKS {version}".strip(), "private" if private else "") if word)


def _pool(view: ResourceView, template: ResourceView | None, prefix: str) -> Chip:
    instance = _text(view.get("instanceTypes.0")) or (_text(template.get("instanceType")) if template else "")
    size = [view.get(f"scalingConfig.{name}") for name in ("minSize", "desiredSize", "maxSize")]
    span = f"{size[1]} of {size[0]} to {size[2]}" if all(isinstance(item, (int, float)) for item in size) else ""
    spot = "spot" if _text(view.get("capacityType")) == "SPOT" else ""
    return Chip(label=_short(view, prefix), detail=" · ".join(word for word in (instance, span, spot) if word), tip=view.name)


def _data_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Buckets", "aws:s3/bucket:Bucket")
    objects = [view for view in views if view.type.startswith("aws:s3/bucketObject")]
    yield Group(
        heading="Objects",
        chips=tuple(Chip(label=_short(view, prefix), tip=_text(view.get("key")) or view.name) for view in objects),
    )
    yield _named(views, prefix, "Tables", "aws:dynamodb/table:Table")
    buckets = sum(view.type == "aws:s3/bucket:Bucket" for view in views)
    kept = [word for type_, word in BUCKET_PROMISES if buckets and sum(view.type == type_ for view in views) >= buckets]
    yield Group(heading="Every bucket", chips=tuple(Chip(label=word) for word in kept))


def _images_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Repositories", "aws:ecr/repository:Repository")
    repositories = [view for view in views if view.type == "aws:ecr/repository:Repository"]
    promises = (
        ("tags never move", "imageTagMutability", "IMMUTABLE"),
        ("scanned", "imageScanningConfiguration.scanOnPush", True),
    )
    kept = [word for word, path, wanted in promises if repositories and all(view.get(path) == wanted for view in repositories)]
    yield Group(heading="Every image", chips=tuple(Chip(label=word) for word in kept))


def _training_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    jobs = tuple(Chip(label=_short(view, prefix), detail=_job(view), tip=view.name) for view in views)
    yield Group(heading="Jobs", chips=jobs)
    channels = {name for view in views for name in (view.get("channels") if isinstance(view.get("channels"), Mapping) else ())}
    yield Group(heading="Reads", chips=tuple(Chip(label=name) for name in sorted(channels)))


def _job(view: ResourceView) -> str:
    instance, count = _text(view.get("resourceConfig.instanceType")), view.get("resourceConfig.instanceCount", 1)
    return f"{count} × {instance}" if instance and isinstance(count, (int, float)) else instance


def _models_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Models", "aws:sagemaker/model:Model")
    yield _named(views, prefix, "Package groups", "aws:sagemaker/modelPackageGroup:ModelPackageGroup")


def _serving_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Endpoints", "aws:sagemaker/endpoint:Endpoint")
    targets = [view for view in views if view.type == "aws:appautoscaling/target:Target"]
    chips = [
        _variant(item, next((target for target in targets if _scales(target, view, item, len(targets))), None))
        for view in views
        if view.type == "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
        for item in _blocks(view.get("productionVariants"))
    ]
    yield Group(heading="Variants", chips=tuple(chips))


def _scales(target: ResourceView, configuration: ResourceView, variant: Mapping[str, Any], targets: int) -> bool:
    """Whether a scaling target is this variant's: it says so, or it is the only one."""
    resource, name = _text(target.get("resourceId")), _text(variant.get("variantName"))
    near = target.parent == configuration.parent
    return near and (resource.endswith(f"/variant/{name}") if resource else targets == 1)


def _variant(item: Mapping[str, Any], target: ResourceView | None) -> Chip:
    instance, count = _text(item.get("instanceType")), _shown(item.get("initialInstanceCount", 1))
    span = f"{_shown(target.get('minCapacity'))} to {_shown(target.get('maxCapacity'))}" if target else count
    detail = f"{span} × {instance}" if instance else "serverless" if item.get("serverlessConfig") else ""
    return Chip(label=_text(item.get("variantName")) or "variant", detail=detail, tip="autoscaled" if target else "")


def _keys_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Keys", "aws:kms/key:Key")
    yield _named(views, prefix, "Secrets", "aws:secretsmanager/secret:Secret")


def _identity_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Roles", "aws:iam/role:Role")
    yield _named(views, prefix, "Policies", "aws:iam/policy:Policy")
    providers = [view for view in views if view.type == "aws:iam/openIdConnectProvider:OpenIdConnectProvider"]
    yield Group(
        heading="Signs in",
        chips=tuple(Chip(label=_text(view.get("url")).removeprefix("https://") or view.name) for view in providers),
    )


def _watch_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Alarms", "aws:cloudwatch/metricAlarm:MetricAlarm")
    yield _named(views, prefix, "Dashboards", "aws:cloudwatch/dashboard:Dashboard")
    yield _named(views, prefix, "Logs", "aws:cloudwatch/logGroup:LogGroup")
    yield _named(views, prefix, "Topics", "aws:sns/topic:Topic")
    yield _named(views, prefix, "Queues", "aws:sqs/queue:Queue")


def _money_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    budgets = [view for view in views if view.type == "aws:budgets/budget:Budget"]
    chips = (Chip(label=_short(view, prefix), detail=_amount(view), tip=view.name) for view in budgets)
    yield Group(heading="Budgets", chips=tuple(chips))
    yield _named(views, prefix, "Anomaly monitors", "aws:costexplorer/anomalyMonitor:AnomalyMonitor")


def _amount(view: ResourceView) -> str:
    amount = view.get("limitAmount")
    try:
        return (
            f"{float(amount):,.0f} {_text(view.get('limitUnit')) or 'USD'} a month"
            if isinstance(amount, (str, int, float))
            else ""
        )
    except ValueError:
        return ""


def _other_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    kinds = Counter(view.type.rpartition(":")[2] for view in views)
    yield Group(heading="Also declared", chips=tuple(Chip(label=kind, detail=f"× {times}") for kind, times in kinds.items()))


_GROUPS: Final = {
    "network": _network_groups,
    "cluster": _cluster_groups,
    "data": _data_groups,
    "images": _images_groups,
    "training": _training_groups,
    "models": _models_groups,
    "serving": _serving_groups,
    "keys": _keys_groups,
    "identity": _identity_groups,
    "watch": _watch_groups,
    "money": _money_groups,
    "other": _other_groups,
}


def _named(views: list[ResourceView], prefix: str, heading: str, type_: str) -> Group:
    return Group(
        heading=heading, chips=tuple(Chip(label=_short(view, prefix), tip=view.name) for view in views if view.type == type_)
    )


def _service(view: ResourceView, prefix: str) -> str:
    """The AWS service of an endpoint: `ecr.api` of `com.amazonaws.us-east-1.ecr.api`."""
    parts = _text(view.get("serviceName")).split(".", 3)
    return parts[3] if len(parts) == 4 else _short(view, prefix)


def _short(view: ResourceView, prefix: str) -> str:
    return view.name.removeprefix(prefix) or view.name


def _text(value: Any) -> str:
    """A known, open string; "" for anything else."""
    return value if isinstance(value, str) else ""


def _shown(value: Any) -> str:
    return "?" if value is None or value is UNKNOWN or isinstance(value, Secret) else str(value)


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, (list, tuple)) else []


def _count(number: int, word: str) -> str:
    plural = word[:-1] + "ies" if word.endswith("y") else word + "s"
    return f"{number} {word if number == 1 else plural}"
