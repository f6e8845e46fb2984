"""The jobs that a stack declares, as its outputs tell them, and the request that starts one."""

from __future__ import annotations

import copy
import difflib
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

OUTPUT: Final = "trainingJobs"
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
_NAME: Final = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
# Set by the stack's settings; another value is another job.
RESERVED: Final = frozenset({"workload", "processes_per_host", "data_uri", "checkpoint_uri", "output_uri"})
# Where a job keeps which definition it was started from: the environment is what DescribeTrainingJob gives back.
DEFINITION_VARIABLE: Final = "SLIPWAY_DEFINITION"
_DIGITS: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class JobDefinition:
    """One job of a stack.

    `request` are CreateTrainingJob's arguments without the name, `evaluation` those of the job that measures its model (None:
    there is nothing to measure it on), which lacks the channel `model` too; `models` maps a channel to the model it reads
    (`{"job": name}` or `{"group": name}`); `job_name` is the job that `up` ran, "" for one that runs on demand.
    """

    name: str
    run: str
    workload: str
    region: str
    name_prefix: str
    definition: str
    request: Mapping[str, Any]
    evaluation: Mapping[str, Any] | None = None
    group: str = ""
    approval: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    models: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    checkpoints: str = ""
    streaming: bool = False
    dataset: str = ""
    search: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    job_name: str = ""


def from_outputs(outputs: Mapping[str, Any]) -> dict[str, JobDefinition]:
    """The jobs in a stack's outputs. Raises ValueError where the stack was brought up by a slipway that exported none."""
    exported = outputs.get(OUTPUT)
    if not isinstance(exported, Mapping):
        raise ValueError(f"the stack's outputs have no {OUTPUT}; run `./slipway up` once more, so that it exports them")
    return {name: _definition(name, told) for name, told in exported.items()}


def _definition(name: str, told: Mapping[str, Any]) -> JobDefinition:
    return JobDefinition(
        name=name,
        run=told["run"],
        workload=told["workload"],
        region=told["region"],
        name_prefix=told["namePrefix"],
        definition=told["definition"],
        request=told["request"],
        evaluation=told.get("evaluation"),
        group=told.get("group") or "",
        approval=told.get("approval") or {},
        needs=tuple(told.get("needs") or ()),
        models=told.get("models") or {},
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


def build(
    job: JobDefinition,
    name: str,
    *,
    hyperparameters: Mapping[str, Any] | None = None,
    channels: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    workload: str = "",
) -> dict[str, Any]:
    """CreateTrainingJob's arguments for a run of `job` called `name`.

    `hyperparameters` lie over the job's own; `channels` are added (channel -> S3 URI); `workload` takes another program under
    the same circumstances, as an evaluation does. What differs from the stack's definition gets checkpoints of its own.
    Raises ValueError for a name that SageMaker refuses and for hyperparameters that the settings own.
    """
    given, added = dict(hyperparameters or {}), dict(channels or {})
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no job name; use letters, digits and hyphens, 63 at most")
    for key in sorted(RESERVED & set(given)):
        raise ValueError(f"hyperparameter {key} is set by the stack; change slipway:training.jobs.{job.name} and run up")
    request: dict[str, Any] = copy.deepcopy(dict(job.request))
    request["TrainingJobName"] = name
    request["HyperParameters"] = {**request.get("HyperParameters", {}), **{key: text(value) for key, value in given.items()}}
    if workload:
        request["HyperParameters"]["workload"] = workload
    if added:
        kept = [item for item in request.get("InputDataConfig", ()) if item["ChannelName"] not in added]
        request["InputDataConfig"] = [*kept, *(channel(key, uri) for key, uri in sorted(added.items()))]
    definition = _varied(job.definition, given, added, workload)
    request["Environment"] = {**request.get("Environment", {}), DEFINITION_VARIABLE: definition}
    if definition != job.definition and job.checkpoints:
        _checkpoint_at(request, f"{job.checkpoints.rstrip('/')}/{job.name_prefix}-{definition}")
    if tags:
        own = [item for item in request.get("Tags", ()) if item["Key"] not in tags]
        request["Tags"] = [*own, *({"Key": key, "Value": str(value)} for key, value in sorted(tags.items()))]
    return request


def text(value: Any) -> str:
    """A hyperparameter as SageMaker passes it: text that the container reads as JSON where it can."""
    return value if isinstance(value, str) else json.dumps(value)


def channel(name: str, uri: str) -> dict[str, Any]:
    """An input channel that copies what is under an S3 URI to every host."""
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def run_definition(
    job: JobDefinition, *, hyperparameters: Mapping[str, Any] | None = None, channels: Mapping[str, str] | None = None
) -> str:
    """10 hex digits that tell this run's definition: the stack's own, where nothing is laid over it."""
    return _varied(job.definition, dict(hyperparameters or {}), dict(channels or {}), "")


def _varied(base: str, hyperparameters: Mapping[str, Any], channels: Mapping[str, str], workload: str) -> str:
    if not (hyperparameters or channels or workload):
        return base
    laid = {"base": base, "hyperparameters": {key: text(value) for key, value in hyperparameters.items()}}
    told = json.dumps({**laid, "channels": dict(channels), "workload": workload}, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:_DIGITS]


def _checkpoint_at(request: dict[str, Any], folder: str) -> None:
    if "CheckpointConfig" in request:
        request["CheckpointConfig"] = {**request["CheckpointConfig"], "S3Uri": folder}
    if request["HyperParameters"].get("checkpoint_uri"):
        request["HyperParameters"]["checkpoint_uri"] = folder
