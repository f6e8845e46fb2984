"""The look-ups of where a program is: account, partition, region, zones, services; and of accounts that AWS owns."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import botocore.session

from catalog import accounts
from catalog import functions as tokens
from localcloud.kernel.context import Call, Context
from localcloud.kernel.lookup import Lookup, NoAnswer
from localcloud.services.ec2.filters import chosen_by, listed


@functools.cache
def _partitions() -> tuple[Mapping[str, Any], ...]:
    """AWS's partitions with their regions, as botocore has them."""
    return tuple(botocore.session.get_session().get_component("data_loader").load_data("endpoints")["partitions"])


def _partition(region: str) -> Mapping[str, Any]:
    return next((each for each in _partitions() if region in each["regions"]), _partitions()[0])


def _backwards(suffix: str) -> str:
    return ".".join(reversed(suffix.split(".")))


CALLER_IDENTITY = Lookup(
    function=tokens.CALLER_IDENTITY,
    ask=Call(op="get_caller_identity", take=()),
    id="{data.Account}",
    outputs={"accountId": "{data.Account}"},
)

PARTITION = Lookup(
    function=tokens.PARTITION,
    ask=lambda c: _partition(c.region),
    id="{data.partition}",
    outputs={"reverseDnsPrefix": lambda c: _backwards(c.data["dnsSuffix"])},
)


def _region(c: Context) -> dict[str, str]:
    name = c.props.get("region") or c.props.get("name") or c.region
    if c.props.get("endpoint"):
        name = str(c.props["endpoint"]).removeprefix("ec2.").partition(".")[0]
    regions = _partition(name)["regions"]
    if name not in regions:
        asked = "endpoint" if c.props.get("endpoint") else "name"
        raise NoAnswer(f'region not found for {asked}: "{c.props.get("endpoint") or name}"')
    endpoint = f"ec2.{name}.{_partition(name)['dnsSuffix']}"
    return {"name": name, "region": name, "description": regions[name]["description"], "endpoint": endpoint}


REGION = Lookup(
    function=tokens.REGION,
    ask=_region,
    id="{data.name}",
    outputs={key: f"{{data.{key}}}" for key in ("name", "region", "endpoint", "description")},
)

REGIONS = Lookup(
    function=tokens.REGIONS,
    service="ec2",
    ask=Call(
        op="describe_regions",
        take=(),
        params={"AllRegions": lambda c: c.props.get("allRegions"), "Filters": chosen_by()},
        path="Regions",
    ),
    id=lambda c: _partition(c.region)["partition"],
    outputs={"names": lambda c: sorted({region["RegionName"] for region in c.data} & {*_partition(c.region)["regions"]})},
)

_ZONES = Call(
    op="describe_availability_zones",
    take=(),
    params={
        "AllAvailabilityZones": lambda c: c.props.get("allAvailabilityZones"),
        "ZoneNames": listed("name"),
        "ZoneIds": listed("zoneId"),
        "Filters": chosen_by(),
    },
    path="AvailabilityZones",
)


def _zones(c: Context) -> list[dict[str, Any]]:
    state = c.props.get("state")
    hidden = {*(c.props.get("excludeNames") or ()), *(c.props.get("excludeZoneIds") or ())}
    found = [zone for zone in c.call(_ZONES) if not state or zone["State"] == state]
    return sorted((z for z in found if not hidden & {z["ZoneName"], z["ZoneId"]}), key=lambda zone: str(zone["ZoneName"]))


AVAILABILITY_ZONES = Lookup(
    function=tokens.AVAILABILITY_ZONES,
    service="ec2",
    ask=_zones,
    id="{region}",
    outputs={
        "names": lambda c: [zone["ZoneName"] for zone in c.data],
        "zoneIds": lambda c: [zone["ZoneId"] for zone in c.data],
        "groupNames": lambda c: sorted({zone.get("GroupName") or c.region for zone in c.data}),
    },
)

