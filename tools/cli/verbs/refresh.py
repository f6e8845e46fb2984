"""`slipway refresh`: the cloud's own view, into the state; or only told."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from tools.cli.options import Json, Local, Stack, stack_named
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave, short_lived

PreviewOnly = Annotated[bool, typer.Option("--preview-only", help="Say what has changed and leave the state as it is.")]
ExpectNoChanges = Annotated[bool, typer.Option("--expect-no-changes", help="Exit with 1 when anything has changed outside.")]


def run(
    stack: Stack = "local",
    local: Local = False,
    preview_only: PreviewOnly = False,
    expect_no_changes: ExpectNoChanges = False,
    as_json: Json = False,
) -> None:
    """Read every resource from the cloud into the state, and say what had changed behind our back, old value and new.

    For a schedule that looks for drift: slipway refresh prod --preview-only --expect-no-changes --json

    Example: slipway refresh dev
    """
    short_lived()
    began = time.monotonic()
    with errors_said(as_json=as_json, stack=stack):
        named = stack_named(stack, local=local)
        from tools.cli.show import run as show
        from tools.cli.terminal.run_progress import RunProgress
        from tools.flows.documents.run import drift_document, refresh_document
        from tools.flows.refreshing import refresh

        done = refresh(named, progress=RunProgress(), preview_only=preview_only)
        if as_json:
            answer(refresh_document(done, time.monotonic() - began))
        elif done.result.ok:
            show.changes(done.result)
            show.drift(drift_document(done.drift))
        if not done.result.ok:
            show.failure(done.result)
        leave(done.ending(expect_no_changes=expect_no_changes))
