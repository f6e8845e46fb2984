"""`slipway lint`: what can be said of the source without running it."""

from __future__ import annotations

import typer

from tools.cli.options import Json
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave, say
from tools.flows.ending import Ending


def run(
    fix: bool = typer.Option(False, "--fix", help="Mend what the formatter and ruff can mend by themselves, first."),
    as_json: Json = False,
) -> None:
    """Check the source: format, lint, types and the form of the tree. Exit code 1 when something is found.

    Example: slipway lint --fix
    """
    with errors_said(as_json=as_json):
        from tools.cli.show.findings import checked
        from tools.flows.documents.machine import lint_document
        from tools.flows.linting import lint, mend

        if fix:
            mend()
        say("lint ...")
        found = lint()
        if as_json:
            answer(lint_document(found))
        else:
            checked(found)
        leave(Ending.DONE if all(one.passed for one in found) else Ending.FAILED)
