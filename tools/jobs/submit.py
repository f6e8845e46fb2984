"""Starts and stops jobs, and finds those that were run before."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tools.jobs.clients import Clients
from tools.jobs.definition import JobDefinition, named
from tools.jobs.view import JobView, describe, missing, of_answer

# How many of a job's newest runs are looked at to find one of its definition.
LOOKED_AT: Final = 20
ATTEMPTS_LIMIT: Final = 99
# IAM is eventually consistent; a role made moments ago is usually known within seconds.
ROLE_ATTEMPTS: Final = 8
ROLE_WAIT_SECONDS: Final = 5.0
# What a wrong request is answered with; everything else is no word for a user.
_REFUSALS: Final = frozenset({"ValidationException", "ResourceLimitExceeded", "ResourceInUse", "AccessDeniedException"})
# How the names of runs end: a definition, from the second attempt on with its number, or when it was started.
_RUN: Final = r"[0-9a-f]{10}(?:-r\d+)?|\d{8}-\d{6}"


def fresh_name(clients: Clients, job: JobDefinition, now: datetime | None = None) -> str:
    """`<prefix>-<yyyymmdd-hhmmss>`, in UTC; of the next second that no job has: SageMaker never gives a name twice."""
    second = now or datetime.now(UTC)
    while _there(clients, name := f"{job.name_prefix}-{second:%Y%m%d-%H%M%S}"):
        second += timedelta(seconds=1)
    return name


def submit(clients: Clients, request: Mapping[str, Any], *, take_up: bool = False) -> str:
    """Sends CreateTrainingJob; the job's name. With `take_up`, one of that name that is there already is fine.

    Raises ValueError with SageMaker's words where it refuses the request.
    """
    from botocore.exceptions import ClientError, ParamValidationError

    for attempt in range(1, ROLE_ATTEMPTS + 1):
        try:
            clients.sagemaker.create_training_job(**request)
        except ParamValidationError as error:
            raise ValueError(f"SageMaker takes no such job: {error}") from error
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
            new_role = code == "ValidationException" and "assume" in message.lower() and "role" in message.lower()
            if new_role and attempt < ROLE_ATTEMPTS:
                time.sleep(ROLE_WAIT_SECONDS)
                continue
            if code == "ResourceInUse" and take_up:
                return str(request["TrainingJobName"])
            if code in _REFUSALS:
                raise ValueError(f"SageMaker refuses {request['TrainingJobName']} ({code}): {message}") from error
            raise
        return str(request["TrainingJobName"])
    raise AssertionError("the last attempt returns or raises")


def stop(clients: Clients, name: str) -> None:
    """Asks a running job to stop: SIGTERM, then 120 s. One that has ended meanwhile is fine. ValueError for one not there."""
    from botocore.exceptions import ClientError

    if describe(clients, name).ended:
        return
    try:
        clients.sagemaker.stop_training_job(TrainingJobName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise


def completed(clients: Clients, job: JobDefinition, *, definition: str = "") -> JobView | None:
    """The newest completed run of the job's definition (or of another, as `--set` makes one); None where there is none."""
    return _newest(clients, job, "Completed", definition or job.definition)


def running(clients: Clients, job: JobDefinition) -> JobView | None:
    """A run of the job's definition that goes on; None where there is none."""
    return _newest(clients, job, "InProgress", job.definition)


def newest(clients: Clients, job: JobDefinition) -> JobView | None:
    """The newest completed run of a job, of whatever definition."""
    return _newest(clients, job, "Completed", "")


def _newest(clients: Clients, job: JobDefinition, status: str, definition: str) -> JobView | None:
    # The one that `up` waited for has its definition in its name.
    if job.job_name and status == "Completed" and definition in ("", job.definition):
        ours = _there(clients, job.job_name)
        if ours and ours.status == status:
            return ours
    return next((run for run in runs(clients, job, StatusEquals=status) if definition in ("", run.definition)), None)


