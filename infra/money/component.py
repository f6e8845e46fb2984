"""What is spent, told while it can still be stopped: a budget and an anomaly monitor over all that carries this stack's tag."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from infra.base.naming import Naming
from infra.money.settings import CostSettings

# What an expression of Cost Explorer may hold besides tags.
OTHER_PARTS: Final = ("And", "CostCategories", "Dimensions", "Not", "Or")


@dataclass(frozen=True, kw_only=True)
class BudgetArgs:
    """`topic_arn` is told at every threshold, and so are the addresses in the settings."""

    naming: Naming
    account_id: str
    settings: CostSettings
    topic_arn: pulumi.Input[str]


class Budget(pulumi.ComponentResource):
    """A monthly cost budget with alerts on what was spent and on what will be, and on what is unlike the days before."""

    budget_name: pulumi.Output[str]
    anomaly_monitor_arn: pulumi.Output[str] | None = None

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:cost:Budget", name, None, opts)
        full = args.naming.name("monthly")
        budget = aws.budgets.Budget(
            full,
            name=full,
            account_id=args.account_id,
            budget_type="COST",
            limit_amount=f"{args.settings.budget_monthly_usd:g}",
            limit_unit="USD",
            time_unit="MONTHLY",
            # By tag, so that two stacks of one account do not pay for each other.
            cost_filters=[{"name": "TagKeyValue", "values": [f"user:Environment${args.naming.environment}"]}],
            notifications=notifications(args.settings, args.topic_arn),
            tags=args.naming.tags(full),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.budget_name = budget.name
        if args.settings.anomaly_threshold_usd is not None:
            self.anomaly_monitor_arn = self._anomalies(args, args.settings.anomaly_threshold_usd)
        self.register_outputs({"budgetName": self.budget_name, "anomalyMonitorArn": self.anomaly_monitor_arn})

    def _anomalies(self, args: BudgetArgs, threshold_usd: float) -> pulumi.Output[str]:
        full = args.naming.name("anomalies")
        monitor = aws.costexplorer.AnomalyMonitor(
            full,
            name=full,
            # An account has one monitor of all its services, and many of a tag.
            monitor_type="CUSTOM",
            monitor_specification=watched(args.naming.environment),
            tags=args.naming.tags(full),
            # The provider compares it, text by text, with an answer that gains a part when Cost Explorer does. It never changes:
            # another environment has another name.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["monitorSpecification"]),
        )
        aws.costexplorer.AnomalySubscription(
            full,
            name=full,
            account_id=args.account_id,
            frequency="IMMEDIATE",
            monitor_arn_lists=[monitor.arn],
            subscribers=[{"type": "SNS", "address": args.topic_arn}],
            threshold_expression={
                "dimension": {
                    "key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
                    "match_options": ["GREATER_THAN_OR_EQUAL"],
                    "values": [f"{threshold_usd:g}"],
                }
            },
            tags=args.naming.tags(full),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return monitor.arn


def watched(environment: str) -> str:
    """What the monitor looks at: all that carries the stack's tag. Written in full, as the provider reads it back."""
    by_tag = {"Key": "Environment", "MatchOptions": None, "Values": [environment]}
    return json.dumps({**dict.fromkeys(OTHER_PARTS), "Tags": by_tag}, sort_keys=True)


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
