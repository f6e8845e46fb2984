"""`slipway check`: the policies over a preview, a state or a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tools.cli.options import Json, Local, Stack, stack_named
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave
from tools.flows.ending import Ending


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
        named = stack_named(stack, local=local)
        from tools.cli.show import verdict as show
        from tools.cli.terminal.run_progress import RunProgress
        from tools.flows.checking import check
        from tools.flows.plans import PlanSource

        report = check(PlanSource(stack=named, resources=resources, state=state), progress=RunProgress())
        if as_json:
            answer(report.to_json())
        else:
            show.policy(report)
        leave(Ending.POLICY if report.mandatory else Ending.DONE)


def _list(*, as_json: bool) -> None:
    from tools.cli.show import verdict as show
    from tools.flows.checking import rules
    from tools.flows.documents.policy import rule_document

    found = rules()
    if as_json:
        answer([rule_document(rule) for rule in found])
    else:
        show.rules(found)
