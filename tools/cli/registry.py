"""What `slipway models` knows of a stack: which job a model is of, what is asked of it, and the run that evaluates it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from tools.models import registry
from tools.models.approval import Gate, faults
from tools.models.errors import RegistryError, asking, is_missing
from tools.models.evaluation import record, request, test_data
from tools.models.version import ModelVersion

if TYPE_CHECKING:
    from tools.cli.deployed import Deployed
    from tools.cli.training import Judged
    from tools.jobs.definition import JobDefinition
    from tools.jobs.result import Result

# An evaluation that failed is tried again under a name of its own; more often than this is no accident.
ATTEMPTS_LIMIT: Final = 9


class NotStarted(Exception):
    """A job that was not sent, for a policy or the ceiling forbids it."""

    def __init__(self, judged: Judged) -> None:
        super().__init__("\n".join(judged.lines()))
        self.judged = judged


def group_of(stack: Deployed, name: str) -> str:
    """The group that `name` means: a training job of the stack means its group, anything else itself."""
    job = stack.jobs.get(name)
    return job.group if job and job.group else name


def with_models(stack: Deployed) -> list[str]:
    """The stack's jobs that leave models: their names stand for their groups."""
    return sorted(name for name, job in stack.jobs.items() if job.group)


def find(stack: Deployed, model: str) -> ModelVersion:
    """The version that `model` names; `digits/3` may name the job instead of its group. Raises ValueError as `registry.find`."""
    if model.startswith("arn:"):
        return registry.find(stack.clients, model)
    name, slash, version = model.partition("/")
    return registry.find(stack.clients, f"{group_of(stack, name)}{slash}{version}", aliases=with_models(stack))


def listed(stack: Deployed, group: str | None, limit: int) -> list[ModelVersion]:
    """The newest versions of one group, or of each of the stack's. Raises ValueError for a group that is not there."""
    if group:
        names = [registry.require_group(stack.clients, group_of(stack, group), aliases=with_models(stack))]
    else:
        names = list(dict.fromkeys(job.group for job in stack.jobs.values() if job.group))
    return [version for name in names for version in registry.versions(stack.clients, name, limit=limit)]


def registered(stack: Deployed, name: str) -> ModelVersion:
    """The version of the newest completed run of a job, registered where it is not. Raises ValueError where there is none."""
    from tools.jobs.definition import named
    from tools.jobs.submit import completed, newest
    from tools.models import register

    job = named(stack.jobs, name)
    if not job.group:
        raise ValueError(f"job {name} leaves no model to register")
    with asking(f"looking for runs of {name}"):
        found = completed(stack.clients, job) or newest(stack.clients, job)
    if found is None:
        raise RegistryError(f"job {name} has no completed run; run `./slipway train {name}{stack.options}` first")
    image = str(stack.outputs["servingImageUri"])
    return register(stack.clients, group=job.group, job=found.raw, serving_image=image)


def gate(stack: Deployed, version: ModelVersion) -> Gate:
    """What the stack file asks of the version. Raises RegistryError as `job_of`: nobody else knows its rules."""
    job = job_of(stack, version)
    return Gate(
        rules=job.approval,
        evaluated=job.evaluation is not None,
        data=test_data(job.evaluation or {}),
        command=f"./slipway models evaluate {version.name}{stack.options}",
    )


def job_of(stack: Deployed, version: ModelVersion) -> JobDefinition:
    """The job of the stack whose models are in the version's group. Raises RegistryError where there is none."""
    for job in stack.jobs.values():
        if job.group == version.group:
            return job
    known = ", ".join(sorted(job.group for job in stack.jobs.values() if job.group)) or "none"
    raise RegistryError(
        f"{version.name} is of no job of stack {stack.stack} (its groups are {known}), so what is asked of it is not known; "
        "name the stack with --stack"
    )


def in_the_way(stack: Deployed, version: ModelVersion) -> list[str]:
    """Why the version may not be approved, as sentences; empty when it may."""
    try:
        return faults(version, gate(stack, version))
    except RegistryError as error:
        return [str(error)]


def evaluate(
    stack: Deployed, version: ModelVersion, *, say: Callable[[str], None], pause: float | None = None
) -> tuple[ModelVersion, Result]:
    """Runs the version's evaluation to its end and keeps what it found; the version, and what came of the job.

    The same evaluation that runs or has completed is taken up. Raises RegistryError: the stack cannot evaluate it, or it failed;
    NotStarted where rules or the ceiling forbid the job.
    """
    from tools.cli.training import judge
    from tools.jobs.follow import follow
    from tools.jobs.submit import submit
    from tools.jobs.view import describe

    job = job_of(stack, version)
    if job.evaluation is None:
        raise RegistryError(f"{version.name} cannot be evaluated: job {job.name} of stack {stack.stack} has no held-out data")
    wanted = request(version, job.evaluation)
    name, there = _attempt(stack.clients, wanted["TrainingJobName"])
    if there:
        say(f"evaluation {name} is there already; it is taken up")
    else:
        asked = {**wanted, "TrainingJobName": name}
        judged = judge([asked], stack)
        if judged.code:
            raise NotStarted(judged)
        say(f"evaluation of {version.name}: {', '.join(judged.lines())}")
        name = submit(stack.clients, asked)
        say(f"evaluation {name} of {version.name} started")
    told = ""

    def on(progress: Any) -> None:
        nonlocal told
        if progress.phase != told:
            told = progress.phase
            say(f"{name}: {told}")

    with asking(f"following {name}"):
        result = follow(stack.clients, name, on=on, pause=pause)
        ended = describe(stack.clients, name)
    return record(stack.clients, version, ended.raw), result


def hyperparameters(clients: Any, version: ModelVersion) -> Mapping[str, str] | None:
    """Those of the job that trained the version; None where SageMaker does not know it (any more)."""
    from botocore.exceptions import ClientError

    if not version.lineage.training_job:
        return None
    with asking(f"reading {version.lineage.training_job}"):
        try:
            job = clients.sagemaker.describe_training_job(TrainingJobName=version.lineage.training_job)
        except ClientError as error:
            if is_missing(error):
                return None
            raise
    found: Mapping[str, str] = job.get("HyperParameters") or {}
    return found


def _attempt(clients: Any, name: str) -> tuple[str, bool]:
    """The name of the run to wait for, and whether it is there: one that failed or was stopped keeps its name for ever."""
    from botocore.exceptions import ClientError

    for attempt in range(1, ATTEMPTS_LIMIT + 1):
        tried = name if attempt == 1 else f"{name}-r{attempt}"
        with asking(f"looking for {tried}"):
            try:
                status = clients.sagemaker.describe_training_job(TrainingJobName=tried)["TrainingJobStatus"]
            except ClientError as error:
                if is_missing(error):
                    return tried, False
                raise
        if status in ("InProgress", "Completed"):
            return tried, True
    raise RegistryError(f"{name} was tried {ATTEMPTS_LIMIT} times and never ended well; read its log, and train anew")
