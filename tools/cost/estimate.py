"""Estimates the cost of a plan."""

from __future__ import annotations

from fnmatch import fnmatchcase

from tools.cost.bill import Ask, Charge
from tools.cost.free import reason_free
from tools.cost.purchase import Purchase
from tools.cost.report import CostReport, Line, Unpriced, rounded, total
from tools.cost.rows import ROWS
from tools.cost.usage import Usage
from tools.plan.links import LinkedPlan
from tools.plan.view import Plan, ResourceView

DEFAULT_USAGE = Usage()
_ON_DEMAND = Purchase()


def estimate(
    plan: Plan,
    *,
    region: str,
    usage: Usage = DEFAULT_USAGE,
    purchase: Purchase = _ON_DEMAND,
    ceiling_usd: float | None = None,
    ceiling_holds: str = "expected",
    before: Plan | None = None,
) -> CostReport:
    """The cost of `plan` in USD a month in `region` (an AWS region name; a resource's own `region` property overrides it).

    Deleted resources are left out, and so are those only read, which belong to others. `before` is the deployed plan. Without it,
    the cost before is that of every resource the plan does not create, with its present properties. `ceiling_holds` says which
    month the ceiling limits, "expected" or "maximum".
    """
    views = live(plan)
    lines, unpriced = _price(views, LinkedPlan(views), usage, region, purchase)
    if before is not None:
        deployed = live(before)
        old, _ = _price(deployed, LinkedPlan(deployed), usage, region, purchase)
        before_usd = total(line.monthly_usd for line in old)
    else:
        there = _without(plan, "create", "read")
        gone, _ = _price([view for view in there if view.op == "delete"], LinkedPlan(there), usage, region, purchase)
        stayed = {view.urn or view.name for view in there if view.op != "delete"}
        before_usd = total([line.monthly_usd for line in lines if line.urn in stayed] + [line.monthly_usd for line in gone])
    return CostReport(
        region=region,
        lines=tuple(sorted(lines, key=lambda line: (-line.monthly_usd, -line.max_usd, line.urn))),
        unpriced=tuple(unpriced),
        before_usd=before_usd,
        ceiling_usd=ceiling_usd,
        ceiling_holds=ceiling_holds,
        usage=usage,
        unmatched=_unmatched(views, usage),
    )


def _unmatched(views: list[ResourceView], usage: Usage) -> tuple[str, ...]:
    """Name patterns of overrides that match no resource: most likely a typing error."""
    names = [view.name for view in views]
    return tuple(pattern for pattern in usage.overrides if not any(fnmatchcase(name, pattern) for name in names))


def live(plan: Plan) -> list[ResourceView]:
    """The resources of the stack that will exist after the change."""
    return _without(plan, "delete", "read")


def monthly_usd(
    view: ResourceView, links: LinkedPlan, usage: Usage, region: str, purchase: Purchase = _ON_DEMAND
) -> float | None:
    """The cost of one resource a month, where `links` has the plan's others; None where a part of it has no price."""
    lines, unpriced = _price([view], links, usage, region, purchase)
    return None if unpriced else total(line.monthly_usd for line in lines)


def _without(plan: Plan, *ops: str) -> list[ResourceView]:
    return [view for view in plan if view.op not in ops]


def _price(
    views: list[ResourceView], links: LinkedPlan, usage: Usage, region: str, purchase: Purchase
) -> tuple[list[Line], list[Unpriced]]:
    lines: list[Line] = []
    unpriced: list[Unpriced] = []
    for view in views:
        row = ROWS.get(view.type)
        if row is None:
            reason = reason_free(view.type) if view.custom else "a component; its children are charged"
            if reason is None:
                unpriced.append(_gap(view, f"no price row for {view.type}; add one in tools/cost/rows/, or to free.py"))
            elif view.custom and not view.type.startswith("pulumi:"):
                lines.append(_line(view, f"free: {reason}"))
            continue
        ask = Ask(view, links, usage, region, purchase)
        charges = list(row.charges(ask))
        unpriced += [_gap(view, reason) for reason in ask.gaps]
        if charges or not ask.gaps:
            lines.append(_bill(view, charges, ask))
    return lines, unpriced


def _bill(view: ResourceView, charges: list[Charge], ask: Ask) -> Line:
    if not charges:
        return _line(view, "free: " + ("; ".join(ask.notes) or "nothing of it is charged"))
    dates = sorted({charge.price.as_of for charge in charges})
    dated = f"prices of {dates[0]}" + (f" to {dates[-1]}" if len(dates) > 1 else "")
    one_off = [sum(charge.price.usd * charge.one_off[bound] for charge in charges) for bound in (0, 1)]
    return _line(
        view,
        "; ".join((*map(str, charges), *ask.notes, f"{ask.region}, {dated}")),
        monthly=sum(charge.price.usd * charge.quantity for charge in charges),
        least=sum(charge.price.usd * charge.least for charge in charges),
        most=sum(charge.price.usd * charge.most for charge in charges),
        one_off=one_off[0],
        one_off_most=one_off[1],
        stand_in=any(charge.price.stand_in for charge in charges),
        dates=dates,
    )


def _line(
    view: ResourceView,
    basis: str,
    *,
    monthly: float = 0.0,
    least: float = 0.0,
    most: float = 0.0,
    one_off: float = 0.0,
    one_off_most: float = 0.0,
    stand_in: bool = False,
    dates: list[str] | None = None,
) -> Line:
    return Line(
        urn=view.urn or view.name,
        type=view.type,
        name=view.name,
        monthly_usd=rounded(monthly),
        min_usd=rounded(least),
        max_usd=rounded(most),
        basis=basis,
        one_off_usd=rounded(one_off),
        one_off_max_usd=rounded(one_off_most),
        stand_in=stand_in,
        priced_from=dates[0] if dates else "",
        priced_at=dates[-1] if dates else "",
    )


def _gap(view: ResourceView, reason: str) -> Unpriced:
    return Unpriced(urn=view.urn or view.name, type=view.type, name=view.name, reason=reason)
