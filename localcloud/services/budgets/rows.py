"""Budgets and their notifications. Facts of behaviour: tests/golden/budgets.Budget.json."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from catalog.types import budgets
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import one_of, when
from localcloud.kernel.spec import Autoname, Resource, Tags, Update

_TIME = "%Y-%m-%d_%H:%M"  # Terraform's form of a budget's period
_PLAIN = ("comparisonOperator", "threshold", "thresholdType", "notificationType")


def _time(value: str) -> datetime.datetime:
    return datetime.datetime.strptime(value, _TIME).replace(tzinfo=datetime.UTC)


def _budget(c: Context) -> dict[str, Any]:
    props = c.props
    made: dict[str, Any] = {"BudgetName": props["name"], "BudgetType": props["budgetType"], "TimeUnit": props["timeUnit"]}
    if props.get("limitAmount") is not None:
        made["BudgetLimit"] = {"Amount": str(props["limitAmount"]), "Unit": props["limitUnit"]}
    period = {
        key: _time(props[prop]) for prop, key in (("timePeriodStart", "Start"), ("timePeriodEnd", "End")) if props.get(prop)
    }
    start = period.get("Start") or datetime.datetime.now(datetime.UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    made["TimePeriod"] = {"Start": start, "End": period.get("End") or _time("2087-06-15_00:00")}
    if props.get("costFilters"):
        made["CostFilters"] = {item["name"]: list(item["values"]) for item in props["costFilters"]}
    if props.get("costTypes"):
        made["CostTypes"] = {key[0].upper() + key[1:]: bool(value) for key, value in props["costTypes"].items()}
    if props.get("plannedLimits"):
        made["PlannedBudgetLimits"] = {
            str(int(_time(item["startTime"]).timestamp())): {"Amount": str(item["amount"]), "Unit": item["unit"]}
            for item in props["plannedLimits"]
        }
    return made


def _notification(item: Mapping[str, Any]) -> dict[str, Any]:
    details = {key[0].upper() + key[1:]: item[key] for key in _PLAIN if item.get(key) is not None}
    people = [{"SubscriptionType": "EMAIL", "Address": address} for address in item.get("subscriberEmailAddresses") or ()]
    topics = [{"SubscriptionType": "SNS", "Address": address} for address in item.get("subscriberSnsTopicArns") or ()]
    return {"Notification": details, "Subscribers": [*people, *topics]}


def _create(c: Context) -> Any:
    told = [_notification(item) for item in c.props.get("notifications") or ()]
    return c.client().create_budget(AccountId=c.account, Budget=_budget(c), NotificationsWithSubscribers=told)


def _address(c: Context) -> dict[str, str]:
    return {"AccountId": c.account, "BudgetName": c.get("name") or c.id.partition(":")[2]}


def _notifications(c: Context) -> None:
    """AWS changes a notification by removing and adding it."""
    client, address = c.client(), _address(c)
    for details in client.describe_notifications_for_budget(**address)["Notifications"]:
        client.delete_notification(
            **address, Notification={key: value for key, value in details.items() if key != "NotificationState"}
        )
    for item in c.props.get("notifications") or ():
        client.create_notification(**address, **_notification(item))


def _read(c: Context) -> dict[str, Any]:
    client, address = c.client(), _address(c)
    budget = client.describe_budget(**address)["Budget"]
    notifications = []
    for details in client.describe_notifications_for_budget(**address).get("Notifications", ()):
        asked = {key: value for key, value in details.items() if key != "NotificationState"}
        told = client.describe_subscribers_for_notification(**address, Notification=asked)["Subscribers"]
        notifications.append(
            {
                **{key: details.get(key[0].upper() + key[1:]) for key in _PLAIN},
                "thresholdType": details.get("ThresholdType", "PERCENTAGE"),
                "subscriberEmailAddresses": [item["Address"] for item in told if item["SubscriptionType"] == "EMAIL"],
                "subscriberSnsTopicArns": [item["Address"] for item in told if item["SubscriptionType"] == "SNS"],
            }
        )
    limit = budget.get("BudgetLimit") or {}
    return {
        "name": budget["BudgetName"],
        "budgetType": budget["BudgetType"],
        "timeUnit": budget["TimeUnit"],
        "limitAmount": limit.get("Amount"),
        "limitUnit": limit.get("Unit"),
        "timePeriodStart": budget["TimePeriod"]["Start"].astimezone(datetime.UTC).strftime(_TIME),
        "timePeriodEnd": budget["TimePeriod"]["End"].astimezone(datetime.UTC).strftime(_TIME),
        "costTypes": {key[0].lower() + key[1:]: value for key, value in (budget.get("CostTypes") or {}).items()} or None,
        "costFilters": [{"name": key, "values": values} for key, values in (budget.get("CostFilters") or {}).items()],
        "notifications": notifications,
        "accountId": c.account,
        "arn": f"arn:aws:budgets::{c.account}:budget/{budget['BudgetName']}",
    }


def _same_number(new: Any, old: Any) -> bool:
    try:
        return float(new) == float(old)
    except (TypeError, ValueError):
        return new is None or new == old


def _times(props: Mapping[str, Any]) -> str | None:
    for prop in ("timePeriodStart", "timePeriodEnd"):
        if props.get(prop):
            try:
                _time(props[prop])
            except ValueError:
                return f'"{prop}" must look like 2006-01-02_15:04, got {props[prop]}'
    return None


BUDGET = Resource(
    type=budgets.BUDGET.token,
    service="budgets",
    create=_create,
    id="{account}:{name}",
    read=_read,
    missing=("NotFoundException",),
    updates=(
        Update(
            on=(
                "budgetType",
                "costFilters",
                "costTypes",
                "limitAmount",
                "limitUnit",
                "plannedLimits",
                "timePeriodStart",
                "timePeriodEnd",
                "timeUnit",
            ),
            do=lambda c: c.client().update_budget(AccountId=c.account, NewBudget=_budget(c)),
            after_create=False,
        ),
        Update(on=("notifications",), do=_notifications, after_create=False),
    ),
    delete=Call(op="delete_budget", params={"AccountId": "{account}", "BudgetName": lambda c: _address(c)["BudgetName"]}),
    replace=frozenset({"name", "namePrefix"}),
    computed=frozenset(
        {"name", "namePrefix", "accountId", "costTypes", "limitAmount", "limitUnit", "timePeriodStart", "costFilters"}
    ),
    defaults={"timePeriodEnd": "2087-06-15_00:00"},
    empty={"namePrefix": "", "costFilters": [], "notifications": [], "plannedLimits": []},
    same={"limitAmount": _same_number},
    sets=frozenset(
        {
            "notifications",
            "notifications.subscriberEmailAddresses",
            "notifications.subscriberSnsTopicArns",
            "costFilters",
            "plannedLimits",
        }
    ),
    autoname=Autoname(limit=100),
    checks=(
        one_of(
            "budgetType", "USAGE", "COST", "RI_UTILIZATION", "RI_COVERAGE", "SAVINGS_PLANS_UTILIZATION", "SAVINGS_PLANS_COVERAGE"
        ),
        one_of("timeUnit", "DAILY", "MONTHLY", "QUARTERLY", "ANNUALLY"),
        one_of("notifications.comparisonOperator", "GREATER_THAN", "LESS_THAN", "EQUAL_TO"),
        one_of("notifications.notificationType", "ACTUAL", "FORECASTED"),
        one_of("notifications.thresholdType", "PERCENTAGE", "ABSOLUTE_VALUE"),
        when("timePeriodStart", _times, "timePeriodEnd"),
    ),
    tags=Tags(
        create="",
        target=("ResourceARN", "{arn}"),
        add_member="ResourceTags",
        remove_member="ResourceTagKeys",
        list_op="list_tags_for_resource",
        list_path="ResourceTags",
    ),
)

ROWS = (BUDGET,)
