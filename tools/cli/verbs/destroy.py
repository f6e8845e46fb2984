"""`slipway destroy`: everything goes, and the cloud itself is asked what is left."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import typer

from tools.cli.options import Json, Local, Stack, Yes, stack_named
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave, say, short_lived
from tools.flows.ending import Ending

if TYPE_CHECKING:
    from tools.engine.stack_ref import StackRef


def run(stack: Stack = "local", local: Local = False, yes: Yes = False, as_json: Json = False) -> None:
    """Take a stack away, then ask the cloud (not the state) what is left. Exit code 1 when something is.

    In the local cloud protection is lifted and buckets go with what is in them; on AWS neither is done for you.

    Example: slipway destroy --yes
    """
    short_lived()
    began = time.monotonic()
    with errors_said(as_json=as_json, stack=stack):
        named = stack_named(stack, local=local)
        if not yes and not _agreed(named):
            say("nothing was touched")
            leave(Ending.FAILED)
        from tools.cli.show import run as show
        from tools.cli.terminal.run_progress import RunProgress
        from tools.flows.destroying import destroy
        from tools.flows.documents.run import destroy_document

        done = destroy(named, progress=RunProgress())
        seconds = time.monotonic() - began
        if as_json:
            answer(destroy_document(done, seconds))
        elif done.result.ok:
            show.destroyed(done, seconds)
        if not done.result.ok:
            show.failure(done.result)
        leave(done.ending)


def _agreed(stack: StackRef) -> bool:
    """Asks on a terminal. Without one the local rehearsal may go; a real account needs --yes."""
    if not sys.stdin.isatty():
        if not stack.local:
            say("error: this deletes a real environment and nobody is there to ask; run again with --yes")
        return stack.local
    where = "in the local cloud" if stack.local else "in its AWS account"
    return typer.confirm(f"Delete everything of stack {stack.name} {where}?", err=True)
