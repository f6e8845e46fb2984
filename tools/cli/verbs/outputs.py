"""`slipway outputs`: what a stack gave out when it was last brought up."""

from __future__ import annotations

from typing import Annotated

import typer

from tools.cli.options import Json, Local, Stack, stack_named
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, say


def run(
    stack: Stack = "local",
    local: Local = False,
    show_secrets: Annotated[bool, typer.Option("--show-secrets", help="Print secret outputs too.")] = False,
    as_json: Json = False,
) -> None:
    """Print a stack's outputs, as the last `up` left them.

    Example: slipway outputs --json
    """
    with errors_said(as_json=as_json, stack=stack):
        named = stack_named(stack, local=local)
        from tools.cli.show import run as show
        from tools.flows.reading import outputs

        values = outputs(named, show_secrets=show_secrets)
        if as_json:
            answer(values)
        elif values:
            show.outputs(values)
        else:
            say(f"stack {stack} has no outputs; it is not up")
