"""`slipway up`: plan, guards, then the change; with the plan's own verdict checked again on what came out."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from tools.cli.options import Json, Local, Stack, Verbose, Yes
from tools.cli.terminal import FAILED, POLICY, PREFLIGHT, answer, errors_said, leave, say, short_lived


def run(
    stack: Stack = "local",
    local: Local = False,
    yes: Yes = False,
    preflight: Annotated[
        bool | None,
        typer.Option(
            "--preflight/--skip-preflight",
            help="Ask the account first (the default on AWS), or go up without.",
            show_default=False,
        ),
    ] = None,
    verbose: Verbose = False,
    as_json: Json = False,
) -> None:
    """Bring a stack up. Nothing is touched when a mandatory policy is violated (exit 3), the ceiling is passed (exit 4), or the
    account is known to lack what it takes (exit 5).

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
        here = local or stack == "local"
        asks = _asks(settings, local=here) if (preflight if preflight is not None else not here) else None
        with (
            Progress().shown() as progress,
            open_stack(stack, "up", program=program, local=local, say=progress.say, on_tick=progress.tick) as session,
        ):
            progress.watch = watcher(session)
            came = bring_up(session, settings, progress, ask=not yes and not as_json, asks=asks)
        finish(session, came, began=began, as_json=as_json, verbose=verbose)


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came of it: the last run's result, the guards' verdict and the preflight (None: not asked), the exit code."""

    result: Any
    code: int
    verdict: Any = None
    preflight: Any = None


def _asks(settings: Any, *, local: bool) -> Callable[[Any], Any]:
    """What asks the account about a plan. Who is asked is found out at once: a preview takes its time."""
    from tools.cli.preflight import account_of, asked

    account = account_of(settings, local=local)
    return lambda plan: asked(plan, settings, account)


def watcher(session: Any) -> Callable[[], str] | None:
    """What to ask for a line while a job trains; None on AWS, where the engine's own words must do."""
    from tools.cli.watch import training_line

    cloud = session.cloud
    return (lambda: training_line(session.place.home, cloud.status())) if cloud is not None else None


def bring_up(session: Any, settings: Any, progress: Any, *, ask: bool, asks: Callable[[Any], Any] | None = None) -> Came:
    """Preview, guards, up. `asks` is the preflight of a plan, None where the account is not asked."""
    from tools.cli.guards import deployed, judge
    from tools.plan.loaders import from_preview

    stack = session.place.stack
    before = deployed(session)
    progress.phase(f"preview of {stack}", expected=session.expected())
    plan = session.runner.preview()
    if not plan.ok:
        return Came(result=plan, code=FAILED)
    view = from_preview(plan.steps, stack)
    verdict = judge(view, settings, before=before)
    if verdict.code:
        return Came(result=plan, verdict=verdict, code=verdict.code)
    found = None
    if asks and not plan.quiet:
        progress.phase(f"preflight of {stack}")
        found = asks(view)
    if found and not found.ok:
        return Came(result=plan, verdict=verdict, preflight=found, code=PREFLIGHT)
    if ask and session.place.mode != "local" and not plan.quiet and not _agreed(progress, plan, verdict, found):
        return Came(result=plan, verdict=verdict, preflight=found, code=FAILED)
    progress.phase(f"up of {stack}", expected=len(plan.steps))
    result = session.changing(lambda: plan if session.nothing_to_do(plan) else session.runner.up())
    if not result.ok:
        return Came(result=result, verdict=verdict, preflight=found, code=FAILED)
    # What the preview could not know, it can now: the rules and prices that waited are settled on the real values.
    verdict = judge(from_preview(result.steps, stack), settings, before=before)
    return Came(result=result, verdict=verdict, preflight=found, code=POLICY if verdict.policy.mandatory else 0)


def _agreed(progress: Any, plan: Any, verdict: Any, found: Any) -> bool:
    """Shows the plan and asks; where nobody can answer, says how to go on without being asked."""
    from tools.cli import show, show_preflight

    if not sys.stdin.isatty():
        say("error: this changes a real account and nobody is there to ask; run again with --yes")
        return False
    progress.pause()
    show.changes(plan)
    show.verdict(verdict)
    if found:
        show_preflight.preflight(found)
    return typer.confirm("Do it?", err=True)


def finish(session: Any, came: Came, *, began: float, as_json: bool, verbose: bool = False) -> None:
    """Prints what came of it and leaves with the exit code."""
    from tools.cli import show, show_preflight
    from tools.cli.guards import run_document
    from tools.plan.view import decode

    result, verdict, code = came.result, came.verdict, came.code
    stack = session.place.stack
    local = session.place.mode == "local"
    if as_json:
        document = run_document(stack, time.monotonic() - began, result, verdict, came.preflight)
        if session.swept:
            document["swept"] = session.swept
        answer(document)
    elif result.ok:
        show.changes(result, verbose=verbose)
        if verdict:
            show.verdict(verdict)
        if came.preflight:
            show_preflight.preflight(came.preflight)
    if session.swept:
        say(f"removed {len(session.swept)} things that an interrupted run had left in the cloud")
    if not result.ok:
        show.failure(result)
    elif code == POLICY and result.verb == "preview":
        say("error: nothing was touched; mend what is marked above, or see `slipway check --list` for why each rule is there")
    elif code == POLICY:
        say("error: what only `up` could know breaks a mandatory policy; it is there now: mend it and run up again")
    elif code == PREFLIGHT:
        say("error: nothing was touched; mend what is short, or go up all the same with --skip-preflight")
    elif code:
        say("error: nothing was touched")
    elif not as_json:
        values = dict(decode(result.outputs))
        show.done(stack, time.monotonic() - began, result, values, local=local)
        show.next_steps(values, stack, local=local)
    leave(code)
