"""Runs for people: changes, the verdicts, causes of a failure; at the end what is there and what to try next."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tools.cli import changes as changed
from tools.cli.guards import Verdict, plain_value
from tools.cli.show_cost import money
from tools.cli.terminal import console

_STYLES: Final = {"create": "green", "update": "yellow", "replace": "magenta", "delete": "red"}
# Resources named beside a piece of advice; the rest is counted.
NAMED: Final = 3


def changes(result: Any, *, verbose: bool = False) -> None:
    """What changes: one line a resource, or one a component where many are made or deleted and `verbose` is not set."""
    out = console()
    lines = list(changed.lines(result, verbose=verbose))
    width = min(max((len(what) for _, what, _ in lines), default=0), 40)
    # A terminal's lines are cut at its edge, so that they stay a table; in a file nothing is lost.
    cut = {"overflow": "ellipsis", "no_wrap": True} if out.is_terminal else {}
    for op, what, detail in lines:
        mark = f"[{_STYLES[op]}]{changed.MARKS[op]:<2}[/]"
        out.print(f"  {mark} {_plain(f'{what:<{width}}')}  [dim]{_plain(detail)}[/]", **cut)
    out.print(f"[bold]{changed.summary(result)}[/]")


def drift(found: Iterable[Mapping[str, Any]]) -> None:
    """What changed outside: a line a property, what the state had and what the cloud has."""
    out = console()
    for item in found:
        for one in item["properties"]:
            was, now = json.dumps(one["was"]), json.dumps(one["now"])
            out.print(f"  {item['name']}  {one['path']}: {was} -> {now}", markup=False)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def verdict(found: Verdict) -> None:
    """The money line and the policies' findings: what blocks in full, advice by the rule."""
    money(found.cost)
    policy(found.policy)


def policy(report: Any) -> None:
    """What blocks, then advice: a line a rule with the resources, and below it what is wrong and the way out."""
    out = console()
    blocking = list(report.mandatory)
    advice = [found for found in report.violations if found.level != "mandatory"]
    for sign, style, found_all in (("x", "red", blocking), ("!", "yellow", advice)):
        for (rule, message), urns in _together(found_all).items():
            out.print(f"  [{style}]{sign} {rule}[/]  {_plain(_names(urns, len(urns) if sign == 'x' else NAMED))}")
            _indented(out, message)
    for found in report.exceptions:
        out.print(f"  [cyan]~ {found.violation.rule}[/]  {_plain(_names([found.violation.urn], 1))}")
        _indented(out, f"{found.exception.terms()} ({found.violation.message})")
    if report.off:
        out.print(f"  [cyan]off in this stack[/]: {', '.join(report.off)}")
    waiting = f", {len(report.unknown)} wait for `up`" if report.unknown else ""
    style = "red" if blocking else "green"
    excepted = f"{len(report.exceptions)} excepted, " if report.exceptions else ""
    out.print(
        f"[{style}]{len(blocking)} mandatory violations[/], {excepted}{len(advice)} advisory; "
        f"{report.rules} rules on {report.evaluated} resources{waiting}"
    )


def _together(found: Iterable[Any]) -> dict[tuple[str, str], list[str]]:
    """The urns of each (rule, message), sorted by rule: what is wrong with four roles in the same way is said once."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for violation in sorted(found, key=lambda one: one.rule):
        grouped.setdefault((violation.rule, violation.message), []).append(violation.urn)
    return grouped


def _names(urns: list[str], most: int) -> str:
    names = [urn.rpartition("::")[2] for urn in urns]
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _indented(out: Any, text: str) -> None:
    """A paragraph under its head line: wrapped to the terminal with the indent kept, one line where there is no terminal."""
    from rich.padding import Padding
    from rich.text import Text

    if out.is_terminal:
        out.print(Padding(Text(text), (0, 0, 0, 6)))
    else:
        out.print(f"      {text}", markup=False)


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


def done(stack: str, seconds: float, result: Any, values: Mapping[str, Any], *, local: bool) -> None:
    """What is there: how much, what was trained, what answers. All outputs are another command."""
    out = console()
    there = sum(1 for step in result.steps if step.custom and step.op != "delete")
    out.print(f"[bold green]{stack} is up[/]: {there} resources, {seconds:.1f} s")
    shown = plain_value(values)
    metrics, endpoints = shown.get("trainingMetrics"), shown.get("endpointNames")
    for job, measured in metrics.items() if isinstance(metrics, dict) else ():
        text = ", ".join(_quality(measured)) if isinstance(measured, dict) else measured
        out.print(f"  trained  {job}: {text}", markup=False)
    for name in endpoints.values() if isinstance(endpoints, dict) else ():
        out.print(f"  answers  endpoint {name}", markup=False)
    if shown:
        out.print(f"  outputs  {len(shown)} of them: ./slipway outputs{_arguments(stack, local=local)}", markup=False)


def _quality(measured: Mapping[str, Any]) -> list[str]:
    """How good the model is: what it was tested at and its last loss, not how fast it learnt. Of other jobs, all there is."""
    good = [name for name in measured if name.startswith("test_") or name == "train_loss"]
    return [f"{name} {measured[name]}" for name in good or measured]


def next_steps(values: Mapping[str, Any], stack: str, *, local: bool) -> None:
    """What to try now that the stack is there."""
    out = console()
    arguments = _arguments(stack, local=local)
    endpoint = values.get("endpointName")
    lines = [('eval "$(./slipway local env)"', "this shell then speaks to the local cloud")] if local else []
    if isinstance(endpoint, str):
        lines.append((f".venv/bin/python -m tools.cli.ask {endpoint}", "ask it about a digit it has not seen"))
    lines.append((f"./slipway preview{arguments}", f"0 changes, until you edit Pulumi.{stack}.yaml"))
    lines.append((f"./slipway destroy{arguments}", "all of it goes"))
    width = max(len(command) for command, _ in lines)
    out.print("[bold]Try next[/]")
    for command, why in lines:
        out.print(f"  {_plain(f'{command:<{width}}')}  [dim]# {_plain(why)}[/]")


def _arguments(stack: str, *, local: bool) -> str:
    """What follows a verb to mean this stack again."""
    return "" if stack == "local" else f" {stack}{' --local' if local else ''}"


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
