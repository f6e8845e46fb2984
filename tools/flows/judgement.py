"""What guards a change: the policies and the ceiling, over a plan, before anything is touched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from catalog.instances import instance_table
from policies.evaluate import Report, evaluate
from tools.cost.estimate import estimate
from tools.cost.hints import hints
from tools.cost.purchase import Purchase
from tools.cost.report import CostReport
from tools.cost.usage import HOURS_A_MONTH, Usage
from tools.flows.ending import Ending
from tools.flows.stack_settings import overrides_of
from tools.plan.view import Plan

if TYPE_CHECKING:
    from infra.stack_file import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The policies' report and the cost of one plan."""

    policy: Report
    cost: CostReport

    @property
    def ending(self) -> Ending:
        """How a verb ends that stops at this verdict; DONE where nothing stops it. A violation outweighs the ceiling."""
        if self.policy.mandatory:
            return Ending.POLICY
        return Ending.CEILING if self.cost.over_ceiling else Ending.DONE


def judge(plan: Plan, settings: Settings, *, before: Plan | None = None) -> Verdict:
    """Evaluates the policies and the price of a plan, under the settings of its stack."""
    return Verdict(policy=evaluate(plan, overrides=overrides_of(settings)), cost=priced(plan, settings, before=before))


def priced(plan: Plan, settings: Settings, *, before: Plan | None = None, region: str = "") -> CostReport:
    """The price of a plan, under the ceiling and the assumptions of its stack; in `region` instead of the stack's own."""
    purchase = purchase_of(settings)
    report = estimate(
        plan,
        region=region or settings.region,
        usage=usage_of(settings, plan),
        purchase=purchase,
        ceiling_usd=settings.cost.ceiling_monthly_usd,
        ceiling_holds=settings.cost.ceiling_holds,
        before=before,
    )
    # A stack whose data is protected is one that people use at night.
    found = hints(plan, report, instance_table(), purchase=purchase, production=settings.protect)
    return replace(report, hints=found)


def usage_of(settings: Settings, plan: Plan) -> Usage:
    """What the stack file assumes of use, the rest by default; pools that working hours empty run only in these."""
    given = settings.cost.usage.model_dump(exclude_none=True)
    hours = settings.cost.working_hours
    if hours is not None:
        from infra.money.settings import HOURS_A_WEEK

        monthly = round(HOURS_A_MONTH * hours.hours_a_week / HOURS_A_WEEK, 2)
        emptied = {settings.naming.name(pool.name) for pool in settings.emptied_pools}
        found = sorted(emptied & {view.name for view in plan})
        given["overrides"] = {name: {"instance_hours": monthly} for name in found} | given["overrides"]
    return Usage.of(given)


def purchase_of(settings: Settings) -> Purchase:
    """How the stack file says that instances are bought."""
    bought = settings.cost.purchase
    return Purchase(
        option=bought.option,
        discount=bought.discount,
        source=bought.source,
        as_of=bought.as_of.isoformat() if bought.as_of else "",
    )
