"""What EventBridge Scheduler refuses besides its model: expressions that are no time, windows without a length, an end before its
start. https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from localcloud.kernel.documented import Refuse
from localcloud.kernel.recorded import ApiCall, Refusal
from localcloud.kernel.schedules import is_schedule

SERVICE: Final = "scheduler"
_WRONG: Final = "ValidationException"


def _schedule(call: ApiCall) -> None:
    expression = call.params.get("ScheduleExpression") or ""
    if not is_schedule(expression):
        raise Refusal(_WRONG, f"Invalid Schedule Expression {expression}.")
    zone = call.params.get("ScheduleExpressionTimezone")
    if zone and not _is_zone(zone):
        raise Refusal(_WRONG, f"Invalid ScheduleExpressionTimezone {zone}.")
    window = call.params.get("FlexibleTimeWindow") or {}
    if window.get("Mode") == "FLEXIBLE" and not window.get("MaximumWindowInMinutes"):
        raise Refusal(_WRONG, "MaximumWindowInMinutes must be provided when FlexibleTimeWindow Mode is FLEXIBLE.")
    if window.get("Mode") == "OFF" and window.get("MaximumWindowInMinutes"):
        raise Refusal(_WRONG, "MaximumWindowInMinutes must not be provided when FlexibleTimeWindow Mode is OFF.")
    start, end = call.params.get("StartDate"), call.params.get("EndDate")
    if start is not None and end is not None and end <= start:
        raise Refusal(_WRONG, "The EndDate must come after the StartDate.")


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        return False


PLAN: Final[Mapping[str, tuple[Refuse, ...]]] = {"CreateSchedule": (_schedule,), "UpdateSchedule": (_schedule,)}
REFUSALS: Final = PLAN
