"""What CloudWatch refuses besides its model: an alarm that looks back too far, or at more points than it has.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from localcloud.kernel.documented import Refuse
from localcloud.kernel.recorded import ApiCall, Refusal

SERVICE: Final = "cloudwatch"
_WRONG: Final = "ValidationError"
# Seconds that an alarm may look back: a day, and a week where its period is an hour or more.
_A_DAY, _A_WEEK, _AN_HOUR = 86_400, 7 * 86_400, 3_600
_SHORT_PERIODS: Final = (10, 20, 30)


def _alarm(call: ApiCall) -> None:
    asked = call.params
    period, looked_at = asked.get("Period"), asked.get("EvaluationPeriods")
    if asked.get("MetricName") and asked.get("Metrics"):
        raise Refusal(_WRONG, "Metrics list and MetricName cannot both be specified")
    if asked.get("Statistic") and asked.get("ExtendedStatistic"):
        raise Refusal(_WRONG, "Statistic and ExtendedStatistic cannot both be specified")
    if period is not None and period not in _SHORT_PERIODS and period % 60:
        raise Refusal(_WRONG, "Period must be 10, 20, 30 or a multiple of 60")
    if period and looked_at:
        longest = _A_WEEK if period >= _AN_HOUR else _A_DAY
        if period * looked_at > longest:
            what = "a week" if longest == _A_WEEK else "a day"
            message = f"Metrics cannot be checked across more than {what} (EvaluationPeriods * Period must be <= {longest})."
            raise Refusal(_WRONG, message)
    points = asked.get("DatapointsToAlarm")
    if points and looked_at and points > looked_at:
        raise Refusal(_WRONG, "DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    missing = asked.get("TreatMissingData")
    if missing and missing not in ("breaching", "notBreaching", "ignore", "missing"):
        raise Refusal(_WRONG, f"Value '{missing}' for TreatMissingData is not one of breaching, notBreaching, ignore, missing")


PLAN: Final[Mapping[str, tuple[Refuse, ...]]] = {"PutMetricAlarm": (_alarm,)}
REFUSALS: Final = PLAN
