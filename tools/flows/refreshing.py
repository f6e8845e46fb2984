"""`refresh`: the cloud's own view of a stack, into the state; or only a look at what differs."""

from __future__ import annotations

from dataclasses import dataclass

from tools.engine import program, sessions
from tools.engine.drift import Drift, drift
from tools.engine.runs import RunResult
from tools.engine.stack_ref import StackRef
from tools.flows.ending import Ending
from tools.flows.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """`drift` is what had changed outside the program."""

    stack: StackRef
    result: RunResult
    drift: tuple[Drift, ...]

    def ending(self, *, expect_no_changes: bool = False) -> Ending:
        """FAILED where the run failed, and with `expect_no_changes` where anything had changed."""
        return Ending.FAILED if not self.result.ok or (expect_no_changes and self.drift) else Ending.DONE


def refresh(stack: StackRef, *, progress: Progress, preview_only: bool = False) -> Refreshed:
    """Reads every resource from the cloud into the state; with `preview_only` the state stays as it is."""
    with (
        progress.shown(),
        sessions.open_stack(stack, "refresh", program=program.program, say=progress.say, on_tick=progress.tick) as session,
    ):
        progress.phase(f"refresh of {stack.name}", expected=session.expected())
        # Only a run that writes the state is told to the local cloud, which would mend the state first.
        runner = session.runner
        result = runner.preview_refresh() if preview_only else session.changing(runner.refresh)
    return Refreshed(stack=stack, result=result, drift=drift(result.steps))
