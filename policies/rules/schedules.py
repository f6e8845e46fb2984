"""Schedules: what is called by the clock is called then, or not at all."""

from __future__ import annotations

from typing import Final

from catalog.types import scheduler
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView

# https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html: the longest age of a call, by default.
A_DAY: Final = 86400
AN_HOUR: Final = 3600


@rule(
    scheduler.SCHEDULE,
    severity="advisory",
    why="A call that fails is tried again for a day unless told otherwise: last evening's stop would come in the working day.",
    fix=f"set target.retryPolicy.maximumEventAgeInSeconds to {AN_HOUR} or less",
)
def call_is_not_late(resource: ResourceView) -> Verdict:
    age = Block.of(resource).number("target.retryPolicy.maximumEventAgeInSeconds") or A_DAY
    return PASS if age <= AN_HOUR else Fail(f"it may come {age / AN_HOUR:g} hours late")
