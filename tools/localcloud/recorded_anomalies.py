"""Cost anomaly monitors and who is told of what they find, of which moto has nothing. Nothing is ever found here."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tools.localcloud.recorder import ACCOUNT, Call, Recorded, Refusal

SERVICE = "ce"
# Mail is a digest: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_AnomalySubscription.html
TOLD_AT_ONCE = "IMMEDIATE"


def _arn(kind: str) -> str:
    return f"arn:aws:ce::{ACCOUNT}:{kind}/{uuid.uuid4()}"


def _monitor(call: Call) -> Mapping[str, Any]:
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    return {"MonitorArn": _arn("anomalymonitor"), "CreationDate": today, "LastUpdatedDate": today, **_tags(call)}


def _subscription(call: Call) -> Mapping[str, Any]:
    return {"SubscriptionArn": _arn("anomalysubscription"), "AccountId": ACCOUNT, **_tags(call)}


def _tags(call: Call) -> Mapping[str, Any]:
    return {"ResourceTags": list(call.params.get("ResourceTags") or ())}


def _can_be_told(call: Call) -> None:
    """Monitors that there are, and subscribers that the frequency goes with."""
    asked = call.params["AnomalySubscription"]
    known = {item["MonitorArn"] for item in call.recorder.items(SERVICE, "anomaly-monitor", call.region)}
    for arn in asked["MonitorArnList"]:
        if arn not in known:
            raise Refusal("UnknownMonitorException", f"Monitor {arn} does not exist.")
    wanted = "SNS" if asked["Frequency"] == TOLD_AT_ONCE else "EMAIL"
    for subscriber in asked["Subscribers"]:
        if subscriber["Type"] != wanted:
            message = f"A subscription of frequency {asked['Frequency']} tells {wanted}, not {subscriber['Type']}."
            raise Refusal("ValidationException", message)


ROWS = (
    Recorded(
        service=SERVICE,
        noun="anomaly-monitor",
        key=("MonitorArn",),
        operations={
            "CreateAnomalyMonitor": "create",
            "GetAnomalyMonitors": "list",
            "UpdateAnomalyMonitor": "update",
            "DeleteAnomalyMonitor": "delete",
        },
        inside="AnomalyMonitor",
        output="",
        listed=("AnomalyMonitors", ""),
        made=_monitor,
        arn="MonitorArn",
        tags="ResourceTags",
        missing=("UnknownMonitorException", "Monitor {0} does not exist."),
        exists=("ValidationException", "Monitor {0} exists."),
        filters={"MonitorArnList": "MonitorArn"},
        wrap=lambda call, item: {"MonitorArn": item["MonitorArn"]},
    ),
    Recorded(
        service=SERVICE,
        noun="anomaly-subscription",
        key=("SubscriptionArn",),
        operations={
            "CreateAnomalySubscription": "create",
            "GetAnomalySubscriptions": "list",
            "UpdateAnomalySubscription": "update",
            "DeleteAnomalySubscription": "delete",
        },
        inside="AnomalySubscription",
        output="",
        listed=("AnomalySubscriptions", ""),
        made=_subscription,
        arn="SubscriptionArn",
        tags="ResourceTags",
        missing=("UnknownSubscriptionException", "Subscription {0} does not exist."),
        exists=("ValidationException", "Subscription {0} exists."),
        parent=_can_be_told,
        filters={"SubscriptionArnList": "SubscriptionArn"},
        wrap=lambda call, item: {"SubscriptionArn": item["SubscriptionArn"]},
    ),
)
