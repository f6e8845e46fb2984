"""Runs for people: changes, drift, causes of a failure; at the end what is there and what to try next."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from tools.cli.show import changes as changed
from tools.cli.terminal.console import console, escaped
from tools.flows.documents.values import plain_value

if TYPE_CHECKING:
    from tools.engine.runs import RunResult
    from tools.engine.stack_ref import StackRef
    from tools.flows.destroying import Destroyed
    from tools.flows.documents.run import DriftDocument
    from tools.flows.stack_run import StackRun

_STYLES: Final = {"create": "green", "update": "yellow", "replace": "magenta", "delete": "red"}


def changes(result: RunResult, *, verbose: bool = False) -> None:
    """What changes: one line a resource, or one a component where many are made or deleted and `verbose` is not set."""
    out = console()
    lines = list(changed.lines(result, verbose=verbose))
    width = min(max((len(what) for _, what, _ in lines), default=0), 40)
    # A terminal's lines are cut at its edge, so that they stay a table; in a file nothing is lost.
    for op, what, detail in lines:
        mark = f"[{_STYLES[op]}]{changed.MARKS[op]:<2}[/]"
        line = f"  {mark} {escaped(f'{what:<{width}}')}  [dim]{escaped(detail)}[/]"
        if out.is_terminal:
            out.print(line, overflow="ellipsis", no_wrap=True)
        else:
            out.print(line)
    out.print(f"[bold]{changed.summary(result)}[/]")


def drift(found: Iterable[DriftDocument]) -> None:
    """What changed outside: a line a property, what the state had and what the cloud has."""
    out = console()
    for item in found:
        for one in item["properties"]:
            was, now = json.dumps(one["was"]), json.dumps(one["now"])
            out.print(f"  {item['name']}  {one['path']}: {was} -> {now}", markup=False)


def failure(result: RunResult) -> None:
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


def done(run: StackRun, seconds: float, values: Mapping[str, Any]) -> None:
    """What is there: how much, what was trained, what answers. All outputs are another command."""
    out = console()
    there = sum(1 for step in run.result.steps if step.custom and step.op != "delete")
    out.print(f"[bold green]{run.stack.name} is up[/]: {there} resources, {seconds:.1f} s")
    shown = plain_value(values)
    metrics, endpoints = shown.get("trainingMetrics"), shown.get("endpointNames")
    for job, measured in metrics.items() if isinstance(metrics, dict) else ():
        text = ", ".join(_quality(measured)) if isinstance(measured, dict) else measured
        out.print(f"  trained  {job}: {text}", markup=False)
    for name in endpoints.values() if isinstance(endpoints, dict) else ():
        out.print(f"  answers  endpoint {name}", markup=False)
    if shown:
        out.print(f"  outputs  {len(shown)} of them: ./slipway outputs{run.stack.argument}", markup=False)


def _quality(measured: Mapping[str, Any]) -> list[str]:
    """How good the model is: what it was tested at and its last loss, not how fast it learnt. Of other jobs, all there is."""
    good = [name for name in measured if name.startswith("test_") or name == "train_loss"]
    return [f"{name} {measured[name]}" for name in good or measured]


def next_steps(stack: StackRef, values: Mapping[str, Any]) -> None:
    """What to try now that the stack is there."""
    out = console()
    endpoint = values.get("endpointName")
    lines = [('eval "$(./slipway local env)"', "this shell then speaks to the local cloud")] if stack.local else []
    if isinstance(endpoint, str):
        lines.append((f".venv/bin/python -m tools.cli.ask {endpoint}", "ask it about a digit it has not seen"))
    lines.append((f"./slipway preview{stack.argument}", f"0 changes, until you edit Pulumi.{stack.name}.yaml"))
    lines.append((f"./slipway destroy{stack.argument}", "all of it goes"))
    width = max(len(command) for command, _ in lines)
    out.print("[bold]Try next[/]")
    for command, why in lines:
        out.print(f"  {escaped(f'{command:<{width}}')}  [dim]# {escaped(why)}[/]")


def destroyed(done: Destroyed, seconds: float) -> None:
    """What went, and what the cloud says is left."""
    out = console()
    out.print(f"{done.result.deleted} resources of {done.stack.name} deleted, {seconds:.1f} s")
    if not done.asked:
        return
    if not done.orphans:
        out.print("[green]the cloud has nothing left of it[/]")
        return
    out.print(f"[red]the cloud still has {len(done.orphans)}[/]:")
    for orphan in done.orphans:
        out.print(f"  {orphan['service']}  {orphan['id']}", markup=False)
