"""A price for people: the bill line by line, what it assumes, the total beside the ceiling; and the price table renewed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tools.cli.terminal.console import console, escaped

if TYPE_CHECKING:
    from tools.cost.prices import Price
    from tools.cost.report import CostReport
    from tools.flows.pricing import Renewal

# Lines shown of a month that is over the ceiling.
SHOWN: Final = 5


def money(cost: CostReport) -> None:
    """The total beside the ceiling, its bounds, what is not in it; over the ceiling, what is largest."""
    out = console()
    at_most = cost.ceiling_holds == "maximum"
    ceiling = "" if cost.ceiling_usd is None else f" of {cost.ceiling_usd:,.0f} allowed{' at the most' if at_most else ''}"
    change = cost.monthly_usd - cost.before_usd
    style = "red" if cost.over_ceiling else "green"
    out.print(f"[{style}]{cost.monthly_usd:,.2f} USD a month[/]{ceiling} ({change:+,.2f} by this change)")
    if cost.min_usd != cost.max_usd:
        out.print(f"  {cost.min_usd:,.2f} scaled in, {cost.max_usd:,.2f} scaled out and jobs at their limits")
    if cost.unpriced:
        out.print(f"  [yellow]{len(cost.unpriced)} without a price[/]: {', '.join(sorted({u.type for u in cost.unpriced})[:6])}")
    if cost.over_ceiling:
        for line in cost.largest[:SHOWN]:
            usd = line.max_usd if at_most else line.monthly_usd
            out.print(f"  {usd:10,.2f}  {line.urn.rpartition('::')[2]}  [dim]{escaped(line.basis)}[/]")
            _hint(cost, line.urn)
        out.print(
            "  [red]over the ceiling[/]: make it smaller, or raise slipway:cost.ceilingMonthlyUsd in the stack file, where a "
            "reviewer sees it"
        )


def bill(cost: CostReport) -> None:
    """Every line that costs something, now or scaled out, then the total."""
    out = console()
    for line in cost.lines:
        if line.max_usd > 0:
            out.print(f"{line.monthly_usd:12,.2f}  {line.name}  [dim]{escaped(line.basis)}[/]")
            _hint(cost, line.urn)
    free = sum(1 for line in cost.lines if line.max_usd == 0)
    out.print(f"[dim]{free} resources cost nothing by themselves[/]")
    assumed(cost)
    money(cost)


def _hint(cost: CostReport, urn: str) -> None:
    """What would cost less, under its line."""
    for hint in cost.hints:
        if hint.urn == urn:
            console().print(f"{'':14}[cyan]saves {hint.saves_usd:,.2f}[/]: {escaped(hint.message)}")


def assumed(cost: CostReport) -> None:
    """What the stack file assumes of use otherwise than by default, and what it names in vain."""
    out = console()
    told = [f"{name} {number:,g} (by default {default:,g})" for name, (number, default) in cost.usage.differences().items()]
    told += [
        f"{pattern}: {', '.join(f'{name} {number:,g}' for name, number in values.items())}"
        for pattern, values in cost.usage_json()["overrides"].items()
    ]
    if told:
        out.print(f"assumed by the stack file: {'; '.join(told)}", markup=False)
    if cost.unmatched:
        out.print(f"[yellow]no resource has a name as in slipway:cost.usage.overrides[/]: {escaped(', '.join(cost.unmatched))}")


def renewal(done: Renewal) -> None:
    """A line a row that changed, is new, was not found or is not believed; then how many of each."""
    found = done.refresh
    for old, new in found.changed:
        print(f"  {_name(old)}: {old.usd:g} ({old.as_of}) -> {new.usd:g} ({new.as_of})")
    for row in found.added:
        print(f"  {_name(row)}: new, {row.usd:g} ({row.as_of})")
    for row in found.kept:
        print(f"  {_name(row)}: not found, {row.usd:g} of {row.as_of} is kept")
    for row, usd in found.doubtful:
        print(f"  {_name(row)}: {row.usd:g} of {row.as_of} is kept, {usd:g} is too far from it; check its unit")
    print(
        f"{len(found.changed)} changed, {len(found.added)} new, {found.renewed} the same, {len(found.kept)} not found, "
        f"{len(found.doubtful)} doubtful, {found.not_asked} in no list that is newer; "
        f"{f'{done.written} written' if done.written else 'nothing written'}"
    )


def _name(row: Price) -> str:
    return f"{row.service} {row.dimension} {row.region}"
