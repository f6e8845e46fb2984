"""The headings and chips by which each room of the picture lists its resources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from catalog.types import (
    appautoscaling,
    budgets,
    cloudwatch,
    codebuild,
    costexplorer,
    dynamodb,
    ec2,
    ecr,
    eks,
    iam,
    kms,
    s3,
    sagemaker,
    scheduler,
    secretsmanager,
    sns,
    sqs,
)
from catalog.types.card import Card
from tools.plan.reader import Block
from tools.plan.view import ResourceView
from tools.report.svg import Chip

BUCKET_PROMISES: Final = (
    (s3.BUCKET_VERSIONING, "versioned"),
    (s3.BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION, "encrypted"),
    (s3.BUCKET_PUBLIC_ACCESS_BLOCK, "no public access"),
    (s3.BUCKET_POLICY, "own policy"),
    (s3.BUCKET_LIFECYCLE_CONFIGURATION, "lifecycle"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A heading and its chips."""

    heading: str
    chips: tuple[Chip, ...]


def _network_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    endpoints = [view for view in views if view.type == ec2.VPC_ENDPOINT.token]
    for kind, heading in (("Interface", "Interface endpoints"), ("Gateway", "Gateway endpoints")):
        found = [view for view in endpoints if (printed(view, "vpcEndpointType") or "Gateway") == kind]
        yield Group(heading=heading, chips=tuple(Chip(label=_service(view, prefix), tip=view.name) for view in found))
    counts = [(sum(view.type == card.token for view in views), word) for card, word in _NETWORK_WORDS]
    yield Group(heading="Guarded by", chips=tuple(Chip(label=counted(count, word)) for count, word in counts if count))


_NETWORK_WORDS: Final = (
    (ec2.SECURITY_GROUP, "security group"),
    (ec2.ROUTE_TABLE, "route table"),
    (ec2.FLOW_LOG, "flow log"),
)


def _cluster_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    clusters = [view for view in views if view.type == eks.CLUSTER.token]
    yield Group(
        heading="Cluster",
        chips=tuple(
            Chip(label=printed(view, "name") or view.name, detail=_cluster_detail(view), tip=view.name) for view in clusters
        ),
    )
    templates = {view.parent: view for view in views if view.type == ec2.LAUNCH_TEMPLATE.token}
    pools = [view for view in views if view.type == eks.NODE_GROUP.token]
    yield Group(heading="Pools", chips=tuple(_pool(view, templates.get(view.parent), prefix) for view in pools))
    addons = [view for view in views if view.type == eks.ADDON.token]
    yield Group(
        heading="Add-ons",
        chips=tuple(Chip(label=printed(view, "addonName") or short_name(view, prefix), tip=view.name) for view in addons),
    )


def _cluster_detail(view: ResourceView) -> str:
    version = printed(view, "version")
    private = not Block.printable(view).flag("vpcConfig.endpointPublicAccess", default=True, unknown=True)
    return " · ".join(word for word in (f"EKS {version}".strip(), "private" if private else "") if word)


def _pool(view: ResourceView, template: ResourceView | None, prefix: str) -> Chip:
    block = Block.printable(view)
    instance = printed(view, "instanceTypes.0") or (printed(template, "instanceType") if template else "")
    least, now, most = (_known(block, f"scalingConfig.{name}") for name in ("minSize", "desiredSize", "maxSize"))
    span = "" if least is None or now is None or most is None else f"{now:g} of {least:g} to {most:g}"
    spot = "spot" if printed(view, "capacityType") == "SPOT" else ""
    return Chip(label=short_name(view, prefix), detail=" · ".join(word for word in (instance, span, spot) if word), tip=view.name)


def _data_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Buckets", s3.BUCKET)
    objects = [view for view in views if view.type in (s3.BUCKET_OBJECT.token, s3.BUCKET_OBJECTV2.token)]
    yield Group(
        heading="Objects",
        chips=tuple(Chip(label=short_name(view, prefix), tip=printed(view, "key") or view.name) for view in objects),
    )
    yield _named(views, prefix, "Tables", dynamodb.TABLE)
    buckets = sum(view.type == s3.BUCKET.token for view in views)
    shared = [word for card, word in BUCKET_PROMISES if buckets and sum(view.type == card.token for view in views) >= buckets]
    yield Group(heading="Every bucket", chips=tuple(Chip(label=word) for word in shared))


def _images_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Repositories", ecr.REPOSITORY)
    repositories = [view for view in views if view.type == ecr.REPOSITORY.token]
    promises = (
        ("tags never move", lambda view: printed(view, "imageTagMutability") == "IMMUTABLE"),
        ("scanned", lambda view: Block.printable(view).flag("imageScanningConfiguration.scanOnPush", unknown=False)),
    )
    shared = [word for word, holds in promises if repositories and all(map(holds, repositories))]
    yield _named(views, prefix, "Built by", codebuild.PROJECT)
    yield Group(heading="Every image", chips=tuple(Chip(label=word) for word in shared))


def _training_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    jobs = tuple(Chip(label=short_name(view, prefix), detail=_job(view), tip=view.name) for view in views)
    yield Group(heading="Jobs", chips=jobs)
    channels = {name for view in views for name in Block.printable(view).entries("channels", unknown={})}
    yield Group(heading="Reads", chips=tuple(Chip(label=name) for name in sorted(channels)))


