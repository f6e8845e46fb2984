"""`slipway refresh`: the cloud's own view, into the state; or only told."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from tools.cli.options import Json, Local, Stack
from tools.cli.terminal import FAILED, answer, errors_said, leave, short_lived

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
        from tools.cli import show
        from tools.cli.guards import drift_document, run_document
        from tools.cli.progress import Progress
        from tools.engine.drift import drift
        from tools.engine.program import program
        from tools.engine.sessions import open_stack

        with (
            Progress().shown() as progress,
            open_stack(stack, "refresh", program=program, local=local, say=progress.say, on_tick=progress.tick) as session,
        ):
            progress.phase(f"refresh of {stack}", expected=session.expected())
            # Only a run that writes the state is told to the local cloud, which would mend the state first.
            runner = session.runner
            result = runner.preview_refresh() if preview_only else session.changing(runner.refresh)
        found = drift(result.steps)
        if as_json:
            answer(run_document(stack, time.monotonic() - began, result, None) | {"drift": drift_document(found)})
        elif result.ok:
            show.changes(result)
            show.drift(drift_document(found))
        if not result.ok:
            show.failure(result)
        if not result.ok or (expect_no_changes and found):
            leave(FAILED)
