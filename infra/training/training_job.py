"""A training job as a resource: created, waited for, read; a changed definition is a new job.

pulumi-aws has no such type, so it is a dynamic resource. `infra.training.decide` says what the job is; its life (attempts,
taking up a run that is there, the wait for its end) is `tools.jobs.life`, which `./slipway train` uses too. The provider is
stored in the state by its import path alone: the state holds no code of this file, no value and no secret, so a change of this
file is no change of the job.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

import pulumi
from pulumi import dynamic

from infra.training import decide as definition
from tools.jobs import life
from tools.jobs.clients import Clients
from tools.jobs.runner import Runner
from tools.jobs.runners.sagemaker import SageMaker
from tools.jobs.view import COMPLETED, IN_PROGRESS, JobView, reason_of

_LOG_LINES: Final = 20
OUTPUTS: Final = ("jobName", "jobArn", "modelArtifact", "metrics", "status", "trainingSeconds")


class TrainingJobError(Exception):
    """A training job that did not end as it should. The message says why and shows the end of its log."""


class TrainingJob(dynamic.Resource, module="sagemaker", name="TrainingJob"):
    """One training job, done when the resource is made.

    `inputs` are `infra.training.decide.INPUTS`. Creating waits for the job's end; a failed job fails the update.
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

        New circumstances are no update either: the engine does not ask a dynamic provider at preview, so an update makes every
        output unknown, and the preview would announce a new model and a new endpoint configuration because of a tag.
        """
        replaces = definition.changed(olds, news, definition.DEFINING)
        return dynamic.DiffResult(changes=bool(replaces), replaces=replaces, delete_before_replace=False)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Takes up the run of this definition that goes on or whose artifact is there, else starts the next attempt."""
        runner = self._runner(props)
        attempt = life.start(
            runner,
            definition.spec(props),
            lambda number: definition.job_name(props, number),
            keeps=lambda view: _is_usable(runner, view),
        )
        if attempt is None:
            raise TrainingJobError(
                f"{definition.job_name(props)} was tried {life.ATTEMPTS_LIMIT} times and never ended well; "
                "read its logs, and change its definition (or raise `revision`) to start a new series"
            )
        _say(attempt.name, "taken up, it is there already" if attempt.taken_up else "started")
        ended = _wait(runner, attempt.name)
        if ended.status != COMPLETED:
            raise TrainingJobError(_failure(ended, runner))
        return dynamic.CreateResult(attempt.name, {**inputs_of(props), **outputs_of(ended)})

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        runner = self._runner(props)
        view = runner.describe(id_)
        if view is None or not _is_usable(runner, view):
            return dynamic.ReadResult("", {})
        return dynamic.ReadResult(id_, {**inputs_of(props), **outputs_of(view)})

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        """Stops the job if it runs. The job stays in SageMaker's history, which shows where a model came from."""
        runner = self._runner(props)
        view = runner.describe(id_)
        if view is not None and not view.ended:
            runner.stop(id_)
            _wait(runner, id_)

    def _runner(self, props: Mapping[str, Any]) -> Runner:
        return SageMaker(Clients(props["region"], profile=getattr(self, "profile", None) or ""))


def outputs_of(view: JobView) -> dict[str, Any]:
    """The resource's outputs from a run."""
    return {
        "jobName": view.name,
        "jobArn": view.arn,
        "modelArtifact": view.artifact,
        "metrics": dict(view.metrics),
        "status": view.status,
        "trainingSeconds": view.training_seconds,
    }


def inputs_of(props: Mapping[str, Any]) -> dict[str, Any]:
    """Only the job's inputs, as plain values."""
    return {key: definition.plain(props[key]) for key in definition.INPUTS if props.get(key) is not None}


def _is_usable(runner: Runner, view: JobView) -> bool:
    """Whether the run goes on, or ended well and its artifact is there."""
    return view.status == IN_PROGRESS or (view.status == COMPLETED and runner.holds(view.artifact))


def _wait(runner: Runner, name: str) -> JobView:
    """Waits for the run's end, writing each new phase to stderr, and returns the ended run."""
    told = ""

    def say_phase(view: JobView) -> None:
        nonlocal told
        if view.phase != told:
            _say(name, told := view.phase)

    try:
        return life.wait(runner, name, on=say_phase)
    except life.LostSight as error:
        raise TrainingJobError(f"{error}, and the next `up` takes it up again") from error


def _failure(view: JobView, runner: Runner) -> str:
    """What to tell about a run that failed or was stopped."""
    log = runner.tail(view.name, lines=_LOG_LINES).by_host()
    return (
        f"training job {view.name} {view.status.lower()}: {reason_of(view)}\n{log}\n"
        "Mend the cause and run `up` again: it starts a new attempt."
    )


def _say(name: str, what: str) -> None:
    """Writes progress to stderr, which the engine shows; stdout is for the handshake between the engine and the provider."""
    print(f"training job {name}: {what}", file=sys.stderr, flush=True)
