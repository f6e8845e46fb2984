"""`up`: plan, guards, the account, then the change; with the plan's own verdict checked again on what came out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from infra.stack_file import Settings
from tools.engine import program, sessions
from tools.engine.runs import RunResult
from tools.engine.sessions import Session
from tools.engine.stack_ref import StackRef
from tools.flows import account, judgement
from tools.flows.ending import Ending
from tools.flows.previewing import deployed
from tools.flows.progress import Progress
from tools.flows.stack_run import StackRun
from tools.flows.stack_settings import settings_of
from tools.flows.watch import training_line
from tools.plan.loaders import from_preview
from tools.preflight import Account

# Is shown what is planned for a real account and says whether it may be done.
Agree = Callable[[StackRun], bool]


def bring_up(stack: StackRef, *, progress: Progress, agree: Agree | None = None, ask_account: bool | None = None) -> StackRun:
    """Makes the cloud what the stack declares, where the guards and the account let it. The engine finds nothing to do twice.

    `agree` is asked before a real account is changed, None where nobody need be. `ask_account`: whether the account is asked what
    it has room for; None: on AWS. Raises SettingsError, EngineError, NoAccount and the like.
    """
    program.warm()
    settings = settings_of(stack.name)
    # Who is asked is found out at once: a preview takes its time.
    asked = ask_account if ask_account is not None else not stack.local
    reached = account.account_of(settings, local=stack.local, say=progress.say) if asked else None
    with (
        progress.shown(),
        sessions.open_stack(stack, "up", program=program.program, say=progress.say, on_tick=progress.tick) as session,
    ):
        progress.watch = _watcher(session)
        change = _Change(stack=stack, session=session, settings=settings, progress=progress, account=reached, agree=agree)
        return replace(change.carry_out(), swept=tuple(session.swept), left=tuple(session.left))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One `up` under way."""

    stack: StackRef
    session: Session
    settings: Settings
    progress: Progress
    account: Account | None
    agree: Agree | None

    def carry_out(self) -> StackRun:
        """Preview, verdict, account, consent, change; the first that says no is the last."""
        name = self.stack.name
        before = deployed(self.session)
        self.progress.phase(f"preview of {name}", expected=self.session.expected())
        plan = self.session.runner.preview()
        run = StackRun(stack=self.stack, result=plan, ending=Ending.FAILED)
        if not plan.ok:
            return run
        view = from_preview(plan.steps, name)
        verdict = judgement.judge(view, self.settings, before=before)
        run = replace(run, verdict=verdict)
        if verdict.ending is not Ending.DONE:
            return replace(run, ending=verdict.ending)
        if self.account and not plan.quiet:
            self.progress.phase(f"preflight of {name}")
            run = replace(run, preflight=account.asked(view, self.settings, self.account))
        if run.preflight and not run.preflight.ok:
            return replace(run, ending=Ending.PREFLIGHT)
        if self.agree and self.session.place.mode != "local" and not plan.quiet and not self.agree(run):
            return run
        self.progress.phase(f"up of {name}", expected=len(plan.steps))
        result = self.session.changing(lambda: self._up_after(plan))
        if not result.ok:
            return replace(run, result=result)
        # What the preview could not know, it can now: the rules and prices that waited are settled on the real values.
        verdict = judgement.judge(from_preview(result.steps, name), self.settings, before=before)
        return replace(run, result=result, verdict=verdict, ending=Ending.POLICY if verdict.policy.mandatory else Ending.DONE)

    def _up_after(self, plan: RunResult) -> RunResult:
        return plan if self.session.nothing_to_do(plan) else self.session.runner.up()


def _watcher(session: Session) -> Callable[[], str] | None:
    """What gives a line while a job trains; None on AWS, where the engine's own words must do."""
    cloud = session.cloud
    return None if cloud is None else lambda: training_line(session.place.home, cloud.status())
