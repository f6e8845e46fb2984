"""EventBridge Scheduler."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card, Rights

SCHEDULE = Card(
    token="aws:scheduler/schedule:Schedule",
    name="name",
    free="14 million invocations a month are free",
    rights=Rights(
        actions=("scheduler:CreateSchedule",),
        arn="arn:{partition}:scheduler:{region}:{account}:schedule/default/{name}",
        name="name",
    ),
    room="money",
)
SCHEDULE_GROUP = Card(
    token="aws:scheduler/scheduleGroup:ScheduleGroup",
    free="14 million invocations a month are free",
    room="money",
)

CARDS: Final = (
    SCHEDULE,
    SCHEDULE_GROUP,
)
