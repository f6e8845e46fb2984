"""What each room of the picture lists of its resources, as headings and chips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.plan.view import UNKNOWN, ResourceView, Secret
from tools.report.svg import Chip

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


def _network_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    endpoints = [view for view in views if view.type.endswith(":VpcEndpoint")]
    for kind, heading in (("Interface", "Interface endpoints"), ("Gateway", "Gateway endpoints")):
        found = [view for view in endpoints if (text_of(view.get("vpcEndpointType")) or "Gateway") == kind]
        yield Group(heading=heading, chips=tuple(Chip(label=_service(view, prefix), tip=view.name) for view in found))
    counts = [(sum(view.type.endswith(f":{kind}") for view in views), word) for kind, word in _NETWORK_WORDS]
    yield Group(heading="Guarded by", chips=tuple(Chip(label=counted(count, word)) for count, word in counts if count))


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
            Chip(label=text_of(view.get("name")) or view.name, detail=_cluster_detail(view), tip=view.name) for view in clusters
        ),
    )
    templates = {view.parent: view for view in views if view.type == "aws:ec2/launchTemplate:LaunchTemplate"}
    pools = [view for view in views if view.type == "aws:eks/nodeGroup:NodeGroup"]
    yield Group(heading="Pools", chips=tuple(_pool(view, templates.get(view.parent), prefix) for view in pools))
    addons = [view for view in views if view.type == "aws:eks/addon:Addon"]
    yield Group(
        heading="Add-ons",
        chips=tuple(Chip(label=text_of(view.get("addonName")) or short_name(view, prefix), tip=view.name) for view in addons),
    )


def _cluster_detail(view: ResourceView) -> str:
    version = text_of(view.get("version"))
    private = view.get("vpcConfig.endpointPublicAccess") is False
    return " · ".join(word for word in (f"EKS {version}".strip(), "private" if private else "") if word)


def _pool(view: ResourceView, template: ResourceView | None, prefix: str) -> Chip:
    instance = text_of(view.get("instanceTypes.0")) or (text_of(template.get("instanceType")) if template else "")
    size = [view.get(f"scalingConfig.{name}") for name in ("minSize", "desiredSize", "maxSize")]
    span = f"{size[1]} of {size[0]} to {size[2]}" if all(isinstance(item, (int, float)) for item in size) else ""
    spot = "spot" if text_of(view.get("capacityType")) == "SPOT" else ""
    return Chip(label=short_name(view, prefix), detail=" · ".join(word for word in (instance, span, spot) if word), tip=view.name)


def _data_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Buckets", "aws:s3/bucket:Bucket")
    objects = [view for view in views if view.type.startswith("aws:s3/bucketObject")]
    yield Group(
        heading="Objects",
        chips=tuple(Chip(label=short_name(view, prefix), tip=text_of(view.get("key")) or view.name) for view in objects),
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
    yield _named(views, prefix, "Built by", "aws:codebuild/project:Project")
    yield Group(heading="Every image", chips=tuple(Chip(label=word) for word in kept))


def _training_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    jobs = tuple(Chip(label=short_name(view, prefix), detail=_job(view), tip=view.name) for view in views)
    yield Group(heading="Jobs", chips=jobs)
    channels = {name for view in views for name in (view.get("channels") if isinstance(view.get("channels"), Mapping) else ())}
    yield Group(heading="Reads", chips=tuple(Chip(label=name) for name in sorted(channels)))


def _job(view: ResourceView) -> str:
    instance, count = text_of(view.get("resourceConfig.instanceType")), view.get("resourceConfig.instanceCount", 1)
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
    resource, name = text_of(target.get("resourceId")), text_of(variant.get("variantName"))
    near = target.parent == configuration.parent
    return near and (resource.endswith(f"/variant/{name}") if resource else targets == 1)


def _variant(item: Mapping[str, Any], target: ResourceView | None) -> Chip:
    instance, count = text_of(item.get("instanceType")), _shown(item.get("initialInstanceCount", 1))
    span = f"{_shown(target.get('minCapacity'))} to {_shown(target.get('maxCapacity'))}" if target else count
    detail = f"{span} × {instance}" if instance else "serverless" if item.get("serverlessConfig") else ""
    return Chip(label=text_of(item.get("variantName")) or "variant", detail=detail, tip="autoscaled" if target else "")


def _keys_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Keys", "aws:kms/key:Key")
    yield _named(views, prefix, "Secrets", "aws:secretsmanager/secret:Secret")


def _identity_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Roles", "aws:iam/role:Role")
    yield _named(views, prefix, "Policies", "aws:iam/policy:Policy")
    providers = [view for view in views if view.type == "aws:iam/openIdConnectProvider:OpenIdConnectProvider"]
    yield Group(
        heading="Signs in",
        chips=tuple(Chip(label=text_of(view.get("url")).removeprefix("https://") or view.name) for view in providers),
    )


def _watch_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    yield _named(views, prefix, "Alarms", "aws:cloudwatch/metricAlarm:MetricAlarm")
    yield _named(views, prefix, "Dashboards", "aws:cloudwatch/dashboard:Dashboard")
    yield _named(views, prefix, "Logs", "aws:cloudwatch/logGroup:LogGroup")
    yield _named(views, prefix, "Topics", "aws:sns/topic:Topic")
    yield _named(views, prefix, "Queues", "aws:sqs/queue:Queue")


def _money_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    budgets = [view for view in views if view.type == "aws:budgets/budget:Budget"]
    chips = (Chip(label=short_name(view, prefix), detail=_amount(view), tip=view.name) for view in budgets)
    yield Group(heading="Budgets", chips=tuple(chips))
    yield _named(views, prefix, "Anomaly monitors", "aws:costexplorer/anomalyMonitor:AnomalyMonitor")
    schedules = [view for view in views if view.type == "aws:scheduler/schedule:Schedule"]
    chips = (
        Chip(label=short_name(view, prefix), detail=text_of(view.get("scheduleExpression")), tip=view.name) for view in schedules
    )
    yield Group(heading="Schedules", chips=tuple(chips))


def _amount(view: ResourceView) -> str:
    amount = view.get("limitAmount")
    try:
        return (
            f"{float(amount):,.0f} {text_of(view.get('limitUnit')) or 'USD'} a month"
            if isinstance(amount, (str, int, float))
            else ""
        )
    except ValueError:
        return ""


def _other_groups(views: list[ResourceView], prefix: str) -> Iterable[Group]:
    kinds = Counter(view.type.rpartition(":")[2] for view in views)
    yield Group(heading="Also declared", chips=tuple(Chip(label=kind, detail=f"× {times}") for kind, times in kinds.items()))


# What each room lists, by kind.
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


def _named(views: list[ResourceView], prefix: str, heading: str, type_: str) -> Group:
    return Group(
        heading=heading, chips=tuple(Chip(label=short_name(view, prefix), tip=view.name) for view in views if view.type == type_)
    )


def _service(view: ResourceView, prefix: str) -> str:
    """The AWS service of an endpoint: `ecr.api` of `com.amazonaws.us-east-1.ecr.api`."""
    parts = text_of(view.get("serviceName")).split(".", 3)
    return parts[3] if len(parts) == 4 else short_name(view, prefix)


def short_name(view: ResourceView, prefix: str) -> str:
    """The name without the start that all share."""
    return view.name.removeprefix(prefix) or view.name


def text_of(value: Any) -> str:
    """A known, open string; "" for anything else."""
    return value if isinstance(value, str) else ""


def _shown(value: Any) -> str:
    return "?" if value is None or value is UNKNOWN or isinstance(value, Secret) else str(value)


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, (list, tuple)) else []


def counted(number: int, word: str) -> str:
    """`1 alarm`, `2 alarms`, `3 policies`."""
    plural = word[:-1] + "ies" if word.endswith("y") else word + "s"
    return f"{number} {word if number == 1 else plural}"