AVAILABILITY_ZONE = Lookup(
    function=tokens.AVAILABILITY_ZONE,
    service="ec2",
    ask=_zones,
    id="{data.ZoneName}",
    one="EC2 Availability Zone",
    missing=("InvalidParameterValue",),
    rename={"name": "ZoneName"},
    outputs={
        "groupName": lambda c: c.data.get("GroupName") or c.region,
        "networkBorderGroup": lambda c: c.data.get("NetworkBorderGroup") or c.region,
        "nameSuffix": lambda c: str(c.data["ZoneName"]).removeprefix(c.region).removeprefix("-"),
        "optInStatus": lambda c: c.data.get("OptInStatus") or "opt-in-not-required",
    },
)

_NAMES = ("dnsName", "reverseDnsName", "serviceId")


def _service(c: Context) -> dict[str, Any]:
    """A service in a region, named by any of its three names. Source: terraform-provider-aws, internal/service/meta."""
    region, service = c.region, str(c.props.get("serviceId") or "")
    if c.props.get("dnsName"):
        service, region = _parts(c, "dnsName", str(c.props["dnsName"]).split("."))
    elif c.props.get("reverseDnsName"):
        service, region = _parts(c, "reverseDnsName", str(c.props["reverseDnsName"]).split(".")[::-1])
    elif not service:
        raise NoAnswer(f"Invalid combination of arguments: one of {', '.join(_NAMES)} must be specified")
    suffix = str(_partition(region)["dnsSuffix"])
    prefix = str(c.props.get("reverseDnsPrefix") or _backwards(suffix))
    return {
        "serviceId": service,
        "region": region,
        "partition": _partition(region)["partition"],
        "dnsName": f"{service}.{region}.{_backwards(prefix)}",
        "reverseDnsName": f"{prefix}.{region}.{service}",
        "reverseDnsPrefix": prefix,
        "supported": region in _partition(region)["services"].get(service, {}).get("endpoints", {}),
    }


def _parts(c: Context, prop: str, parts: list[str]) -> tuple[str, str]:
    """Service and region of `service.region.suffix`."""
    if len(parts) < 4:
        raise NoAnswer(f'invalid {prop} "{c.props[prop]}": expected service, region and the partition\'s suffix')
    return parts[0], parts[1]


SERVICE = Lookup(
    function=tokens.SERVICE,
    ask=_service,
    id="{data.reverseDnsName}",
    outputs={"region": "{data.region}"},
)

SERVICE_PRINCIPAL = Lookup(
    function=tokens.SERVICE_PRINCIPAL,
    ask=lambda c: {"suffix": _partition(c.region)["dnsSuffix"]},
    id="{serviceName}.{region}.{data.suffix}",
    outputs={"name": "{serviceName}.{data.suffix}"},
)

DEFAULT_TAGS = Lookup(
    function=tokens.DEFAULT_TAGS,
    ask=lambda c: _partition(c.region),
    id="{data.partition}",
    outputs={"tags": "{defaultTags}"},
)


def _arn(c: Context) -> dict[str, str]:
    parts = str(c.props["arn"]).split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        why = "not enough sections" if parts[0] == "arn" else "invalid prefix"
        raise NoAnswer(f'"arn" ({c.props["arn"]}) is an invalid ARN: arn: {why}')
    return dict(zip(("partition", "service", "region", "account", "resource"), parts[1:], strict=True))


ARN = Lookup(function=tokens.ARN, ask=_arn, id="{arn}", outputs={"region": "{data.region}"})

BILLING_SERVICE_ACCOUNT = Lookup(
    function=tokens.BILLING_SERVICE_ACCOUNT,
    ask=lambda c: {"arn": f"arn:{_partition(c.region)['partition']}:iam::{accounts.BILLING}:root"},
    id=accounts.BILLING,
)

LOOKUPS = (
    *(CALLER_IDENTITY, PARTITION, REGION, REGIONS, AVAILABILITY_ZONE, AVAILABILITY_ZONES, SERVICE, SERVICE_PRINCIPAL),
    *(DEFAULT_TAGS, ARN, BILLING_SERVICE_ACCOUNT),
)
