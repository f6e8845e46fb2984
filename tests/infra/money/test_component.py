"""The budget and the anomaly monitor of a stack."""

from __future__ import annotations

import json

import pytest

from catalog.types import budgets, costexplorer
from infra.money.component import notifications
from infra.money.settings import CostSettings
from tests.infra.recorded_components import recorded_budget
from tests.support.stacks import STACKS, recorded_stack

COST = CostSettings(
    ceiling_monthly_usd=100, budget_monthly_usd=50, alert_emails=("a@example.com",), actual_thresholds_percent=(50, 100)
)


def test_the_budget_alerts_on_actual_and_on_forecast_spending() -> None:
    alerts = [(item["notification_type"], item["threshold"]) for item in notifications(COST, "arn:topic")]
    assert alerts == [("ACTUAL", 50), ("ACTUAL", 100), ("FORECASTED", 100)]
    assert all(item["subscriber_sns_topic_arns"] == ["arn:topic"] for item in notifications(COST, "arn:topic"))


@pytest.mark.parametrize("stack", STACKS)
def test_a_budget_counts_its_own_stack_only(stack: str) -> None:
    (budget,) = recorded_stack(stack).of(budgets.BUDGET)
    assert budget.props["costFilters"] == [{"name": "TagKeyValue", "values": [f"user:Environment${stack}"]}]
    assert len(budget.props["notifications"]) <= 10, "AWS takes ten"


@pytest.mark.parametrize("stack", STACKS)
def test_the_anomaly_monitor_watches_the_stacks_own_tag_and_alerts_at_once(stack: str) -> None:
    recording = recorded_stack(stack)
    (monitor,) = recording.of(costexplorer.ANOMALY_MONITOR)
    (subscription,) = recording.of(costexplorer.ANOMALY_SUBSCRIPTION)
    assert json.loads(monitor.props["monitorSpecification"])["Tags"]["Values"] == [stack]
    assert (subscription.props["frequency"], subscription.props["subscribers"][0]["type"]) == ("IMMEDIATE", "SNS"), (
        "AWS sends to a topic at once only"
    )
    assert subscription.props["thresholdExpression"]["dimension"]["values"] == ["100"]


def test_without_a_threshold_no_monitor_is_declared() -> None:
    assert recorded_budget(COST).of(costexplorer.ANOMALY_MONITOR, costexplorer.ANOMALY_SUBSCRIPTION)
    without = recorded_budget(COST.model_copy(update={"anomaly_threshold_usd": None}))
    assert len(without.of(budgets.BUDGET)) == 1
    assert not without.of(costexplorer.ANOMALY_MONITOR, costexplorer.ANOMALY_SUBSCRIPTION)
