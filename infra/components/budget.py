"""What is spent, told while it can still be stopped: an AWS budget over everything that carries this stack's tag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.naming import Naming
from infra.settings_cost import CostSettings


@dataclass(frozen=True, kw_only=True)
class BudgetArgs:
    """`topic_arn` is told at every threshold, and so are the addresses in the settings."""

    naming: Naming
    account_id: str
    settings: CostSettings
    topic_arn: pulumi.Input[str]


class Budget(pulumi.ComponentResource):
    """A monthly cost budget with alerts on what was spent and on what will be."""

    budget_name: pulumi.Output[str]

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
        self.register_outputs({"budgetName": self.budget_name})


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
