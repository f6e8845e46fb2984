"""`destroy`: everything of a stack goes, and the cloud itself is asked what is left."""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.calls import LeftOver, Orphan
from tools.engine import program, sessions
from tools.engine.runs import RunResult
from tools.engine.stack_ref import StackRef
from tools.flows.ending import Ending
from tools.flows.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroyed:
    """What came of it.

    orphans  what the cloud still has of the stack, each with its service and id
    left     what an interrupted run had made and could not be removed, with the reason
    asked    whether a cloud was asked, which only the local one can be
    """

    stack: StackRef
    result: RunResult
    orphans: tuple[Orphan, ...] = ()
    left: tuple[LeftOver, ...] = ()
    asked: bool = False

    @property
    def ending(self) -> Ending:
        """FAILED also where all went well and the cloud has something left."""
        return Ending.FAILED if self.orphans or not self.result.ok else Ending.DONE


def destroy(stack: StackRef, *, progress: Progress) -> Destroyed:
    """Deletes every resource of the stack. In the local cloud protection is lifted and buckets go with what is in them."""
    with (
        progress.shown(),
        sessions.open_stack(stack, "destroy", program=program.program, say=progress.say, on_tick=progress.tick) as session,
    ):
        progress.phase(f"destroy of {stack.name}", expected=session.expected())
        if session.cloud:
            session.lift_protection()
        result = session.changing(session.runner.destroy)
        orphans = session.cloud.orphans(stack.name) if session.cloud and result.ok else []
        left = tuple(session.left)
    return Destroyed(stack=stack, result=result, orphans=tuple(orphans), left=left, asked=session.cloud is not None)
