"""What Application Auto Scaling refuses besides its model: a least capacity above the greatest, and actions at no time.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from localcloud.kernel.documented import Refuse
from localcloud.kernel.recorded import ApiCall, Refusal
from localcloud.kernel.schedules import is_schedule

SERVICE: Final = "application-autoscaling"
_WRONG: Final = "ValidationException"


def _capacities(call: ApiCall) -> None:
    _in_order(call.params)


def _action(call: ApiCall) -> None:
    _in_order(call.params.get("ScalableTargetAction") or {})
    schedule = call.params.get("Schedule")
    if schedule is not None and not is_schedule(schedule):
        raise Refusal(_WRONG, f"Invalid schedule expression: {schedule}")


def _in_order(capacities: Mapping[str, Any]) -> None:
    least, most = capacities.get("MinCapacity"), capacities.get("MaxCapacity")
    if least is not None and most is not None and least > most:
        raise Refusal(_WRONG, "Maximum capacity cannot be less than minimum capacity")


PLAN: Final[Mapping[str, tuple[Refuse, ...]]] = {"RegisterScalableTarget": (_capacities,), "PutScheduledAction": (_action,)}
REFUSALS: Final = PLAN
