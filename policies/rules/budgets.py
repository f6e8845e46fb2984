"""Money: a budget and an anomaly monitor are there, and somebody hears of it."""

from __future__ import annotations

from catalog.types import budgets, costexplorer, engine
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict, every, some
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    engine.STACK,
    severity="mandatory",
    anchors=("aws-well-architected COST02-BP05",),
    why="A platform that can start GPUs and has no budget finds out from the invoice.",
    fix="declare an aws.budgets.Budget with notifications",
)
def stack_has_a_budget(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    return PASS if plan.of(budgets.BUDGET) else Fail("the stack has no budget")


@rule(
    engine.STACK,
    severity="advisory",
    anchors=("aws-well-architected COST02-BP05",),
    why="A budget speaks at its thresholds; a node group that somebody forgot on Friday is seen by its first day's cost.",
    fix="declare an aws.costexplorer.AnomalyMonitor over the stack's tag, and an AnomalySubscription that tells somebody",
)
def stack_watches_for_anomalies(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if not plan.of(costexplorer.ANOMALY_MONITOR):
        return Fail("the stack has no anomaly monitor")
    return PASS if plan.of(costexplorer.ANOMALY_SUBSCRIPTION) else Fail("nobody subscribes to the anomaly monitor")


@rule(
    budgets.BUDGET,
    severity="mandatory",
    anchors=("aws-well-architected COST02-BP05",),
    why="A budget that tells nobody is a number.",
    fix="add notifications with subscriberEmailAddresses or subscriberSnsTopicArns",
)
def budget_tells_somebody(resource: ResourceView) -> Verdict:
    def has_subscriber(row: Block) -> Verdict:
        # A topic's arn may be known at `up` only; that there is a subscriber is decided before.
        subscribers = [row.given(key) for key in ("subscriberEmailAddresses", "subscriberSnsTopicArns")]
        return PASS if any(subscribers) else Fail("nobody subscribes")

    return some(Block.of(resource).items("notifications"), has_subscriber, "the budget tells nobody")


@rule(
    budgets.BUDGET,
    severity="advisory",
    why="An alert on what was spent comes after it was spent; one on the forecast comes before.",
    fix="add a notification of type FORECASTED",
)
def budget_looks_ahead(resource: ResourceView) -> Verdict:
    return some(
        Block.of(resource).items("notifications"),
        lambda row: PASS if row.text("notificationType") == "FORECASTED" else Fail("it looks back"),
        "no notification looks at the forecast",
    )


@rule(
    budgets.BUDGET,
    severity="mandatory",
    why="A budget of nothing, or less, alerts at once and for ever, and is soon not read.",
    fix="set limitAmount above 0",
)
def budget_has_a_limit(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if block.has("autoAdjustData") or block.has("plannedLimits"):
        return PASS
    limit = block.number("limitAmount")
    return PASS if limit is not None and limit > 0 else Fail(f"limitAmount is {block.value('limitAmount')!r}")


@rule(
    budgets.BUDGET,
    severity="advisory",
    why="One alert at 100 % leaves no time to act.",
    fix="add a notification at a threshold below 100 %",
)
def budget_warns_early(resource: ResourceView) -> Verdict:
    rows = Block.of(resource).items("notifications")
    verdict = every(rows, lambda row: Fail("early") if (row.number("threshold") or 100.0) < 100 else PASS)
    if isinstance(verdict, Fail):
        return PASS
    return Fail("every alert comes at the limit or after it") if verdict == PASS else verdict
