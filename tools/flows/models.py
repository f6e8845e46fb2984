"""What the verbs of `models` do with the models of a stack: find, list, register, judge, evaluate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from tools.flows.deployed import Deployed
from tools.flows.ending import Ending
from tools.flows.job_verdict import NamedSpec, Refused, judge
from tools.jobs import history, life
from tools.jobs.definition import JobDefinition
from tools.jobs.follow import follow
from tools.jobs.progress import Progress
from tools.jobs.result import Result
from tools.jobs.view import COMPLETED, IN_PROGRESS, JobView
from tools.models import diff, register, registry
from tools.models.approval import Gate, faults
from tools.models.errors import RegistryError
from tools.models.evaluation import record, test_data, wanted
from tools.models.version import ModelVersion

# An evaluation that failed is tried again under a name of its own; more often than this is no accident.
_ATTEMPTS_LIMIT: Final = 9


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluated:
    """The version with what the evaluation found, and what came of the job."""

    version: ModelVersion
    result: Result


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
    job = stack.job(name)
    if not job.group:
        raise ValueError(f"job {name} leaves no model to register")
    run = history.completed(stack.runner, job) or history.newest(stack.runner, job)
    if run is None:
        raise RegistryError(f"job {name} has no completed run; run `./slipway train {name}{stack.stack.option}` first")
    return register(stack.clients, group=job.group, run=run, serving_image=stack.serving_image)


def gate(stack: Deployed, version: ModelVersion) -> Gate:
    """What the stack file asks of the version. Raises RegistryError as `job_of`: nobody else knows its rules."""
    job = job_of(stack, version)
    return Gate(
        rules=job.approval,
        evaluated=job.evaluation is not None,
        data=test_data(job.evaluation) if job.evaluation else "",
        command=f"./slipway models evaluate {version.name}{stack.stack.option}",
    )


def job_of(stack: Deployed, version: ModelVersion) -> JobDefinition:
    """The job of the stack whose models are in the version's group. Raises RegistryError where there is none."""
    for job in stack.jobs.values():
        if job.group == version.group:
            return job
    known = ", ".join(sorted(job.group for job in stack.jobs.values() if job.group)) or "none"
    raise RegistryError(
        f"{version.name} is of no job of stack {stack.stack.name} (its groups are {known}), so what is asked of it is not known; "
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
) -> Evaluated | Refused:
    """Runs the version's evaluation to its end and keeps what it found.

    The same evaluation that runs or has completed is taken up. Raises RegistryError: the stack cannot evaluate it, or it failed.
    """
    job = job_of(stack, version)
    if job.evaluation is None:
        raise RegistryError(
            f"{version.name} cannot be evaluated: job {job.name} of stack {stack.stack.name} has no held-out data"
        )
    asked = wanted(version, job.evaluation)
    attempt = life.next_attempt(
        stack.runner, partial(life.attempt_name, asked.name), keeps=_goes_on_or_is_done, limit=_ATTEMPTS_LIMIT
    )
    if attempt is None:
        raise RegistryError(f"{asked.name} was tried {_ATTEMPTS_LIMIT} times and never ended well; read its log, and train anew")
    if attempt.taken_up:
        say(f"evaluation {attempt.name} is there already; it is taken up")
    else:
        verdict = judge([NamedSpec(name=attempt.name, spec=asked.spec)], stack)
        if verdict.ending is not Ending.DONE:
            return Refused(ending=verdict.ending, lines=verdict.lines())
        say(f"evaluation of {version.name}: {', '.join(verdict.lines())}")
        life.start_new(stack.runner, asked.spec, attempt.name)
        say(f"evaluation {attempt.name} of {version.name} started")
    result = follow(stack.runner, attempt.name, on=_phases(attempt.name, say), pause=pause)
    return Evaluated(version=record(stack.clients, version, life.require(stack.runner, attempt.name)), result=result)


def compared(stack: Deployed, first: ModelVersion, second: ModelVersion) -> list[diff.Row]:
    """What differs between two versions, and what is the same; hyperparameters one by one where both jobs are still known."""
    ours, theirs = (_hyperparameters(stack, version) for version in (first, second))
    return diff.rows(first, second, None if ours is None or theirs is None else (ours, theirs))


def _hyperparameters(stack: Deployed, version: ModelVersion) -> Mapping[str, str] | None:
    """The hyperparameters of the run that trained the version; None where the runner does not know the run (any more)."""
    run = stack.runner.describe(version.lineage.training_job) if version.lineage.training_job else None
    return run.spec.hyperparameters if run else None


def _goes_on_or_is_done(view: JobView) -> bool:
    return view.status in (IN_PROGRESS, COMPLETED)


def _phases(name: str, say: Callable[[str], None]) -> Callable[[Progress], None]:
    """Says each new phase of a run."""
    told = ""

    def on(progress: Progress) -> None:
        nonlocal told
        if progress.phase != told:
            told = progress.phase
            say(f"{name}: {told}")

    return on
