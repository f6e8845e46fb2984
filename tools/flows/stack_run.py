"""What came of a run that plans a stack: a preview, or an `up`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.calls import Known, LeftOver
    from tools.engine.runs import RunResult
    from tools.engine.stack_ref import StackRef
    from tools.flows.ending import Ending
    from tools.flows.judgement import Verdict
    from tools.preflight import Preflight


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRun:
    """`result` is of the last run, `verdict` the guards' where there is a plan to judge, `preflight` the account's answer where
    one was asked. `swept` is what an interrupted run had left in the local cloud and this one removed; `left` is what it could
    not remove, with the reason."""

    stack: StackRef
    result: RunResult
    ending: Ending
    verdict: Verdict | None = None
    preflight: Preflight | None = None
    swept: tuple[Known, ...] = ()
    left: tuple[LeftOver, ...] = ()
