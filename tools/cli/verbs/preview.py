"""`slipway preview`: the plan, its price, its verdict."""

from __future__ import annotations

import time

from tools.cli.options import Json, Local, Stack, Verbose, stack_named
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave, short_lived


def run(stack: Stack = "local", local: Local = False, verbose: Verbose = False, as_json: Json = False) -> None:
    """Say what `up` would do, cost and break. Touches nothing.

    Exit codes: 0 fine, 1 failed, 2 bad configuration, 3 a mandatory policy is violated, 4 over the ceiling.

    Example: slipway preview prod --local
    """
    short_lived()
    began = time.monotonic()
    with errors_said(as_json=as_json, stack=stack):
        named = stack_named(stack, local=local)
        from tools.cli.terminal.run_progress import RunProgress
        from tools.flows.documents.run import stack_run_document
        from tools.flows.previewing import preview

        done = preview(named, progress=RunProgress())
        if as_json:
            answer(stack_run_document(done, time.monotonic() - began))
        elif done.verdict:
            from tools.cli.show import run as show
            from tools.cli.show import verdict as show_verdict

            show.changes(done.result, verbose=verbose)
            show_verdict.verdict(done.verdict)
        if not done.result.ok:
            from tools.cli.show.run import failure

            failure(done.result)
        leave(done.ending)
