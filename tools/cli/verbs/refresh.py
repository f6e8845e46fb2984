"""`slipway refresh`: the cloud's own view, into the state."""

from __future__ import annotations

import time

from tools.cli.options import Json, Local, Stack
from tools.cli.terminal import FAILED, answer, errors_said, leave, short_lived


def run(stack: Stack = "local", local: Local = False, as_json: Json = False) -> None:
    """Read every resource from the cloud into the state, and say what had changed behind our back.

    Example: slipway refresh dev
    """
    short_lived()
    began = time.monotonic()
    with errors_said(as_json=as_json, stack=stack):
        from tools.cli import show
        from tools.cli.guards import run_document
        from tools.cli.progress import Progress
        from tools.engine.program import program
        from tools.engine.sessions import open_stack

        with (
            Progress().shown() as progress,
            open_stack(stack, "refresh", program=program, local=local, say=progress.say, on_tick=progress.tick) as session,
        ):
            progress.phase(f"refresh of {stack}", expected=session.expected())
            result = session.changing(session.runner.refresh)
        if as_json:
            answer(run_document(stack, time.monotonic() - began, result, None))
        elif result.ok:
            show.changes(result)
        if not result.ok:
            show.failure(result)
            leave(FAILED)