def runs(clients: Clients, job: JobDefinition, **filters: str) -> Iterator[JobView]:
    """The newest runs of a job, the newest first: `up`'s, a need's and `train`'s. `filters` are those of ListTrainingJobs.

    A trial of a search and an evaluation are none, and neither is a run of a job whose name only begins like this one's.
    """
    answer = clients.sagemaker.list_training_jobs(
        NameContains=job.name_prefix, SortBy="CreationTime", SortOrder="Descending", MaxResults=100, **filters
    )
    named = re.compile(f"{re.escape(job.name_prefix)}-(?:{_RUN})")
    # moto does not sort.
    summaries = sorted(answer["TrainingJobSummaries"], key=lambda item: item["CreationTime"], reverse=True)
    for item in [item for item in summaries if named.fullmatch(item["TrainingJobName"])][:LOOKED_AT]:
        found = _there(clients, item["TrainingJobName"])
        if found and found.hyperparameters.get("workload") == job.workload:
            yield found


def usable(clients: Clients, run: JobView) -> bool:
    """Whether what a completed run left is still there: buckets may be gone, or emptied, while SageMaker's history stays."""
    from botocore.exceptions import ClientError

    uri = run.hyperparameters.get("output_uri") or run.artifact
    if not uri:
        return True
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        # Listing needs no right on the object's key and no KMS: HEAD would.
        return bool(clients.s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents"))
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchBucket", "404"):
            return False
        raise


def need_name(clients: Clients, job: JobDefinition) -> str:
    """The name to run a need under: `<prefix>-<definition>`, from the second attempt on with `-r2`; the same for all who ask.

    Two commands that need the same thing at once so ask for one job, and the second is told that it is in use.
    """
    for attempt in range(1, ATTEMPTS_LIMIT + 1):
        name = f"{job.name_prefix}-{job.definition}" + (f"-r{attempt}" if attempt > 1 else "")
        found = _there(clients, name)
        if found is None or found.status == "InProgress":
            return name
    raise ValueError(f"{job.name_prefix}-{job.definition} was tried {ATTEMPTS_LIMIT} times; read its logs and change the job")


def models_of(clients: Clients, job: JobDefinition, jobs: Mapping[str, JobDefinition]) -> dict[str, str]:
    """Channel -> S3 URI of the models that a job reads. Raises ValueError where one is not there, with the way to it."""
    return {channel: _model(clients, channel, source, jobs) for channel, source in job.models.items()}


def _model(clients: Clients, channel: str, source: Mapping[str, str], jobs: Mapping[str, JobDefinition]) -> str:
    if group := source.get("group"):
        return _approved(clients, channel, group)
    other = named(jobs, source["job"])
    found = completed(clients, other) or newest(clients, other)
    if found is None or not found.artifact:
        raise ValueError(
            f"channel {channel} reads the model of job {other.name}, which has none; run `./slipway train {other.name}`"
        )
    return found.artifact


def _approved(clients: Clients, channel: str, group: str) -> str:
    from botocore.exceptions import ClientError

    try:
        found = clients.sagemaker.list_model_packages(
            ModelPackageGroupName=group, ModelApprovalStatus="Approved", SortBy="CreationTime", SortOrder="Descending"
        )["ModelPackageSummaryList"]
    except ClientError as error:
        raise ValueError(f"channel {channel} reads the newest approved model of {group}: {error}") from error
    approved = sorted(
        (item for item in found if item.get("ModelApprovalStatus") == "Approved"),
        key=lambda item: int(item.get("ModelPackageVersion") or 0),
        reverse=True,
    )
    if not approved:
        raise ValueError(
            f"channel {channel} reads the newest approved model of {group}, which has none; "
            f"see `./slipway models list` and approve one"
        )
    package = clients.sagemaker.describe_model_package(ModelPackageName=approved[0]["ModelPackageArn"])
    return str(package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])


def _there(clients: Clients, name: str) -> JobView | None:
    from botocore.exceptions import ClientError

    try:
        return of_answer(clients.sagemaker.describe_training_job(TrainingJobName=name))
    except ClientError as error:
        if missing(error):
            return None
        raise
