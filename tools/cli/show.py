"""Runs for people: changes in groups, the money line, the verdicts, outputs, causes of a failure, what to try next."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

from tools.cli.guards import Verdict, plain_value
from tools.cli.terminal import console

_MARKS: Final = {"create": "[green]+[/]", "update": "[yellow]~[/]", "replace": "[magenta]+-[/]", "delete": "[red]-[/]"}
# More lines than this of one kind are counted instead of listed: a first `up` has hundreds.
LISTED: Final = 12


def changes(result: Any) -> None:
    """What changes: replacements and updates one by one with their properties, creates and deletes by type when they are many."""
    out = console()
    for op in ("replace", "update", "delete", "create"):
        steps = [step for step in result.steps if step.op == op]
        if not steps:
            continue
        if len(steps) > LISTED and op in ("create", "delete"):
            for type_, count in sorted(Counter(step.type for step in steps if step.custom).items()):
                out.print(f"  {_MARKS[op]} {count:4d}  {type_}")
            continue
        for step in steps:
            out.print(f"  {_MARKS[op]} {step.name}  [dim]{step.type}[/]{_why(step)}")
    counts = result.changes
    parts = [f"{counts[op]} to {op}" for op in ("create", "update", "replace", "delete") if counts[op]]
    out.print(f"[bold]{', '.join(parts) or 'no changes'}[/], {counts['same']} unchanged")


def _why(step: Any) -> str:
    if step.op == "replace" and step.replaces:
        return f"  [magenta]because of {', '.join(step.replaces)}[/]"
    return f"  {', '.join(step.diffs[:8])}" if step.op == "update" and step.diffs else ""


def verdict(found: Verdict) -> None:
    """The money line and the policies' findings: what blocks in full, advice by the rule."""
    money(found.cost)
    policy(found.policy)


def money(cost: Any) -> None:
    out = console()
    ceiling = f" of {cost.ceiling_usd:,.0f} allowed" if cost.ceiling_usd is not None else ""
    change = cost.monthly_usd - cost.before_usd
    from rich.markup import escape

    over = cost.over_ceiling
    style = "red" if over else "green"
    out.print(f"[{style}]{cost.monthly_usd:,.2f} USD a month[/]{ceiling} ({change:+,.2f} by this change)")
    if cost.unpriced:
        out.print(f"  [yellow]{len(cost.unpriced)} without a price[/]: {', '.join(sorted({u.type for u in cost.unpriced})[:6])}")
    if over:
        for line in [line for line in cost.lines if line.monthly_usd > 0][:5]:
            out.print(f"  {line.monthly_usd:10,.2f}  {line.urn.rpartition('::')[2]}  [dim]{escape(line.basis)}[/]")
        out.print(
            "  [red]over the ceiling[/]: make it smaller, or raise slipway:cost.ceilingMonthlyUsd in the stack file, where a "
            "reviewer sees it"
        )


def policy(report: Any) -> None:
    out = console()
    blocking = list(report.mandatory)
    advice = [found for found in report.violations if found.level != "mandatory"]
    for found in blocking:
        out.print(f"  [red]x {found.rule}[/] {found.urn.rpartition('::')[2]}: ", end="")
        out.print(found.message, markup=False)
    for rule, count in sorted(Counter(found.rule for found in advice).items()):
        message = next(found.message for found in advice if found.rule == rule)
        out.print(f"  [yellow]! {rule}[/] ({count}): ", end="")
        out.print(message, markup=False)
    waiting = f", {len(report.unknown)} wait for `up`" if report.unknown else ""
    style = "red" if blocking else "green"
    out.print(
        f"[{style}]{len(blocking)} mandatory violations[/], {len(advice)} advisory; "
        f"{report.rules} rules on {report.evaluated} resources{waiting}"
    )


def failure(result: Any) -> None:
    """Why a run failed: a cause a resource, then where the whole log is."""
    out = console(stderr=True)
    if result.interrupted:
        out.print("[yellow]stopped by you[/]; what was done is kept, and the next `up` goes on from there")
    for fault in result.faults:
        name = fault.urn.rpartition("::")[2]
        out.print(f"[red]error:[/] {name + ': ' if name else ''}", end="")
        out.print(fault.message, markup=False)
    out.print(f"[dim]the whole log: {result.log}[/]")


def outputs(values: dict[str, Any]) -> None:
    out = console()
    shown = plain_value(values)
    width = max((len(key) for key in shown), default=0)
    for key, value in shown.items():
        text = value if isinstance(value, str) else json.dumps(value)
        out.print(f"  [bold]{key:<{width}}[/]  ", end="")
        out.print(text, markup=False)


def next_steps(values: dict[str, Any], stack: str, *, local: bool) -> None:
    """What to try now that the stack is there."""
    out = console()
    out.print("\n[bold]Try next[/]")
    flag = " --local" if local and stack != "local" else ""
    endpoint = values.get("endpointName")
    if local:
        out.print('  eval "$(./slipway local env)"      # boto3, the aws CLI and pulumi then reach the local cloud')
    if isinstance(endpoint, str):
        snippet = (
            "import boto3, json, pyarrow.parquet as pq",
            "row = pq.read_table('workloads/data/digits/test.parquet').to_pylist()[0]",
            f"answer = boto3.client('sagemaker-runtime').invoke_endpoint(EndpointName='{endpoint}',",
            "    ContentType='application/json', Body=json.dumps({'instances': [row['pixels']]}))",
            "print(answer['Body'].read(), 'is', row['label'])",
        )
        out.print('  .venv/bin/python - <<"END"', markup=False)
        for line in snippet:
            out.print(line, markup=False)
        out.print("END", markup=False)
    out.print(f"  ./slipway preview {stack}{flag}      # 0 changes, until you edit Pulumi.{stack}.yaml", markup=False)
    out.print(f"  ./slipway destroy {stack}{flag}", markup=False)


def done(stack: str, seconds: float, result: Any) -> None:
    there = sum(1 for step in result.steps if step.custom and step.op != "delete")
    console().print(f"[bold green]{stack} is up[/]: {there} resources, {seconds:.1f} s")


def destroyed(stack: str, result: Any, orphans: list[Any], seconds: float, *, asked: bool) -> None:
    """What went, and what the cloud says is left."""
    out = console()
    out.print(f"{result.deleted} resources of {stack} deleted, {seconds:.1f} s")
    if not asked:
        return
    if not orphans:
        out.print("[green]the cloud has nothing left of it[/]")
        return
    out.print(f"[red]the cloud still has {len(orphans)}[/]:")
    for orphan in orphans:
        out.print(f"  {orphan['service']}  {orphan['id']}", markup=False)


def bill(cost: Any) -> None:
    """Every line that costs something, then the total."""
    from rich.markup import escape

    out = console()
    for line in cost.lines:
        if line.monthly_usd > 0:
            out.print(f"{line.monthly_usd:12,.2f}  {line.name}  [dim]{escape(line.basis)}[/]")
    free = sum(1 for line in cost.lines if line.monthly_usd == 0)
    out.print(f"[dim]{free} resources cost nothing by themselves[/]")
    money(cost)
