"""Cost anomaly monitors and their subscriptions, of which moto has nothing. No anomaly is ever found here."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.recorded import Addition, ApiCall, Recorded, Refusal

SERVICE = "ce"
# Only SNS is sent each anomaly at once; mail is a digest: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_AnomalySubscription.html
TOLD_AT_ONCE = "IMMEDIATE"


def _arn(kind: str) -> str:
    return f"arn:aws:ce::{ACCOUNT}:{kind}/{uuid.uuid4()}"


def _monitor(call: ApiCall) -> Mapping[str, Any]:
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    return {"MonitorArn": _arn("anomalymonitor"), "CreationDate": today, "LastUpdatedDate": today, **_tags(call)}


def _subscription(call: ApiCall) -> Mapping[str, Any]:
    return {"SubscriptionArn": _arn("anomalysubscription"), "AccountId": ACCOUNT, **_tags(call)}


def _tags(call: ApiCall) -> Mapping[str, Any]:
    return {"ResourceTags": list(call.params.get("ResourceTags") or ())}


def _can_be_told(call: ApiCall) -> None:
    """Refuses a subscription to monitors that are not there, and subscribers that do not go with its frequency."""
    asked = call.params["AnomalySubscription"]
    known = {item["MonitorArn"] for item in call.store.items(SERVICE, "anomaly-monitor", call.region)}
    for arn in asked["MonitorArnList"]:
        if arn not in known:
            raise Refusal("UnknownMonitorException", f"Monitor {arn} does not exist.")
    wanted = "SNS" if asked["Frequency"] == TOLD_AT_ONCE else "EMAIL"
    for subscriber in asked["Subscribers"]:
        if subscriber["Type"] != wanted:
            message = f"A subscription of frequency {asked['Frequency']} tells {wanted}, not {subscriber['Type']}."
            raise Refusal("ValidationException", message)


def _row(what: str, made: Callable[[ApiCall], Mapping[str, Any]], parent: Callable[[ApiCall], None] | None = None) -> Recorded:
    """A kind of cost anomaly. The operations of both kinds have the same form and the same names."""
    kind, arn = f"Anomaly{what}", f"{what}Arn"
    return Recorded(
        service=SERVICE,
        noun=f"anomaly-{what.lower()}",
        key=(arn,),
        operations={f"Create{kind}": "create", f"Get{kind}s": "list", f"Update{kind}": "update", f"Delete{kind}": "delete"},
        inside=kind,
        output="",
        listed=(f"{kind}s", ""),
        made=made,
        arn=arn,
        tags="ResourceTags",
        missing=(f"Unknown{what}Exception", f"{what} {{0}} does not exist."),
        exists=("ValidationException", f"{what} {{0}} exists."),
        parent=parent,
        filters={f"{arn}List": arn},
        wrap=lambda call, item: {arn: item[arn]},
    )


ADDITION = Addition(service=SERVICE, recorded=(_row("Monitor", _monitor), _row("Subscription", _subscription, _can_be_told)))
