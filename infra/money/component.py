"""A budget and an anomaly monitor over all that carries the stack's tag: they report spending while it can still be stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.base.component import Component
from infra.base.ground import Ground
from infra.money.decide import watched
from infra.money.settings import CostSettings


@dataclass(frozen=True, kw_only=True)
class BudgetArgs:
    """Every threshold publishes to the ground's alarm topic."""

    ground: Ground
    settings: CostSettings


class Budget(Component[BudgetArgs], token="slipway:cost:Budget"):
    """A monthly cost budget with alerts on what was spent and on what will be, and on what is unlike the days before."""

    budget_name: pulumi.Output[str]
    anomaly_monitor_arn: pulumi.Output[str] | None

    def declare(self, args: BudgetArgs) -> None:
        naming = args.ground.naming
        full = naming.name("monthly")
        budget = aws.budgets.Budget(
            full,
            name=full,
            account_id=args.ground.scope.account_id,
            budget_type="COST",
            limit_amount=f"{args.settings.budget_monthly_usd:g}",
            limit_unit="USD",
            time_unit="MONTHLY",
            # The budget counts by tag, so that it leaves out other stacks of the account.
            cost_filters=[{"name": "TagKeyValue", "values": [f"user:Environment${naming.environment}"]}],
            notifications=notifications(args.settings, args.ground.alarm_topic_arn),
            tags=naming.tags(full),
            opts=self.child(),
        )
        self.budget_name = budget.name
        threshold = args.settings.anomaly_threshold_usd
        self.anomaly_monitor_arn = None if threshold is None else self._anomalies(args, threshold)

    def _anomalies(self, args: BudgetArgs, threshold_usd: float) -> pulumi.Output[str]:
        naming = args.ground.naming
        full = naming.name("anomalies")
        monitor = aws.costexplorer.AnomalyMonitor(
            full,
            name=full,
            # An account has one monitor of all its services, and many of a tag.
            monitor_type="CUSTOM",
            monitor_specification=watched(naming.environment),
            tags=naming.tags(full),
            # The provider compares the specification as text with Cost Explorer's answer, which may have new parts one day. The
            # declared specification never changes: another environment has a monitor of another name.
            opts=self.child(ignore_changes=["monitorSpecification"]),
        )
        aws.costexplorer.AnomalySubscription(
            full,
            name=full,
            account_id=args.ground.scope.account_id,
            frequency="IMMEDIATE",
            monitor_arn_lists=[monitor.arn],
            subscribers=[{"type": "SNS", "address": args.ground.alarm_topic_arn}],
            threshold_expression={
                "dimension": {
                    "key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
                    "match_options": ["GREATER_THAN_OR_EQUAL"],
                    "values": [f"{threshold_usd:g}"],
                }
            },
            tags=naming.tags(full),
            opts=self.child(),
        )
        return monitor.arn


def notifications(settings: CostSettings, topic_arn: pulumi.Input[str]) -> list[Any]:
    """One alert for each threshold of actual spending, and one for the forecast."""
    kinds = [("ACTUAL", percent) for percent in settings.actual_thresholds_percent]
    kinds.append(("FORECASTED", settings.forecast_threshold_percent))
    return [
        {
            "notification_type": kind,
            "comparison_operator": "GREATER_THAN",
            "threshold": percent,
            "threshold_type": "PERCENTAGE",
            "subscriber_sns_topic_arns": [topic_arn],
        }
        for kind, percent in kinds
    ]
