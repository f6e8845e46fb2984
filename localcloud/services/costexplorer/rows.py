"""Cost anomalies: monitors and subscriptions. Facts of behaviour: terraform-provider-aws, internal/service/ce."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from catalog.types import costexplorer
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import arn, conflicts, json_document, length, one_of
from localcloud.kernel.spec import Autoname, Resource, Tags, Update

# Property -> member, for the parts of an expression that hold a key with values.
_LEAVES = {"costCategory": "CostCategories", "dimension": "Dimensions", "tags": "Tags"}
# The genuine provider writes AWS's answer with every part of an expression that Cost Explorer has, null where there is none.
_PARTS = ("And", "CostCategories", "Dimensions", "Not", "Or", "Tags")
_TAGS = Tags(
    create="",
    add_member="ResourceTags",
    remove_member="ResourceTagKeys",
    list_op="list_tags_for_resource",
    list_path="ResourceTags",
)


def _create_monitor(c: Context) -> Any:
    given: dict[str, Any] = {"MonitorName": c.props["name"], "MonitorType": c.props["monitorType"]}
    if c.props.get("monitorDimension"):
        given["MonitorDimension"] = c.props["monitorDimension"]
    if c.props.get("monitorSpecification"):
        given["MonitorSpecification"] = _without_nulls(json.loads(c.props["monitorSpecification"]))
    return c.client().create_anomaly_monitor(AnomalyMonitor=given)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _specification(c: Context) -> str | None:
    found = c.data.get("MonitorSpecification")
    return json.dumps(_with_nulls(found), sort_keys=True, separators=(",", ":")) if found else None


def _with_nulls(expression: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = dict.fromkeys(_PARTS)
    for part, value in expression.items():
        if part in ("And", "Or"):
            made[part] = [_with_nulls(item) for item in value]
        else:
            made[part] = _with_nulls(value) if part == "Not" else {"Key": None, "MatchOptions": None, "Values": None, **value}
    return made


MONITOR = Resource(
    type=costexplorer.ANOMALY_MONITOR.token,
    service="ce",
    create=_create_monitor,
    id="{data.MonitorArn}",
    read=Call(op="get_anomaly_monitors", take=(), params={"MonitorArnList": ["{id}"]}, path="AnomalyMonitors[0]"),
    missing=("UnknownMonitorException",),
    updates=(
        Update(
            on=("name",),
            do=Call(op="update_anomaly_monitor", take=(), params={"MonitorArn": "{id}", "MonitorName": "{name}"}),
            after_create=False,
        ),
    ),
    delete=Call(op="delete_anomaly_monitor", take=(), params={"MonitorArn": "{id}"}),
    replace=frozenset({"monitorDimension", "monitorSpecification", "monitorType"}),
    empty={"monitorDimension": ""},
    json=frozenset({"monitorSpecification"}),
    rename={"name": "MonitorName", "arn": "MonitorArn"},
    outputs={"monitorSpecification": _specification},
    checks=(
        one_of("monitorType", "DIMENSIONAL", "CUSTOM"),
        one_of("monitorDimension", "SERVICE", "LINKED_ACCOUNT", "TAG", "COST_CATEGORY"),
        conflicts("monitorDimension", "monitorSpecification"),
        json_document("monitorSpecification"),
        length("name", 1, 1024),
    ),
    autoname=Autoname(limit=1024),
    tags=_TAGS,
    recorded=True,
)


def _to_aws(expression: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for ours, part in _LEAVES.items():
        if expression.get(ours):
            members = {"Key": "key", "MatchOptions": "matchOptions", "Values": "values"}
            made[part] = {member: expression[ours][name] for member, name in members.items() if expression[ours].get(name)}
    for ours, part in (("ands", "And"), ("ors", "Or")):
        if expression.get(ours):
            made[part] = [_to_aws(item) for item in expression[ours]]
    if expression.get("not"):
        made["Not"] = _to_aws(expression["not"])
    return made


def _from_aws(expression: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        ours: {name[0].lower() + name[1:]: value for name, value in expression[part].items()}
        for ours, part in _LEAVES.items()
        if expression.get(part)
    }
    for ours, part in (("ands", "And"), ("ors", "Or")):
        if expression.get(part):
            made[ours] = [_from_aws(item) for item in expression[part]]
    return {**made, "not": _from_aws(expression["Not"])} if expression.get("Not") else made


def _subscription(c: Context) -> dict[str, Any]:
    """The members of a subscription in a request, except its name."""
    made: dict[str, Any] = {
        "Frequency": c.props["frequency"],
        "MonitorArnList": list(c.props["monitorArnLists"]),
        "Subscribers": [{"Address": item["address"], "Type": item["type"]} for item in c.props["subscribers"]],
    }
    if c.props.get("thresholdExpression"):
        made["ThresholdExpression"] = _to_aws(c.props["thresholdExpression"])
    return made


def _create_subscription(c: Context) -> Any:
    given = {"SubscriptionName": c.props["name"], **_subscription(c)}
    if c.props.get("accountId"):
        given["AccountId"] = c.props["accountId"]
    return c.client().create_anomaly_subscription(AnomalySubscription=given)


def _threshold(c: Context) -> dict[str, Any] | None:
    found = c.data.get("ThresholdExpression")
    return _from_aws(found) if found else None


SUBSCRIPTION = Resource(
    type=costexplorer.ANOMALY_SUBSCRIPTION.token,
    service="ce",
    create=_create_subscription,
    id="{data.SubscriptionArn}",
    read=Call(op="get_anomaly_subscriptions", take=(), params={"SubscriptionArnList": ["{id}"]}, path="AnomalySubscriptions[0]"),
    missing=("UnknownSubscriptionException",),
    updates=(
        Update(
            on=("frequency", "monitorArnLists", "subscribers", "thresholdExpression"),
            do=lambda c: c.client().update_anomaly_subscription(SubscriptionArn=c.id, **_subscription(c)),
            after_create=False,
        ),
    ),
    delete=Call(op="delete_anomaly_subscription", take=(), params={"SubscriptionArn": "{id}"}),
    replace=frozenset({"name"}),
    computed=frozenset({"accountId", "thresholdExpression"}),
    sets=frozenset({"subscribers"}),
    rename={"name": "SubscriptionName", "arn": "SubscriptionArn", "monitorArnLists": "MonitorArnList"},
    outputs={"thresholdExpression": _threshold},
    checks=(
        one_of("frequency", "DAILY", "IMMEDIATE", "WEEKLY"),
        one_of("subscribers.type", "EMAIL", "SNS"),
        arn("monitorArnLists"),
        length("name", 1, 1024),
    ),
    autoname=Autoname(limit=1024),
    tags=_TAGS,
    recorded=True,
)

ROWS = (MONITOR, SUBSCRIPTION)
