"""`train`: one job of a stack that is up, started on demand, followed to its end, its model registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tools.flows.deployed import Deployed
from tools.flows.documents.jobs import JobDocument, job_document
from tools.flows.ending import Ending
from tools.flows.job_needs import NeedFailed, models_of, open_needs, planned, run_needs
from tools.flows.job_packages import fetch_packages
from tools.flows.job_progress import JobProgress
from tools.flows.job_verdict import NamedSpec, Refused, judge
from tools.jobs import history, life
from tools.jobs.definition import JobDefinition, run_spec
from tools.jobs.follow import follow as follow_run
from tools.jobs.result import Result, result_of
from tools.jobs.view import COMPLETED, JobView
from tools.models import ModelVersion, register
from workloads.catalog import hyperparameter_faults

# Lines of the log that show why a job failed.
_LOG_LINES: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The run that was started."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What came of a run. `version` is what its model is registered as; `not_registered` says why it is not, where it should be;
    `log_tail` are the last lines of a run that did not complete."""

    result: Result
    version: ModelVersion | None = None
    not_registered: str = ""
    log_tail: tuple[str, ...] = ()

    @property
    def ending(self) -> Ending:
        return Ending.DONE if self.result.status == COMPLETED and not self.not_registered else Ending.FAILED

    def to_json(self) -> JobDocument:
        return job_document(self.result, self.version)


def start(
    stack: Deployed, job: JobDefinition, given: Mapping[str, str], *, progress: JobProgress
) -> Started | Refused | NeedFailed:
    """Runs what the job needs, judges it all, starts a run; `given` are hyperparameters of this run only.

    Raises ValueError for hyperparameters that the workload does not take, and where a model or a need is not to be had.
    """
    if fault := hyperparameter_faults(job.workload, {**job.spec.hyperparameters, **given}):
        raise ValueError(f"{fault}; nothing was started")
    needs = open_needs(stack, job)
    name = history.fresh_name(stack.runner, job)
    # Models are looked for after the needs have run: one of those may make them.
    spec = run_spec(job, hyperparameters=given, channels={} if needs else models_of(stack, job))
    runs = [*planned(stack, needs), NamedSpec(name=name, spec=spec)]
    verdict = judge(runs, stack)
    if verdict.ending is not Ending.DONE:
        return Refused(ending=verdict.ending, lines=verdict.lines())
    for line in verdict.lines():
        progress.say(f"{job.name}: {line}")
    fetch_packages(runs, local=stack.runner.local, say=progress.say)
    failed = run_needs(stack, needs, progress)
    if failed is not None:
        return NeedFailed(job=job, need=failed)
    if needs:
        spec = run_spec(job, hyperparameters=given, channels=models_of(stack, job))
    return Started(name=life.start_new(stack.runner, spec, name))


def follow(stack: Deployed, job: JobDefinition | None, name: str, *, keep: bool, progress: JobProgress) -> Trained:
    """Follows a run to its end. With `keep` its model is registered, where `job` is known and has a group."""
    with progress.following(job.name if job else name) as on:
        result = follow_run(stack.runner, name, on=on)
    if result.status != COMPLETED:
        return not_completed(stack, result)
    if not (keep and job and job.group):
        return Trained(result=result)
    try:
        return Trained(result=result, version=_registered(stack, job, name))
    except ValueError as error:
        return Trained(result=result, not_registered=str(error))


def not_completed(stack: Deployed, result: Result) -> Trained:
    """The result of a run that failed or was stopped, with the end of its log."""
    return Trained(result=result, log_tail=tuple(stack.runner.tail(result.job, lines=_LOG_LINES).merged(_LOG_LINES)))


def now(stack: Deployed, name: str) -> Result:
    """A run as it is at this moment. Raises ValueError for one that is not there."""
    return result_of(life.require(stack.runner, name), stack.runner.region)


def stop(stack: Deployed, name: str) -> JobView:
    """Asks a run to stop; how it is after that. Raises ValueError for one that is not there."""
    life.stop(stack.runner, name)
    return life.require(stack.runner, name)


def job_of_run(stack: Deployed, name: str) -> JobDefinition | None:
    """The job whose run has this name: the one with the longest prefix of it; None for a run of none. Raises ValueError for a
    run that is not there."""
    life.require(stack.runner, name)
    own = [job for job in stack.jobs.values() if name.startswith(f"{job.name_prefix}-")]
    return max(own, key=lambda job: len(job.name_prefix), default=None)


def _registered(stack: Deployed, job: JobDefinition, name: str) -> ModelVersion:
    """The version that the run's model is registered as; approval is pending. Raises ValueError where it cannot be."""
    run = life.require(stack.runner, name)
    return register(stack.clients, group=job.group, run=run, serving_image=stack.serving_image)
