"""`slipway up`: plan, guards, then the change; with the plan's own verdict checked again on what came out."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import typer

from tools.cli.options import Json, Local, Stack, Verbose, Yes
from tools.cli.terminal import FAILED, POLICY, answer, errors_said, leave, say, short_lived


def run(stack: Stack = "local", local: Local = False, yes: Yes = False, verbose: Verbose = False, as_json: Json = False) -> None:
    """Bring a stack up. Nothing is touched when a mandatory policy is violated (exit 3) or the ceiling is passed (exit 4).

    Example: slipway up
    """
    short_lived()
    began = time.monotonic()
    with errors_said(as_json=as_json, stack=stack):
        from tools.engine.program import program, warm

        warm()
        from tools.cli.guards import settings_of
        from tools.cli.progress import Progress
        from tools.engine.sessions import open_stack

        settings = settings_of(stack)
        with (
            Progress().shown() as progress,
            open_stack(stack, "up", program=program, local=local, say=progress.say, on_tick=progress.tick) as session,
        ):
            progress.watch = watcher(session)
            result, verdict, code = bring_up(session, settings, progress, ask=not yes and not as_json)
        finish(session, result, verdict, code, began=began, as_json=as_json, verbose=verbose)


def watcher(session: Any) -> Callable[[], str] | None:
    """What to ask for a line while a job trains; None on AWS, where the engine's own words must do."""
    from tools.cli.watch import training_line

    cloud = session.cloud
    return (lambda: training_line(session.place.home, cloud.status())) if cloud is not None else None


def bring_up(session: Any, settings: Any, progress: Any, *, ask: bool) -> tuple[Any, Any, int]:
    """Preview, guards, up. Returns (the last run's result, the verdict or None, the exit code)."""
    from tools.cli.guards import deployed, judge
    from tools.plan.loaders import from_preview

    stack = session.place.stack
    before = deployed(session)
    progress.phase(f"preview of {stack}", expected=session.expected())
    plan = session.runner.preview()
    if not plan.ok:
        return plan, None, FAILED
    verdict = judge(from_preview(plan.steps, stack), settings, before=before)
    if verdict.code:
        return plan, verdict, verdict.code
    if ask and session.place.mode != "local" and not plan.quiet and not _agreed(progress, plan, verdict):
        return plan, verdict, FAILED
    progress.phase(f"up of {stack}", expected=len(plan.steps))
    result = session.changing(lambda: plan if session.nothing_to_do(plan) else session.runner.up())
    if not result.ok:
        return result, verdict, FAILED
    # What the preview could not know, it can now: the rules and prices that waited are settled on the real values.
    verdict = judge(from_preview(result.steps, stack), settings, before=before)
    return result, verdict, POLICY if verdict.policy.mandatory else 0


def _agreed(progress: Any, plan: Any, verdict: Any) -> bool:
    """Shows the plan and asks; where nobody can answer, says how to go on without being asked."""
    from tools.cli import show

    if not sys.stdin.isatty():
        say("error: this changes a real account and nobody is there to ask; run again with --yes")
        return False
    progress.pause()
    show.changes(plan)
    show.verdict(verdict)
    return typer.confirm("Do it?", err=True)


def finish(session: Any, result: Any, verdict: Any, code: int, *, began: float, as_json: bool, verbose: bool = False) -> None:
    """Prints what came of it and leaves with the exit code."""
    from tools.cli import show
    from tools.cli.guards import run_document
    from tools.plan.view import decode

    stack = session.place.stack
    local = session.place.mode == "local"
    if as_json:
        document = run_document(stack, time.monotonic() - began, result, verdict)
        if session.swept:
            document["swept"] = session.swept
        answer(document)
    elif result.ok:
        show.changes(result, verbose=verbose)
        if verdict:
            show.verdict(verdict)
    if session.swept:
        say(f"removed {len(session.swept)} things that an interrupted run had left in the cloud")
    if not result.ok:
        show.failure(result)
    elif code == POLICY and result.verb == "preview":
        say("error: nothing was touched; mend what is marked above, or see `slipway check --list` for why each rule is there")
    elif code == POLICY:
        say("error: what only `up` could know breaks a mandatory policy; it is there now: mend it and run up again")
    elif code:
        say("error: nothing was touched")
    elif not as_json:
        values = dict(decode(result.outputs))
        show.done(stack, time.monotonic() - began, result, values, local=local)
        show.next_steps(values, stack, local=local)
    leave(code)
