"""`slipway preview`: the plan, its price, its verdict."""

from __future__ import annotations

import time

from tools.cli.options import Json, Local, Stack, Verbose
from tools.cli.terminal import answer, errors_said, leave, short_lived


def run(stack: Stack = "local", local: Local = False, verbose: Verbose = False, as_json: Json = False) -> None:
    """Say what `up` would do, cost and break. Touches nothing.

    Exit codes: 0 fine, 1 failed, 2 bad configuration, 3 a mandatory policy is violated, 4 over the ceiling.

    Example: slipway preview prod --local
    """
    short_lived()
    began = time.monotonic()
    with errors_said(as_json=as_json, stack=stack):
        from tools.engine.program import warm

        warm()
        from tools.cli import show
        from tools.cli.guards import judge, run_document, settings_of
        from tools.cli.plans import previewed
        from tools.plan.loaders import from_preview

        settings = settings_of(stack)
        result, before = previewed(stack, local=local)
        verdict = judge(from_preview(result.steps, stack), settings, before=before) if result.ok else None
        if as_json:
            answer(run_document(stack, time.monotonic() - began, result, verdict))
        elif verdict:
            show.changes(result, verbose=verbose)
            show.verdict(verdict)
        if not result.ok:
            show.failure(result)
            leave(1)
        assert verdict is not None
        leave(verdict.code)
