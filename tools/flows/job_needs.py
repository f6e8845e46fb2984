"""What has to be so before a job is started: the jobs that it needs have run, and the models that it reads are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from tools.flows.deployed import Deployed
from tools.flows.job_progress import JobProgress
from tools.flows.job_verdict import NamedSpec
from tools.jobs import history, life
from tools.jobs.definition import JobDefinition, ModelSource, run_definition, run_spec
from tools.jobs.follow import follow
from tools.jobs.result import Result
from tools.jobs.view import COMPLETED, IN_PROGRESS, JobView
from tools.models import registry
from tools.models.errors import RegistryError


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedFailed:
    """The job was not started: one that it needs did not complete."""

    job: JobDefinition
    need: Result


def needs_of(stack: Deployed, job: JobDefinition) -> list[JobDefinition]:
    """The jobs that must have run before `job`, in the order to run them, those of their own needs first."""
    order: list[JobDefinition] = []
    for name in job.needs:
        need = stack.job(name)
        order += [other for other in [*needs_of(stack, need), need] if other not in order]
    return order


def open_needs(stack: Deployed, job: JobDefinition) -> list[JobDefinition]:
    """The needs of a job that have no completed run of their definition whose result is still there.

    Raises ValueError for one that `up` runs: only `up` may make it again.
    """
    missing: list[JobDefinition] = []
    for need in needs_of(stack, job):
        if any(other.name in need.needs for other in missing) or not _is_done(stack, need):
            if need.run == "up":
                way = f"./slipway up {stack.stack.words}"
                raise ValueError(f"job {job.name} needs {need.name}, whose model is not there; run `{way}`")
            missing.append(need)
    return missing


def planned(stack: Deployed, needs: Sequence[JobDefinition]) -> list[NamedSpec]:
    """The runs of needs as far as they are known before the first has run: a model that one of them makes is not.

    Raises ValueError for a need that failed too often.
    """
    return [NamedSpec(name=_attempt(stack, need).name, spec=run_spec(need)) for need in needs]


def run_needs(stack: Deployed, needs: Iterable[JobDefinition], progress: JobProgress) -> Result | None:
    """Runs them one after the other to their ends; the result of the first that did not complete, None when all did."""
    for need in needs:
        spec = run_spec(need, channels=models_of(stack, need))
        attempt = life.start(stack.runner, spec, partial(history.need_name, need), keeps=_goes_on)
        name = (attempt or _attempt(stack, need)).name
        progress.say(f"first {need.name}, which it needs: {name}")
        with progress.following(need.name) as on:
            result = follow(stack.runner, name, on=on)
        if result.status != COMPLETED:
            return result
    return None


def models_of(stack: Deployed, job: JobDefinition) -> dict[str, str]:
    """Channel -> S3 URI of the models that a job reads. Raises ValueError where one is not there, with the way to it."""
    return {channel: _model(stack, channel, source) for channel, source in job.models.items()}


def _model(stack: Deployed, channel: str, source: ModelSource) -> str:
    if not source.group:
        return history.model_of_job(stack.runner, channel, stack.job(source.job))
    wants = f"channel {channel} reads the newest approved model of {source.group}"
    try:
        approved = registry.newest_approved(stack.clients, source.group)
    except RegistryError as error:
        raise ValueError(f"{wants}: {error}") from error
    if approved is None:
        raise ValueError(f"{wants}, which has none; see `./slipway models list` and approve one")
    return approved.artifact.uri


def _is_done(stack: Deployed, need: JobDefinition) -> bool:
    definition = need.definition
    if need.models:
        try:
            definition = run_definition(need, channels=models_of(stack, need))
        except ValueError:
            return False  # the model that it reads is not there yet, so it cannot have run on it
    view = history.completed(stack.runner, need, definition=definition)
    return view is not None and history.usable(stack.runner, view)


def _attempt(stack: Deployed, need: JobDefinition) -> life.Attempt:
    """The run of a need that is next. Raises ValueError where too many have failed."""
    attempt = life.next_attempt(stack.runner, partial(history.need_name, need), keeps=_goes_on)
    if attempt is None:
        base = history.need_name(need, 1)
        raise ValueError(f"{base} was tried {life.ATTEMPTS_LIMIT} times; read its logs and change the job")
    return attempt


def _goes_on(view: JobView) -> bool:
    """Whether a run of a need is to be waited for. One that has completed is needed again because what it left is gone."""
    return view.status == IN_PROGRESS
