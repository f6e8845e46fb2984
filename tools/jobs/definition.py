"""The jobs that a stack declares, as its outputs tell them, and what one run of a job is to be."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from catalog.jobs import OURS
from tools.jobs.runners.sagemaker.request import spec_of
from tools.jobs.spec import DEFINITION_VARIABLE, HyperparameterValue, JobSpec, text

_OUTPUT: Final = "trainingJobs"
_DIGITS: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSource:
    """Where a channel's model comes from: the newest of a job, or the newest approved version of a group; the other is ""."""

    job: str = ""
    group: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobDefinition:
    """One job of a stack.

    `spec` is what a run of it is; `evaluation` the job that measures its model, but for the channel `model` (None: there is
    nothing to measure it on). `definition` are 10 hex digits over everything that defines the result; `models` maps a channel to
    the model it reads; `job_name` is the run that `up` waited for, "" for a job that runs on demand.
    """

    name: str
    run: str
    workload: str
    region: str
    name_prefix: str
    definition: str
    spec: JobSpec
    evaluation: JobSpec | None = None
    group: str = ""
    approval: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    models: Mapping[str, ModelSource] = field(default_factory=dict)
    checkpoints: str = ""
    streaming: bool = False
    dataset: str = ""
    search: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    job_name: str = ""


def from_outputs(outputs: Mapping[str, Any]) -> dict[str, JobDefinition]:
    """The jobs in a stack's outputs. Raises ValueError where the stack was brought up by a slipway that exported none."""
    exported = outputs.get(_OUTPUT)
    if not isinstance(exported, Mapping):
        raise ValueError(f"the stack's outputs have no {_OUTPUT}; run `./slipway up` once more, so that it exports them")
    return {name: _definition(name, told) for name, told in exported.items()}


def _definition(name: str, told: Mapping[str, Any]) -> JobDefinition:
    return JobDefinition(
        name=name,
        run=told["run"],
        workload=told["workload"],
        region=told["region"],
        name_prefix=told["namePrefix"],
        definition=told["definition"],
        spec=spec_of(told["request"]),
        evaluation=spec_of(told["evaluation"]) if told.get("evaluation") else None,
        group=told.get("group") or "",
        approval=told.get("approval") or {},
        needs=tuple(told.get("needs") or ()),
        models={channel: ModelSource(**source) for channel, source in (told.get("models") or {}).items()},
        checkpoints=told.get("checkpoints") or "",
        streaming=bool(told.get("streaming")),
        dataset=told.get("dataset") or "",
        search=told.get("search") or {},
        job_name=told.get("jobName") or "",
    )


def named(jobs: Mapping[str, JobDefinition], name: str) -> JobDefinition:
    """The job of this name. Raises ValueError with the nearest ones, or all."""
    if name in jobs:
        return jobs[name]
    near = difflib.get_close_matches(name, jobs, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(sorted(jobs)) or 'none'}"
    raise ValueError(f"{name!r} is no training job of this stack; {hint}")


def run_spec(
    job: JobDefinition,
    *,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    channels: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> JobSpec:
    """What one run of `job` is.

    `hyperparameters` lie over the job's own; `channels` (name -> S3 URI) are added or take the place of those of the same name.
    What so differs from the stack's definition gets checkpoints of its own. Raises ValueError for hyperparameters that the
    settings own.
    """
    given, added = dict(hyperparameters or {}), dict(channels or {})
    for key in sorted(set(OURS) & set(given)):
        raise ValueError(f"hyperparameter {key} is set by the stack; change slipway:training.jobs.{job.name} and run up")
    definition = run_definition(job, hyperparameters=given, channels=added)
    kept = {name: uri for name, uri in job.spec.channels.items() if name not in added}
    spec = replace(
        job.spec,
        hyperparameters={**job.spec.hyperparameters, **{key: text(value) for key, value in given.items()}},
        channels={**kept, **dict(sorted(added.items()))},
        environment={**job.spec.environment, DEFINITION_VARIABLE: definition},
        tags={**job.spec.tags, **(tags or {})},
    )
    if definition == job.definition or not job.checkpoints:
        return spec
    return _checkpoints_at(spec, f"{job.checkpoints.rstrip('/')}/{job.name_prefix}-{definition}")


def run_definition(
    job: JobDefinition,
    *,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    channels: Mapping[str, str] | None = None,
) -> str:
    """10 hex digits that tell a run's definition: the stack's own, where nothing is laid over it."""
    if not (hyperparameters or channels):
        return job.definition
    laid = {"base": job.definition, "hyperparameters": {key: text(value) for key, value in (hyperparameters or {}).items()}}
    # An empty workload is part of every digest: runs that are there keep the definitions they were started with.
    told = json.dumps({**laid, "channels": dict(channels or {}), "workload": ""}, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:_DIGITS]


def _checkpoints_at(spec: JobSpec, folder: str) -> JobSpec:
    """A spec whose checkpoints go to `folder`, whether SageMaker copies them there or the container writes them itself."""
    hyperparameters = dict(spec.hyperparameters)
    if hyperparameters.get("checkpoint_uri"):
        hyperparameters["checkpoint_uri"] = folder
    return replace(spec, hyperparameters=hyperparameters, checkpoints=folder if spec.checkpoints else "")
