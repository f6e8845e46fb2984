"""Previews of a stack, and the plan that they, a state or a file hold."""

from __future__ import annotations

from tools.engine import program, sessions
from tools.engine.runs import RunResult
from tools.engine.sessions import Session
from tools.engine.stack_ref import StackRef
from tools.flows import judgement
from tools.flows.ending import Ending
from tools.flows.errors import PreviewFailed
from tools.flows.progress import Progress
from tools.flows.stack_run import StackRun
from tools.flows.stack_settings import settings_of
from tools.plan.loaders import from_preview, from_state
from tools.plan.view import Plan


def preview(stack: StackRef, *, progress: Progress) -> StackRun:
    """The plan of a stack with its price and its verdict. Touches nothing. Raises SettingsError, EngineError and the like."""
    settings = settings_of(stack.name)
    result, before = run_preview(stack, progress=progress)
    if not result.ok:
        return StackRun(stack=stack, result=result, ending=Ending.FAILED)
    verdict = judgement.judge(from_preview(result.steps, stack.name), settings, before=before)
    return StackRun(stack=stack, result=result, ending=verdict.ending, verdict=verdict)


def run_preview(stack: StackRef, *, progress: Progress) -> tuple[RunResult, Plan | None]:
    """A preview's result, and what is deployed before it (None on AWS). The caller has read the stack's settings."""
    program.warm()
    with (
        progress.shown(),
        sessions.open_stack(stack, "preview", program=program.program, say=progress.say, on_tick=progress.tick) as session,
    ):
        progress.phase(f"preview of {stack.name}", expected=session.expected())
        before = deployed(session)
        return session.runner.preview(), before


def planned(stack: StackRef, *, progress: Progress) -> Plan:
    """The plan of a preview. Raises PreviewFailed."""
    result, _ = run_preview(stack, progress=progress)
    if not result.ok:
        raise PreviewFailed(result)
    return from_preview(result.steps, stack.name)


def deployed(session: Session) -> Plan | None:
    """What is deployed before a change; None on AWS, where the plan's own operations tell."""
    if session.place.mode != "local":
        return None
    return from_state(session.document() or {"checkpoint": {}}, session.place.stack)
