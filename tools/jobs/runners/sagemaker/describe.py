"""DescribeTrainingJob's answer as a `JobView`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tools.jobs.runners.sagemaker.request import spec_of
from tools.jobs.view import FAILED, STOPPED, JobView

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# What a phase means where SageMaker gives no reason of its own.
_REASONS: Final = {
    "MaxRuntimeExceeded": "it ran longer than maxRuntimeSeconds; raise it, or make the job smaller",
    "MaxWaitTimeExceeded": "it waited longer than maxWaitSeconds; raise it, or drop spot",
}


def view_of(answer: Mapping[str, Any], now: datetime | None = None) -> JobView:
    """The run that DescribeTrainingJob answered with; of a metric that was reported twice, the later value."""
    metrics = sorted(answer.get("FinalMetricDataList") or (), key=lambda item: str(item.get("Timestamp", "")))
    status, phase = str(answer["TrainingJobStatus"]), str(answer.get("SecondaryStatus", ""))
    started, ended_at = _time(answer.get("TrainingStartTime")), _time(answer.get("TrainingEndTime"))
    until = ended_at or now or datetime.now(UTC)
    seconds = max(0.0, (until - started).total_seconds()) if started else 0.0
    billable = answer.get("BillableTimeInSeconds")
    return JobView(
        name=str(answer["TrainingJobName"]),
        arn=str(answer["TrainingJobArn"]),
        status=status,
        phase=phase,
        created=_time(answer.get("CreationTime")) or until,
        started=started,
        ended_at=ended_at,
        seconds=seconds,
        training_seconds=int(answer.get("TrainingTimeInSeconds") or seconds if ended_at else 0),
        billable_seconds=float(billable) if billable is not None else None,
        metrics={item["MetricName"]: float(item["Value"]) for item in metrics},
        artifact=str((answer.get("ModelArtifacts") or {}).get("S3ModelArtifacts") or ""),
        failure=str(answer.get("FailureReason") or _REASONS.get(phase, "")) if status in (FAILED, STOPPED) else "",
        spec=spec_of(answer),
    )


def is_missing(error: ClientError) -> bool:
    """Whether SageMaker says that there is no such training job."""
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "").lower()
    return code.startswith("ResourceNotFound") or (
        code == "ValidationException" and ("not find" in message or "not found" in message)
    )


def _time(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value and not value.tzinfo else value
