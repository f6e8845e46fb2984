"""The look-ups of log groups."""

from __future__ import annotations

from typing import Any

from catalog import functions
from localcloud.kernel.context import Call, Context
from localcloud.kernel.lookup import Lookup


def _groups(c: Context) -> list[dict[str, Any]]:
    """The groups, their arns without the star for their streams."""
    prefix = c.props.get("name") or c.props.get("logGroupNamePrefix")
    found = c.every(Call(op="describe_log_groups", take=(), params={"logGroupNamePrefix": prefix}, path="logGroups"))
    return [{**group, "arn": str(group["arn"]).removesuffix(":*")} for group in found]


def _group(c: Context) -> dict[str, Any] | None:
    found = next((group for group in _groups(c) if group["logGroupName"] == c.props["name"]), None)
    return found and {**found, "tags": c.client().list_tags_for_resource(resourceArn=found["arn"])["tags"]}


GROUP = Lookup(
    function=functions.LOGS_GROUP,
    service="logs",
    ask=_group,
    id="{name}",
    none="reading CloudWatch Logs Log Group ({name}): couldn't find resource",
)

GROUPS = Lookup(
    function=functions.LOGS_GROUPS,
    service="logs",
    ask=_groups,
    id="{region}",
    outputs={
        "arns": lambda c: [group["arn"] for group in c.data],
        "logGroupNames": lambda c: [group["logGroupName"] for group in c.data],
    },
)

LOOKUPS = (GROUP, GROUPS)
