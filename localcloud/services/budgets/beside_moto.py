"""Budgets: changes, tags and who a notification goes to, of which moto has nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.recorded import Addition, ApiCall, Refusal, tagging


def _budget(call: ApiCall) -> Any:
    from moto.budgets.models import budgets_backends

    budgets = budgets_backends[ACCOUNT]["aws"].budgets[ACCOUNT]
    name = call.params.get("BudgetName") or (call.params.get("NewBudget") or {}).get("BudgetName")
    name = name or str(call.params.get("ResourceARN", "")).rpartition("budget/")[2]
    if name not in budgets:
        raise Refusal("NotFoundException", f"Unable to get budget: {name} - the budget doesn't exist.")
    return budgets[name]


def _update_budget(call: ApiCall) -> Mapping[str, Any]:
    budget = _budget(call)
    period = call.params["NewBudget"].get("TimePeriod", {})
    budget.budget = {
        **budget.budget,
        **call.params["NewBudget"],
        "TimePeriod": {key: _seconds(value) for key, value in period.items()},
    }
    return {}


def _seconds(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else value


def _subscribers(call: ApiCall) -> Mapping[str, Any]:
    wanted = call.params["Notification"]
    for notification in _budget(call).notifications:
        if all(notification.details.get(key) == value for key, value in wanted.items() if key != "NotificationState"):
            return {"Subscribers": notification.subscribers}
    raise Refusal("NotFoundException", "the notification doesn't exist")


ADDITION = Addition(
    service="budgets",
    extras={
        "UpdateBudget": _update_budget,
        "DescribeSubscribersForNotification": _subscribers,
        **tagging(_budget, listed="ResourceTags", added="ResourceTags", removed="ResourceTagKeys"),
    },
)
