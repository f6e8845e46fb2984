"""A training job as SageMaker describes it, in plain fields."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from tools.jobs.clients import Clients
from tools.jobs.definition import DEFINITION_VARIABLE

ENDED: Final = frozenset({"Completed", "Failed", "Stopped"})
# What a phase means where SageMaker gives no reason of its own.
_REASONS: Final = {
    "MaxRuntimeExceeded": "it ran longer than maxRuntimeSeconds; raise it, or make the job smaller",
    "MaxWaitTimeExceeded": "it waited longer than maxWaitSeconds; raise it, or drop spot",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class JobView:
    """One job. Times are aware; `seconds` count from the start of the download of data, 0 before; `raw` is the whole answer."""

    name: str
    arn: str
    status: str
    phase: str
    phase_message: str
    created: datetime
    started: datetime | None
    ended_at: datetime | None
    seconds: float
    billable_seconds: float | None
    metrics: Mapping[str, float]
    artifact: str
    failure: str
    hyperparameters: Mapping[str, str]
    channels: Mapping[str, str]
    image: str
    instance_type: str
    instance_count: int
    volume_gb: float
    spot: bool
    max_runtime_seconds: float
    definition: str
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def ended(self) -> bool:
        return self.status in ENDED


def describe(clients: Clients, name: str) -> JobView:
    """One job as it is now. Raises ValueError for a job that is not there, with names that are like it."""
    from botocore.exceptions import ClientError

    try:
        return of_answer(clients.sagemaker.describe_training_job(TrainingJobName=name))
    except ClientError as error:
        if not missing(error):
            raise
    raise ValueError(f"there is no training job {name!r}{_near(clients, name)}")


def of_answer(job: Mapping[str, Any], now: datetime | None = None) -> JobView:
    """The view of DescribeTrainingJob's answer."""
    resources, algorithm = job["ResourceConfig"], job["AlgorithmSpecification"]
    groups = resources.get("InstanceGroups") or [resources]
    metrics = sorted(job.get("FinalMetricDataList") or (), key=lambda item: str(item.get("Timestamp", "")))
    transitions = job.get("SecondaryStatusTransitions") or [{}]
    status, phase = str(job["TrainingJobStatus"]), str(job.get("SecondaryStatus", ""))
    started, ended_at = _time(job.get("TrainingStartTime")), _time(job.get("TrainingEndTime"))
    until = ended_at or now or datetime.now(UTC)
    billable = job.get("BillableTimeInSeconds")
    return JobView(
        name=job["TrainingJobName"],
        arn=job["TrainingJobArn"],
        status=status,
        phase=phase,
        phase_message=str(transitions[-1].get("StatusMessage", "")),
        created=_time(job["CreationTime"]) or until,
        started=started,
        ended_at=ended_at,
        seconds=max(0.0, (until - started).total_seconds()) if started else 0.0,
        billable_seconds=float(billable) if billable is not None else None,
        metrics={item["MetricName"]: float(item["Value"]) for item in metrics},
        artifact=str((job.get("ModelArtifacts") or {}).get("S3ModelArtifacts") or ""),
        failure=str(job.get("FailureReason") or _REASONS.get(phase, "")) if status in ("Failed", "Stopped") else "",
        hyperparameters=dict(job.get("HyperParameters") or {}),
        channels={item["ChannelName"]: _uri(item) for item in job.get("InputDataConfig") or ()},
        image=str(algorithm.get("TrainingImage") or algorithm.get("AlgorithmName") or ""),
        instance_type=str(groups[0].get("InstanceType") or ""),
        instance_count=sum(int(group.get("InstanceCount") or 1) for group in groups),
        volume_gb=float(resources.get("VolumeSizeInGB") or 0),
        spot=bool(job.get("EnableManagedSpotTraining")),
        max_runtime_seconds=float((job.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds") or 86_400),
        definition=str((job.get("Environment") or {}).get(DEFINITION_VARIABLE, "")),
        raw=job,
    )


def tags(clients: Clients, view: JobView) -> dict[str, str]:
    """The job's tags."""
    return {item["Key"]: item["Value"] for item in clients.sagemaker.list_tags(ResourceArn=view.arn).get("Tags", ())}


def missing(error: Any) -> bool:
    """Whether a ClientError says that there is no such job."""
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "").lower()
    return code.startswith("ResourceNotFound") or (
        code == "ValidationException" and ("not find" in message or "not found" in message)
    )


def _near(clients: Clients, name: str) -> str:
    newest = clients.sagemaker.list_training_jobs(SortBy="CreationTime", SortOrder="Descending", MaxResults=100)
    names = [item["TrainingJobName"] for item in newest["TrainingJobSummaries"]]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    return (
        f"; did you mean {' or '.join(near)}?" if near else f"; the newest are {', '.join(names[:3])}" if names else "; none ran"
    )


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    assert isinstance(value, datetime)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _uri(item: Mapping[str, Any]) -> str:
    source = item.get("DataSource") or {}
    return str((source.get("S3DataSource") or {}).get("S3Uri") or source)
