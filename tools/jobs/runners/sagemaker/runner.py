"""The verbs of a runner over SageMaker's API."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Final

from catalog.types.sagemaker import TRAINING_JOB
from tools.jobs.clients import Clients
from tools.jobs.runner import JobLog, LogTail, LookFailed, PlannedRun
from tools.jobs.runners.sagemaker.describe import is_missing, view_of
from tools.jobs.runners.sagemaker.logs import CloudWatchLog, tail_of
from tools.jobs.runners.sagemaker.request import create_arguments
from tools.jobs.spec import JobSpec
from tools.jobs.view import JobView

# IAM is eventually consistent; a role made moments ago is usually known within seconds.
ROLE_ATTEMPTS: Final = 8
ROLE_WAIT_SECONDS: Final = 5.0
# What a wrong request is answered with; every other error is no word for a user.
_REFUSALS: Final = frozenset({"ValidationException", "ResourceLimitExceeded", "ResourceInUse", "AccessDeniedException"})
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTrainingJobs.html: a page's most.
_PAGE: Final = 100


class SageMaker:
    """Training jobs of one account and region. Implements `tools.jobs.runner.Runner`."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients

    @property
    def region(self) -> str:
        return self.clients.region

    @property
    def local(self) -> bool:
        return self.clients.local

    def submit(self, spec: JobSpec, name: str) -> bool:
        """A role made moments ago is not known everywhere yet: SageMaker cannot assume it, and is asked again for a while."""
        from botocore.exceptions import ClientError, ParamValidationError

        arguments = create_arguments(spec, name)
        for attempt in range(1, ROLE_ATTEMPTS + 1):
            try:
                self.clients.sagemaker.create_training_job(**arguments)
            except ParamValidationError as error:
                raise ValueError(f"SageMaker takes no such job: {error}") from error
            except ClientError as error:
                code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
                new_role = code == "ValidationException" and "assume" in message.lower() and "role" in message.lower()
                if new_role and attempt < ROLE_ATTEMPTS:
                    time.sleep(ROLE_WAIT_SECONDS)
                    continue
                if code == "ResourceInUse":
                    return False
                if code in _REFUSALS:
                    raise ValueError(f"SageMaker refuses {name} ({code}): {message}") from error
                raise
            return True
        raise AssertionError("the last attempt returns or raises")

    def describe(self, name: str) -> JobView | None:
        from botocore.exceptions import ClientError

        with _looking(f"how {name} is"):
            try:
                return view_of(self.clients.sagemaker.describe_training_job(TrainingJobName=name))
            except ClientError as error:
                if not is_missing(error):
                    raise
                return None

    def stop(self, name: str) -> None:
        from botocore.exceptions import ClientError

        try:
            self.clients.sagemaker.stop_training_job(TrainingJobName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException":  # said of a job that has ended
                raise

    def log(self, name: str) -> JobLog:
        return CloudWatchLog(self.clients, name)

    def tail(self, name: str, *, lines: int) -> LogTail:
        return tail_of(self.clients, name, lines=lines)

    def runs(self, prefix: str, *, status: str = "") -> Iterator[str]:
        yield from self._names(NameContains=prefix, **({"StatusEquals": status} if status else {}))

    def recent(self) -> list[str]:
        return self._names()

    def holds(self, uri: str) -> bool:
        from botocore.exceptions import ClientError

        bucket, _, key = uri.removeprefix("s3://").partition("/")
        try:
            # Listing needs no right on the object's key and no KMS: HEAD would.
            found = self.clients.s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", ())
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchBucket", "404"):
                return False
            raise LookFailed(
                f"cannot tell whether {uri} is there: {error}; whoever asks needs s3:ListBucket on {bucket}"
            ) from error
        return any(item["Key"] == key or item["Key"].startswith(f"{key.rstrip('/')}/") for item in found)

    def planned(self, spec: JobSpec, name: str) -> PlannedRun:
        """The resource that `up` would make of it. Rules know a job by the names of its request; its tags are a map there."""
        props = {**create_arguments(spec, name), "tags": dict(spec.tags)}
        del props["Tags"]
        return PlannedRun(type=TRAINING_JOB.token, name=spec.tags.get("Name", name), props=props)

    def tags(self, view: JobView) -> dict[str, str]:
        """The tags of a run, which a description leaves out."""
        return {item["Key"]: item["Value"] for item in self.clients.sagemaker.list_tags(ResourceArn=view.arn).get("Tags", ())}

    def _names(self, **filters: str) -> list[str]:
        with _looking("which training jobs there are"):
            answer = self.clients.sagemaker.list_training_jobs(
                SortBy="CreationTime", SortOrder="Descending", MaxResults=_PAGE, **filters
            )
        # moto does not sort.
        found = sorted(answer["TrainingJobSummaries"], key=lambda item: item["CreationTime"], reverse=True)
        return [str(item["TrainingJobName"]) for item in found]


@contextlib.contextmanager
def _looking(what: str) -> Iterator[None]:
    """Turns what boto3 raises into a LookFailed that says what was asked."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise LookFailed(f"SageMaker does not say {what}: {error}") from error
