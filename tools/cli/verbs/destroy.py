"""`slipway destroy`: everything goes, and the cloud itself is asked what is left."""

from __future__ import annotations

import sys
import time

import typer

from tools.cli.options import Json, Local, Stack, Yes
from tools.cli.terminal import FAILED, answer, errors_said, leave, say, short_lived


def run(stack: Stack = "local", local: Local = False, yes: Yes = False, as_json: Json = False) -> None:
    """Take a stack away, then ask the cloud (not the state) what is left. Exit code 1 when something is.

    In the local cloud protection is lifted and buckets go with what is in them; on AWS neither is done for you.

    Example: slipway destroy --yes
    """
    short_lived()
    began = time.monotonic()
    with errors_said(as_json=as_json, stack=stack):
        from tools.cli import show
        from tools.cli.progress import Progress
        from tools.engine.program import program
        from tools.engine.sessions import open_stack, place_of
        from tools.engine.workspace import stack_source

        stack_source(stack)
        place = place_of(stack, local=local)
        if not yes and not _agreed(stack, real=place.mode != "local"):
            say("nothing was touched")
            leave(FAILED)
        with (
            Progress().shown() as progress,
            open_stack(stack, "destroy", program=program, local=local, say=progress.say, on_tick=progress.tick) as session,
        ):
            progress.phase(f"destroy of {stack}", expected=session.expected())
            if session.cloud:
                session.let_go()
            result = session.changing(session.runner.destroy)
            orphans = session.cloud.orphans(stack) if session.cloud and result.ok else []
        if as_json:
            document = {
                "stack": stack,
                "seconds": round(time.monotonic() - began, 2),
                "deleted": result.deleted,
                "orphans": orphans,
            }
            if not result.ok:
                document["error"] = {"code": FAILED, "faults": [{"urn": f.urn, "message": f.message} for f in result.faults]}
            answer(document)
        elif result.ok:
            show.destroyed(stack, result, orphans, time.monotonic() - began, asked=session.cloud is not None)
        if not result.ok:
            show.failure(result)
        leave(FAILED if orphans or not result.ok else 0)


def _agreed(stack: str, *, real: bool) -> bool:
    """Asks on a terminal. Without one the local rehearsal may go; a real account needs --yes."""
    if not sys.stdin.isatty():
        if real:
            say("error: this deletes a real environment and nobody is there to ask; run again with --yes")
        return not real
    return typer.confirm(
        f"Delete everything of stack {stack}{' in its AWS account' if real else ' in the local cloud'}?", err=True
    )
