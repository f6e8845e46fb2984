"""`slipway export`: the stack as `pulumi stack export` prints it."""

from __future__ import annotations

from tools.cli.options import Json, Local, Stack
from tools.cli.terminal import answer, errors_said


def run(stack: Stack = "local", local: Local = False, as_json: Json = False) -> None:
    """Print the stack as `pulumi stack export` does: JSON, secrets encrypted. (--json is what it always prints.)

    Example: slipway export > stack.json
    """
    with errors_said(as_json=as_json, stack=stack):
        from tools.engine.sessions import reader

        answer(reader(stack, local=local).export())
