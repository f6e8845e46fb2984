"""A SageMaker training job as a resource: created, waited for, read; a changed definition is a new job.

pulumi-aws has no such type, so it is a dynamic resource over boto3. The same code runs on AWS and against the local cloud, which
boto3 finds by itself (AWS_ENDPOINT_URL). The provider is stored in the state by its import path alone: nothing of this file's
code, no value and no secret goes there, so a change here never shows as a change of the job.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pulumi
from pulumi import dynamic

from infra.training import decide as definition

LOG_GROUP: Final = "/aws/sagemaker/TrainingJobs"
LOG_LINES: Final = 20
LOG_STREAMS: Final = 4
FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 10.0
WAIT_GROWTH: Final = 1.3
# Describe may fail this often in a row (beyond botocore's own retries) before we stop looking.
LOST_SIGHT_AFTER: Final = 6
ATTEMPTS_LIMIT: Final = 99
# IAM is eventually consistent; a new role is usually there within seconds.
ROLE_ATTEMPTS: Final = 8
ROLE_WAIT_SECONDS: Final = 5.0
TERMINAL: Final = frozenset({"Completed", "Failed", "Stopped"})
OUTPUTS: Final = ("jobName", "jobArn", "modelArtifact", "metrics", "status", "trainingSeconds")


class TrainingJobError(Exception):
    """A training job that did not end as it should. The message says why and shows the end of its log."""


class TrainingJob(dynamic.Resource, module="sagemaker", name="TrainingJob"):
    """One training job, done when the resource is made.

    `inputs` are `training_definition.INPUTS`. Creating waits for the job's end; a failed job fails the update.
    """

    job_name: pulumi.Output[str]
    job_arn: pulumi.Output[str]
    model_artifact: pulumi.Output[str]
    metrics: pulumi.Output[dict[str, float]]
    status: pulumi.Output[str]
    training_seconds: pulumi.Output[int]

    def __init__(self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(TrainingJobProvider(), name, {**inputs, **dict.fromkeys(OUTPUTS)}, opts)
        made: dict[str, Any] = self.__dict__
        self.job_name = made["jobName"]
        self.job_arn = made["jobArn"]
        self.model_artifact = made["modelArtifact"]
        self.training_seconds = made["trainingSeconds"]


class TrainingJobProvider(dynamic.ResourceProvider):
    """Create, read, delete and diff of one training job, whose id is its name. A finished job has nothing to update."""

    serialize_as_secret_always = False

    def configure(self, req: dynamic.ConfigureRequest) -> None:
        """Take the profile that the aws provider was given, so that both act as the same principal."""
        self.profile = req.config.get("aws:profile")

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        failures = [dynamic.CheckFailure(key, reason) for key, reason in definition.faults(news)]
        return dynamic.CheckResult(news, failures)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """A new definition replaces; new circumstances are no change.

        They are no update either: the engine does not ask a dynamic provider at preview, so an update leaves every output unknown
        there, and the preview would announce a new model and a new endpoint configuration because of a tag.
        """
        replaces = definition.changed(olds, news, definition.DEFINING)
        return dynamic.DiffResult(changes=bool(replaces), replaces=replaces, delete_before_replace=False)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        clients = self._clients(props)
        name, found = self._start(clients, props)
        say(name, "taken up, it is there already" if found else "started")
        job = wait(clients.sagemaker, name)
        if job["TrainingJobStatus"] != "Completed":
            raise TrainingJobError(failure(job, log_tail(clients.logs, name)))
        return dynamic.CreateResult(name, {**inputs_of(props), **outputs_of(job)})

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        clients = self._clients(props)
        job = describe(clients.sagemaker, id_)
        if job is None or not usable(clients.s3, job):
            return dynamic.ReadResult("", {})
        return dynamic.ReadResult(id_, {**inputs_of(props), **outputs_of(job)})

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        """Stop the job if it runs. It stays in SageMaker's history: that costs nothing and tells where a model came from."""
        sagemaker = self._clients(props).sagemaker
        job = describe(sagemaker, id_)
        if job is None or job["TrainingJobStatus"] in TERMINAL:
            return
        stop(sagemaker, id_)
        wait(sagemaker, id_)

    def _start(self, clients: Clients, props: Mapping[str, Any]) -> tuple[str, bool]:
        """The name of the job to wait for, and whether it was there already.

        A job of this definition that runs or whose artifact is there is taken up: an `up` that was killed loses nothing and pays
        for nothing twice. One that failed, was stopped or lost its artifact keeps its name in SageMaker for ever, so the next
        attempt has a name of its own.
        """
        for attempt in range(1, ATTEMPTS_LIMIT + 1):
            name = definition.job_name(props, attempt)
            job = describe(clients.sagemaker, name)
            if job is None:
                return (name, False) if create_job(clients.sagemaker, definition.request(props, name)) else (name, True)
            if job["TrainingJobStatus"] == "Stopping":
                job = wait(clients.sagemaker, name)
            if usable(clients.s3, job):
                return name, True
        raise TrainingJobError(
            f"{definition.job_name(props)} was tried {ATTEMPTS_LIMIT} times and never ended well; "
            "read its logs, and change its definition (or raise `revision`) to start a new series"
        )

    def _clients(self, props: Mapping[str, Any]) -> Clients:
        return Clients(props["region"], getattr(self, "profile", None))


