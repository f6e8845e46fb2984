"""`slipway check`: the policies over a preview, a state or a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tools.cli.options import Json, Local, Stack
from tools.cli.terminal import POLICY, answer, errors_said, leave


def run(
    stack: Stack = "local",
    resources: Annotated[Path | None, typer.Option(help="A JSON list of {type, name, props}, or an export.")] = None,
    state: Annotated[bool, typer.Option("--state", help="Judge what is deployed instead of what a preview plans.")] = False,
    list_rules: Annotated[bool, typer.Option("--list", help="Print the rules: what each is for and how to mend it.")] = False,
    local: Local = False,
    as_json: Json = False,
) -> None:
    """Judge a preview (the default), a state or a file by the policies. Exit code 3 when a mandatory one is violated.

    The stack's own severities and exceptions (slipway:policies in its file) hold for all three.

    Example: slipway check prod --local
    """
    with errors_said(as_json=as_json, stack=stack):
        if list_rules:
            _list(as_json=as_json)
            return
        from policies.evaluate import evaluate
        from tools.cli import show
        from tools.cli.guards import overrides_of, overrides_of_file, settings_of
        from tools.cli.plans import plan_of

        overrides = overrides_of(settings_of(stack)) if resources is None else overrides_of_file(stack)
        plan = plan_of(stack, local=local, resources=resources, state=state)
        report = evaluate(plan, overrides=overrides, whole=resources is None)
        if as_json:
            answer(report.to_json())
        else:
            show.policy(report)
        leave(POLICY if report.mandatory else 0)


def _list(*, as_json: bool) -> None:
    from policies.rules import all_rules

    rules = sorted(all_rules(), key=lambda rule: rule.id)
    if as_json:
        keys = ("id", "severity", "types", "why", "fix", "frameworks", "anchors")
        answer([{key: getattr(rule, key) for key in keys} for rule in rules])
        return
    from tools.cli.terminal import console

    out = console()
    for rule in rules:
        out.print(f"[bold]{rule.id}[/]  {rule.severity}  [dim]{', '.join(rule.types)}[/]")
        out.print(f"    why: {rule.why}\n    fix: {rule.fix}", markup=False)
    out.print(f"{len(rules)} rules")
