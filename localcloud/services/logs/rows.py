"""CloudWatch Logs: log groups. Facts of behaviour: tests/golden/cloudwatch.LogGroup.json."""

from __future__ import annotations

from typing import Any

from catalog.types import cloudwatch
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import matches, one_of
from localcloud.kernel.spec import Autoname, Resource, Tags, Update

# Source: CloudWatch Logs API reference, PutRetentionPolicy.
_DAYS = (0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


def _read_group(c: Context) -> dict[str, Any] | None:
    pages = c.client().get_paginator("describe_log_groups").paginate(logGroupNamePrefix=c.id)
    found = next((group for page in pages for group in page["logGroups"] if group["logGroupName"] == c.id), None)
    return None if found is None else {**found, "arn": found["arn"].removesuffix(":*")}


def _retention(c: Context) -> None:
    days = c.props.get("retentionInDays")
    if days:
        c.client().put_retention_policy(logGroupName=c.id, retentionInDays=days)
    else:
        c.client().delete_retention_policy(logGroupName=c.id)


def _key(c: Context) -> None:
    if c.props.get("kmsKeyId"):
        c.client().associate_kms_key(logGroupName=c.id, kmsKeyId=c.props["kmsKeyId"])
    else:
        c.client().disassociate_kms_key(logGroupName=c.id)


def _delete_group(c: Context) -> None:
    if not c.state.get("skipDestroy"):
        c.client().delete_log_group(logGroupName=c.id)


LOG_GROUP = Resource(
    type=cloudwatch.LOG_GROUP.token,
    service="logs",
    create=Call(op="create_log_group", take=("kmsKeyId", "logGroupClass"), params={"logGroupName": "{name}"}),
    id="{name}",
    read=_read_group,
    missing=("ResourceNotFoundException",),
    updates=(
        Update(on=("retentionInDays",), do=_retention),
        Update(on=("kmsKeyId",), do=_key, after_create=False),
    ),
    delete=_delete_group,
    replace=frozenset({"name", "namePrefix", "logGroupClass"}),
    computed=frozenset({"name", "logGroupClass"}),
    defaults={"retentionInDays": 0, "skipDestroy": False},
    empty={"kmsKeyId": "", "logGroupClass": "", "namePrefix": "", "retentionInDays": 0},
    rename={"name": "logGroupName"},
    # moto answers no class; AWS's default is STANDARD
    same={"logGroupClass": lambda new, old: new is None or new == (old or "STANDARD")},
    autoname=Autoname(limit=512),
    checks=(
        one_of("retentionInDays", *_DAYS),
        matches("name", r"[\w./#-]+", "alphanumeric characters, underscores, hyphens, slashes, hash signs and dots are allowed"),
        one_of("logGroupClass", "STANDARD", "INFREQUENT_ACCESS", "DELIVERY"),
    ),
    tags=Tags(
        create="tags",
        form="map",
        target=("resourceArn", "{arn}"),
        add_member="tags",
        remove_member="tagKeys",
        list_op="list_tags_for_resource",
        list_path="tags",
    ),
)

ROWS = (LOG_GROUP,)