@functools.cache
def _service_models() -> Any:
    """botocore's reader of service models, shared: SageMaker's alone takes a second to parse, and a process makes many."""
    from botocore.loaders import create_loader

    return create_loader()


class Clients:
    """boto3 clients for one region, from the environment's credentials."""

    def __init__(self, region: str, profile: str | None = None) -> None:
        # Here, not above: the program that only declares the job need not pay for importing boto3.
        import boto3
        import botocore.session
        from botocore.config import Config

        core = botocore.session.Session(profile=profile)
        core.register_component("data_loader", _service_models())
        session = boto3.session.Session(botocore_session=core, region_name=region)
        config = Config(retries={"mode": "standard", "max_attempts": 8}, user_agent_extra="slipway")
        self.sagemaker = session.client("sagemaker", config=config)
        self.logs = session.client("logs", config=config)
        self.s3 = session.client("s3", config=config)


def describe(sagemaker: Any, name: str) -> dict[str, Any] | None:
    """DescribeTrainingJob's answer, or None for a job that is not there."""
    from botocore.exceptions import ClientError

    try:
        answer: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=name)
    except ClientError as error:
        if _is_missing(error):
            return None
        raise
    return answer


def create_job(sagemaker: Any, arguments: Mapping[str, Any]) -> bool:
    """Send CreateTrainingJob. False where another run has just made the job of that name.

    A role made moments ago is not known everywhere yet: SageMaker then cannot assume it, and is asked again for a while.
    """
    from botocore.exceptions import ClientError

    for attempt in range(ROLE_ATTEMPTS):
        try:
            sagemaker.create_training_job(**arguments)
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "").lower()
            if code == "ResourceInUse":
                return False
            new_role = code == "ValidationException" and "assume" in message and "role" in message
            if not new_role or attempt == ROLE_ATTEMPTS - 1:
                raise
            time.sleep(ROLE_WAIT_SECONDS)
        else:
            break
    return True


