"""`slipway up`: plan, guards, then the change; with the plan's own verdict checked again on what came out."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from tools.cli.options import Json, Local, Stack, Verbose, Yes, stack_named
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave, say, short_lived
from tools.flows.ending import Ending

if TYPE_CHECKING:
    from tools.cli.terminal.run_progress import RunProgress
    from tools.flows.stack_run import StackRun


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
        named = stack_named(stack, local=local)
        from tools.cli.terminal.run_progress import RunProgress
        from tools.flows.bringing_up import bring_up
        from tools.flows.documents.run import stack_run_document

        progress = RunProgress()
        agree = None if yes or as_json else lambda planned: _agreed(progress, planned)
        done = bring_up(named, progress=progress, agree=agree, ask_account=preflight)
        seconds = time.monotonic() - began
        if as_json:
            answer(stack_run_document(done, seconds))
        elif done.result.ok:
            _show_plan(done, verbose=verbose)
        _say_the_end(done, seconds, as_json=as_json)
        leave(done.ending)


def _agreed(progress: RunProgress, planned: StackRun) -> bool:
    """Shows the plan and asks; where nobody can answer, says how to go on without being asked."""
    if not sys.stdin.isatty():
        say("error: this changes a real account and nobody is there to ask; run again with --yes")
        return False
    progress.pause()
    _show_plan(planned)
    return typer.confirm("Do it?", err=True)


def _show_plan(planned: StackRun, *, verbose: bool = False) -> None:
    from tools.cli.show import preflight as show_preflight
    from tools.cli.show import run as show
    from tools.cli.show import verdict as show_verdict

    show.changes(planned.result, verbose=verbose)
    if planned.verdict:
        show_verdict.verdict(planned.verdict)
    if planned.preflight:
        show_preflight.preflight(planned.preflight)


def _say_the_end(done: StackRun, seconds: float, *, as_json: bool) -> None:
    """What was swept, why it stopped, or what is there now and what to try next."""
    from tools.cli.show import run as show
    from tools.plan.view import decode

    if done.swept:
        say(f"removed {len(done.swept)} things that an interrupted run had left in the cloud")
    if not done.result.ok:
        show.failure(done.result)
    elif done.ending is Ending.POLICY and done.result.verb == "preview":
        say("error: nothing was touched; mend what is marked above, or see `slipway check --list` for why each rule is there")
    elif done.ending is Ending.POLICY:
        say("error: what only `up` could know breaks a mandatory policy; it is there now: mend it and run up again")
    elif done.ending is Ending.PREFLIGHT:
        say("error: nothing was touched; mend what is short, or go up all the same with --skip-preflight")
    elif done.ending is not Ending.DONE:
        say("error: nothing was touched")
    elif not as_json:
        values = dict(decode(done.result.outputs))
        show.done(done, seconds, values)
        show.next_steps(done.stack, values)
