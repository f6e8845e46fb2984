"""The provider functions (`pulumi_aws.get_*`) that the local cloud answers. The platform itself calls none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from localcloud.kernel.engine import Engine

Function = Callable[[Engine, Mapping[str, Any]], dict[str, Any]]


def _caller_identity(engine: Engine, _: Mapping[str, Any]) -> dict[str, Any]:
    answer = engine.clients("sts", engine.region).get_caller_identity()
    return {"id": answer["Account"], "accountId": answer["Account"], "arn": answer["Arn"], "userId": answer["UserId"]}


def _region(engine: Engine, args: Mapping[str, Any]) -> dict[str, Any]:
    name = args.get("region") or args.get("name") or engine.region
    return {"id": name, "name": name, "region": name, "description": name, "endpoint": f"ec2.{name}.amazonaws.com"}


def _partition(engine: Engine, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}


def _zones(engine: Engine, _: Mapping[str, Any]) -> dict[str, Any]:
    zones = engine.clients("ec2", engine.region).describe_availability_zones()["AvailabilityZones"]
    return {
        "id": engine.region,
        "names": [z["ZoneName"] for z in zones],
        "zoneIds": [z["ZoneId"] for z in zones],
        "groupNames": [engine.region],
    }


FUNCTIONS: Mapping[str, Function] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
}