def stop(sagemaker: Any, name: str) -> None:
    """Ask a running job to stop; one that has ended meanwhile is fine."""
    from botocore.exceptions import ClientError

    try:
        sagemaker.stop_training_job(TrainingJobName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise


def wait(sagemaker: Any, name: str) -> dict[str, Any]:
    """Look until the job has ended; DescribeTrainingJob's last answer. Says on stderr what it is doing, once a phase."""
    pause, misses, told = FIRST_WAIT_SECONDS, 0, ""
    while True:
        job, problem = _look(sagemaker, name)
        misses = misses + 1 if job is None else 0
        if misses > LOST_SIGHT_AFTER:
            raise TrainingJobError(
                f"lost sight of training job {name} ({problem}); it may go on, and the next `up` takes it up again"
            )
        if job is not None:
            if job["TrainingJobStatus"] in TERMINAL:
                return job
            if (phase := str(job.get("SecondaryStatus", ""))) != told:
                say(name, told := phase)
        time.sleep(pause)
        pause = min(pause * WAIT_GROWTH, LONGEST_WAIT_SECONDS)


def _look(sagemaker: Any, name: str) -> tuple[dict[str, Any] | None, str]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        job = describe(sagemaker, name)
    except (BotoCoreError, ClientError) as error:
        return None, str(error)
    return job, "" if job else "it is not there"


def usable(s3: Any, job: Mapping[str, Any]) -> bool:
    """Whether the job still runs, or ended well and its artifact is there: the bucket may be gone while history stays."""
    from botocore.exceptions import ClientError

    if job["TrainingJobStatus"] == "InProgress":
        return True
    if job["TrainingJobStatus"] != "Completed":
        return False
    bucket, _, key = artifact_of(job).removeprefix("s3://").partition("/")
    try:
        # Listing needs no right on the object's key and no KMS: HEAD would.
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchBucket", "404"):
            return False
        raise TrainingJobError(
            f"cannot tell whether {artifact_of(job)} is there: {error}; whoever runs `up` needs s3:ListBucket on {bucket}"
        ) from error
    return any(item["Key"] == key for item in listed.get("Contents", ()))


def artifact_of(job: Mapping[str, Any]) -> str:
    """The S3 URI of the job's model.tar.gz."""
    return str(job["ModelArtifacts"]["S3ModelArtifacts"])


def outputs_of(job: Mapping[str, Any]) -> dict[str, Any]:
    """The resource's outputs from DescribeTrainingJob's answer; of a metric reported twice, the later value."""
    metrics = sorted(job.get("FinalMetricDataList", ()), key=lambda item: str(item.get("Timestamp", "")))
    return {
        "jobName": job["TrainingJobName"],
        "jobArn": job["TrainingJobArn"],
        "modelArtifact": artifact_of(job),
        "metrics": {item["MetricName"]: float(item["Value"]) for item in metrics},
        "status": job["TrainingJobStatus"],
        "trainingSeconds": int(job.get("TrainingTimeInSeconds") or _seconds(job)),
    }


def inputs_of(props: Mapping[str, Any]) -> dict[str, Any]:
    """Only the job's inputs, as plain values."""
    return {key: definition.plain(props[key]) for key in definition.INPUTS if props.get(key) is not None}


def failure(job: Mapping[str, Any], log: str) -> str:
    """What to tell about a job that failed or was stopped."""
    name, status, phase = job["TrainingJobName"], job["TrainingJobStatus"], job.get("SecondaryStatus", "")
    reason = job.get("FailureReason") or {
        "MaxRuntimeExceeded": "it ran longer than maxRuntimeSeconds; raise it, or make the job smaller",
        "MaxWaitTimeExceeded": "it waited longer than maxWaitSeconds; raise it, or drop spot",
    }.get(str(phase), f"SageMaker gives no reason (phase {phase or 'unknown'})")
    return f"training job {name} {status.lower()}: {reason}\n{log}\nMend the cause and run `up` again: it starts a new attempt."


def log_tail(logs: Any, name: str) -> str:
    """The last lines of each host's log, for an error message; why not, where they cannot be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        streams = logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/", limit=LOG_STREAMS)[
            "logStreams"
        ]
        parts = [line for stream in streams for line in _stream_tail(logs, stream["logStreamName"])]
    except (BotoCoreError, ClientError) as error:
        return f"(its log in {LOG_GROUP} cannot be read: {error})"
    return "\n".join(parts) or f"(it wrote no log to {LOG_GROUP})"


def _stream_tail(logs: Any, stream: str) -> Iterator[str]:
    events = logs.get_log_events(logGroupName=LOG_GROUP, logStreamName=stream, limit=LOG_LINES, startFromHead=False)["events"]
    yield f"--- end of {LOG_GROUP} {stream}"
    yield from (event["message"].rstrip() for event in events[-LOG_LINES:])


def say(name: str, what: str) -> None:
    """Progress. The engine shows what a provider writes to stderr; stdout belongs to its handshake."""
    print(f"training job {name}: {what}", file=sys.stderr, flush=True)


def _is_missing(error: Any) -> bool:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "").lower()
    return code.startswith("ResourceNotFound") or (
        code == "ValidationException" and ("not find" in message or "not found" in message)
    )


def _seconds(job: Mapping[str, Any]) -> float:
    start, end = job.get("TrainingStartTime"), job.get("TrainingEndTime")
    return (end - start).total_seconds() if start and end else 0.0