def _job(view: ResourceView) -> str:
    block, instance = Block.printable(view), printed(view, "resourceConfig.instanceType")
    count = _known(block, "resourceConfig.instanceCount", 1)
    return f"{count:g} × {instance}" if instance and count is not None else instance


def _models_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Models", sagemaker.MODEL)
    yield _named(views, prefix, "Package groups", sagemaker.MODEL_PACKAGE_GROUP)


def _serving_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Endpoints", sagemaker.ENDPOINT)
    targets = [view for view in views if view.type == appautoscaling.TARGET.token]
    chips = [
        _variant(item, next((target for target in targets if _scales(target, view, item, len(targets))), None))
        for view in views
        if view.type == sagemaker.ENDPOINT_CONFIGURATION.token
        for item in Block.printable(view).items("productionVariants", unknown=[])
    ]
    yield Group(heading="Variants", chips=tuple(chips))


def _scales(target: ResourceView, configuration: ResourceView, variant: Block, targets: int) -> bool:
    """Whether a scaling target scales a variant: its id names it, or it is the only target beside the configuration."""
    resource, name = printed(target, "resourceId"), variant.text("variantName", unknown="")
    near = target.parent == configuration.parent
    return near and (resource.endswith(f"/variant/{name}") if resource else targets == 1)


def _variant(item: Block, target: ResourceView | None) -> Chip:
    instance = item.text("instanceType", unknown="")
    if target:
        scaled = Block.printable(target)
        span = f"{_count(scaled, 'minCapacity')} to {_count(scaled, 'maxCapacity')}"
    else:
        span = _count(item, "initialInstanceCount", 1)
    detail = f"{span} × {instance}" if instance else "serverless" if item.given("serverlessConfig") else ""
    return Chip(label=item.text("variantName", unknown="") or "variant", detail=detail, tip="autoscaled" if target else "")


def _known(block: Block, path: str, default: float | None = None) -> float | None:
    """The number at `path`: `default` where the property is not set, None where its value is not known yet."""
    return block.number(path, unknown=None) if block.given(path) else default


def _count(block: Block, path: str, default: float | None = None) -> str:
    """The number at `path` as text, "?" where its value is not known yet."""
    found = _known(block, path, default)
    return "?" if found is None else f"{found:g}"


def _keys_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Keys", kms.KEY)
    yield _named(views, prefix, "Secrets", secretsmanager.SECRET)


def _identity_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Roles", iam.ROLE)
    yield _named(views, prefix, "Policies", iam.POLICY)
    providers = [view for view in views if view.type == iam.OPEN_ID_CONNECT_PROVIDER.token]
    yield Group(
        heading="Signs in",
        chips=tuple(Chip(label=printed(view, "url").removeprefix("https://") or view.name) for view in providers),
    )


def _watch_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Alarms", cloudwatch.METRIC_ALARM)
    yield _named(views, prefix, "Dashboards", cloudwatch.DASHBOARD)
    yield _named(views, prefix, "Logs", cloudwatch.LOG_GROUP)
    yield _named(views, prefix, "Topics", sns.TOPIC)
    yield _named(views, prefix, "Queues", sqs.QUEUE)


def _money_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    found = [view for view in views if view.type == budgets.BUDGET.token]
    chips = (Chip(label=short_name(view, prefix), detail=_amount(view), tip=view.name) for view in found)
    yield Group(heading="Budgets", chips=tuple(chips))
    yield _named(views, prefix, "Anomaly monitors", costexplorer.ANOMALY_MONITOR)
    schedules = [view for view in views if view.type == scheduler.SCHEDULE.token]
    chips = (
        Chip(label=short_name(view, prefix), detail=printed(view, "scheduleExpression"), tip=view.name) for view in schedules
    )
    yield Group(heading="Schedules", chips=tuple(chips))


def _amount(view: ResourceView) -> str:
    amount = Block.printable(view).number("limitAmount", unknown=None)
    return "" if amount is None else f"{amount:,.0f} {printed(view, 'limitUnit') or 'USD'} a month"


def _other_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    kinds = Counter(view.type.rpartition(":")[2] for view in views)
    yield Group(heading="Also declared", chips=tuple(Chip(label=kind, detail=f"× {times}") for kind, times in kinds.items()))


# Room -> the function that gives its groups.
CONTENTS: Final = {
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


def _named(views: list[ResourceView], prefix: str, heading: str, card: Card) -> Group:
    named = (view for view in views if view.type == card.token)
    return Group(heading=heading, chips=tuple(Chip(label=short_name(view, prefix), tip=view.name) for view in named))


def _service(view: ResourceView, prefix: str) -> str:
    """The AWS service of an endpoint: `ecr.api` of `com.amazonaws.us-east-1.ecr.api`."""
    parts = printed(view, "serviceName").split(".", 3)
    return parts[3] if len(parts) == 4 else short_name(view, prefix)


def short_name(view: ResourceView, prefix: str) -> str:
    """A resource's name without the prefix that most names of the stack share."""
    return view.name.removeprefix(prefix) or view.name


def printed(view: ResourceView, path: str) -> str:
    """The text of a property; "" where the property is absent, secret or not known yet."""
    return Block.printable(view).text(path, unknown="")


def counted(number: int, word: str) -> str:
    """A number with its noun, in the plural where needed: `1 alarm`, `2 alarms`, `3 policies`."""
    plural = word[:-1] + "ies" if word.endswith("y") else word + "s"
    return f"{number} {word if number == 1 else plural}"
