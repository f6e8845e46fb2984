"""`slipway outputs`."""

from __future__ import annotations

from typing import Annotated

import typer

from tools.cli.options import Json, Local, Stack
from tools.cli.terminal import answer, errors_said, say


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
        from tools.cli import show
        from tools.engine.sessions import reader

        values = reader(stack, local=local).outputs(show_secrets=show_secrets)
        if as_json:
            answer(values)
        elif values:
            show.outputs(values)
        else:
            say(f"stack {stack} has no outputs; it is not up")
