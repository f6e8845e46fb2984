"""`slipway export`: the stack as `pulumi stack export` prints it."""

from __future__ import annotations

from tools.cli.options import Json, Local, Stack, stack_named
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer


def run(stack: Stack = "local", local: Local = False, as_json: Json = False) -> None:
    """Print the stack as `pulumi stack export` does: JSON, secrets encrypted. (--json is what it always prints.)

    Example: slipway export > stack.json
    """
    with errors_said(as_json=as_json, stack=stack):
        named = stack_named(stack, local=local)
        from tools.flows.reading import export

        answer(export(named))
