"""Budget, alerts, alarms, registry: what keeps a stack honest once it is up."""

from __future__ import annotations

import json

import pytest

from catalog.types import budgets, cloudwatch, costexplorer, ecr, sns, sqs
from infra.base.iam import Scope
from infra.keys.rights import KEYS
from infra.money.component import notifications
from infra.money.settings import CostSettings
from infra.registry.decide import image_lifecycle
from infra.registry.settings import RegistrySettings
from infra.watch.decide import dashboard_body
from infra.watch.rights import topic_policy, undelivered_policy
from tests.support.iam_documents import objections
from tests.support.stacks import STACKS, recorded_stack

SCOPE = Scope(account_id="123456789012", region="us-east-1", prefix="slipway-dev", environment="dev")
COST = CostSettings(
    ceiling_monthly_usd=100, budget_monthly_usd=50, alert_emails=("a@example.com",), actual_thresholds_percent=(50, 100)
)


def test_the_budget_tells_of_money_spent_and_of_money_that_will_be() -> None:
    told = [(item["notification_type"], item["threshold"]) for item in notifications(COST, "arn:topic")]
    assert told == [("ACTUAL", 50), ("ACTUAL", 100), ("FORECASTED", 100)]
    assert all(item["subscriber_sns_topic_arns"] == ["arn:topic"] for item in notifications(COST, "arn:topic"))


@pytest.mark.parametrize("stack", STACKS)
def test_a_budget_counts_its_own_stack_only(stack: str) -> None:
    (budget,) = recorded_stack(stack).of(budgets.BUDGET)
    assert budget.props["costFilters"] == [{"name": "TagKeyValue", "values": [f"user:Environment${stack}"]}]
    assert len(budget.props["notifications"]) <= 10, "AWS takes ten"


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_unlike_the_days_before_is_told_of_the_stack_alone(stack: str) -> None:
    recording = recorded_stack(stack)
    (monitor,) = recording.of(costexplorer.ANOMALY_MONITOR)
    (told,) = recording.of(costexplorer.ANOMALY_SUBSCRIPTION)
    assert json.loads(monitor.props["monitorSpecification"])["Tags"]["Values"] == [stack]
    assert (told.props["frequency"], told.props["subscribers"][0]["type"]) == ("IMMEDIATE", "SNS"), "a topic is told at once only"
    assert told.props["thresholdExpression"]["dimension"]["values"] == ["100"]


def test_without_a_threshold_no_monitor_is_declared() -> None:
    import yaml

    from infra.program import program
    from tests.support.recorder import record
    from tests.support.stacks import ROOT

    config = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8"))["config"]
    config["slipway:cost"]["anomalyThresholdUsd"] = None
    assert not [view for view in record(program, stack="dev", config=config) if "costexplorer" in view.type]


def test_whoever_may_ring_may_use_the_key_of_the_topic() -> None:
    (ring,) = [item for item in topic_policy(SCOPE)["Statement"] if item["Sid"] == "Publish"]
    (domain,) = [domain for domain in KEYS if domain.name == "logs"]
    assert set(ring["Principal"]["Service"]) <= set(domain.services), "the topic is encrypted: publishing takes its key"


@pytest.mark.parametrize("policy", [topic_policy(SCOPE), undelivered_policy(SCOPE)], ids=["topic", "queue"])
def test_only_our_own_alarms_budgets_and_monitors_may_ring(policy: dict[str, object]) -> None:
    assert objections(policy, kind="resource") == []


@pytest.mark.parametrize("stack", STACKS)
def test_every_alarm_rings_somewhere(stack: str) -> None:
    recording = recorded_stack(stack)
    silent = [view.name for view in recording.of(cloudwatch.METRIC_ALARM) if not view.props.get("alarmActions")]
    assert not silent


@pytest.mark.parametrize("stack", STACKS)
def test_alarm_names_are_unique(stack: str) -> None:
    names = [view.props["name"] for view in recorded_stack(stack).of(cloudwatch.METRIC_ALARM)]
    assert len(names) == len(set(names)), "AWS takes the second for the first and changes it"


def test_an_alert_that_cannot_be_delivered_is_kept() -> None:
    stack = recorded_stack("dev")
    (subscription,) = stack.of(sns.TOPIC_SUBSCRIPTION)
    (queue,) = stack.of(sqs.QUEUE)
    assert json.loads(subscription.props["redrivePolicy"])["deadLetterTargetArn"].endswith(queue.name)


def test_the_dashboard_shows_every_endpoint_and_its_widgets_do_not_overlap() -> None:
    widgets = dashboard_body("us-east-1", ("one", "two"), "slipway-dev")["widgets"]
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(places) == len(set(places))
    assert all(widget["x"] + widget["width"] <= 24 for widget in widgets), "a dashboard is 24 wide"
    titles = " ".join(widget["properties"]["title"] for widget in widgets)
    assert "one: invocations" in titles
    assert "two: errors" in titles


def test_images_without_a_tag_go_and_tagged_ones_are_counted() -> None:
    untagged, tagged = image_lifecycle(RegistrySettings(keep_images=5, untagged_days=3))["rules"]
    assert untagged["selection"]["countNumber"] == 3
    assert tagged["selection"]["countNumber"] == 5
    assert untagged["rulePriority"] < tagged["rulePriority"]


def test_images_are_never_overwritten() -> None:
    for view in recorded_stack("dev").of(ecr.REPOSITORY):
        assert view.props["imageTagMutability"] == "IMMUTABLE"
        assert view.props["imageScanningConfiguration"] == {"scanOnPush": True}
