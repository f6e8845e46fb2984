"""What a training job of the stack is: its inputs, which of them make it a new job, its name, and the job that they declare.

Inputs are those of CreateTrainingJob in lower camel case (`resourceConfig.instanceType`), so a rule or a price that knows the API
knows the job. Three are our own: `streaming` has the container read `dataUri` and keep its checkpoints in S3 by itself, and
`corpusConfig.s3Uri` is where it leaves the corpus that it makes; they reach it as hyperparameters. No Pulumi and no boto3 here:
the dynamic provider, its tests, a preview and the output of a job that runs on demand all decide by the same functions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from catalog.limits import DEFAULT_JOB_SECONDS, SAGEMAKER_NAME
from tools.jobs.life import ATTEMPTS_LIMIT, attempt_name
from tools.jobs.runners.sagemaker.request import template
from tools.jobs.spec import JobSpec, Machines, Network

HASH_DIGITS: Final = 10
# The inputs that decide what is computed: a change of one is another job with another model.
DEFINING: Final = (
    "namePrefix",
    "region",
    "algorithmSpecification",
    "hyperParameters",
    "environment",
    "channels",
    "dataUri",
    "streaming",
    "corpusConfig",
    "outputDataConfig",
    "resourceConfig.instanceType",
    "resourceConfig.instanceCount",
    "revision",
)
# The inputs that decide where and how a job may run, and its tags. A finished job has no use for a new subnet, time limit or tag,
# and a replaced security group must not train a model again: a change of these inputs counts for the next job only.
CIRCUMSTANCES: Final = (
    "roleArn",
    "vpcConfig",
    "resourceConfig.volumeSizeInGb",
    "resourceConfig.volumeKmsKeyId",
    "stoppingCondition",
    "checkpointConfig",
    "enableManagedSpotTraining",
    "enableNetworkIsolation",
    "enableInterContainerTrafficEncryption",
    "tags",
)
# The top-level names of all of them, in order.
INPUTS: Final = tuple(dict.fromkeys(path.partition(".")[0] for path in (*DEFINING, *CIRCUMSTANCES)))
REQUIRED: Final = (
    "namePrefix",
    "region",
    "algorithmSpecification",
    "outputDataConfig",
    "resourceConfig.instanceType",
    "resourceConfig.instanceCount",
    "roleArn",
    "stoppingCondition",
)


def plain(value: Any) -> Any:
    """`value` with whole floats as integers (the engine's wire knows only floats), without what is None, in plain containers."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value


def at(inputs: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; where the path runs into an unknown (a string), that; None where there is nothing."""
    value: Any = inputs
    for key in path.split("."):
        if isinstance(value, str):
            return value
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def changed(olds: Mapping[str, Any], news: Mapping[str, Any], paths: Sequence[str]) -> list[str]:
    """Which of `paths` differ. An unknown value (at preview) differs from every known one."""
    return [path for path in paths if plain(at(olds, path)) != plain(at(news, path))]


def definition_hash(inputs: Mapping[str, Any]) -> str:
    """10 hex digits over everything that defines the job; the order of keys and the kind of number do not count."""
    definition = {path: plain(value) for path in DEFINING if (value := at(inputs, path)) is not None}
    text = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]


def job_name(inputs: Mapping[str, Any], attempt: int = 1) -> str:
    """`<prefix>-<hash>`, from the second attempt on `<prefix>-<hash>-r2`.

    Raises ValueError where the prefix leaves no room: SageMaker takes 63 characters.
    """
    prefix = str(inputs["namePrefix"])
    suffix = attempt_name(f"-{definition_hash(inputs)}", attempt)
    if len(prefix) + len(suffix) > SAGEMAKER_NAME:
        raise ValueError(
            f"training job prefix {prefix!r} has {len(prefix)} characters; with {suffix!r} SageMaker takes {SAGEMAKER_NAME}: "
            f"shorten it to {SAGEMAKER_NAME - len(suffix)}"
        )
    return prefix + suffix


def faults(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is missing or wrong, as (input, reason); empty where the request can be sent."""
    found = [(key, f"is missing; a training job needs {key}") for key in REQUIRED if at(inputs, key) in (None, "", {}, [])]
    unknown = sorted(key for key in inputs if key not in INPUTS and not key.startswith("__"))
    found += [(key, f"is no input of a training job; it takes {', '.join(INPUTS)}") for key in unknown]
    room = SAGEMAKER_NAME - HASH_DIGITS - len(attempt_name("-", ATTEMPTS_LIMIT))
    if len(str(inputs.get("namePrefix") or "")) > room:
        found.append(
            ("namePrefix", f"is {inputs['namePrefix']!r}, more than the {room} characters there is room for; shorten it")
        )
    return found


def spec(inputs: Mapping[str, Any]) -> JobSpec:
    """The job that the inputs declare."""
    inputs = plain(inputs)
    algorithm, machines, output = inputs["algorithmSpecification"], inputs["resourceConfig"], inputs["outputDataConfig"]
    stopping, network = inputs["stoppingCondition"], inputs.get("vpcConfig")
    hyperparameters = {**(inputs.get("hyperParameters") or {}), **places(inputs)}
    # A container that streams keeps its checkpoints in S3 by itself.
    copied = inputs.get("checkpointConfig") and not inputs.get("streaming")
    return JobSpec(
        image=algorithm["trainingImage"],
        metrics={row["name"]: row["regex"] for row in algorithm.get("metricDefinitions") or ()},
        hyperparameters={key: str(value) for key, value in hyperparameters.items()},
        channels=dict(sorted((inputs.get("channels") or {}).items())),
        environment={key: str(value) for key, value in (inputs.get("environment") or {}).items()},
        machines=Machines(
            instance_type=machines["instanceType"],
            count=machines["instanceCount"],
            volume_gb=machines.get("volumeSizeInGb", 0),
            volume_key=machines.get("volumeKmsKeyId", ""),
        ),
        role=inputs["roleArn"],
        network=Network(subnets=tuple(network["subnets"]), security_groups=tuple(network["securityGroupIds"]))
        if network
        else None,
        output=output["s3OutputPath"],
        output_key=output.get("kmsKeyId", ""),
        checkpoints=_checkpoints(inputs) if copied else "",
        max_seconds=stopping.get("maxRuntimeInSeconds", DEFAULT_JOB_SECONDS),
        max_wait_seconds=stopping.get("maxWaitTimeInSeconds"),
        spot=bool(inputs.get("enableManagedSpotTraining", False)),
        isolated=bool(inputs.get("enableNetworkIsolation", False)),
        encrypt_traffic=bool(inputs.get("enableInterContainerTrafficEncryption", False)),
        tags={key: str(value) for key, value in (inputs.get("tags") or {}).items()},
    )


def places(inputs: Mapping[str, Any]) -> dict[str, str]:
    """The hyperparameters that tell a container where in S3 its data, its checkpoints and the corpus it makes are."""
    found: dict[str, str] = {}
    if inputs.get("streaming") and inputs.get("dataUri"):
        found["data_uri"] = inputs["dataUri"]
    # Only for a job that streams: with CheckpointConfig, SageMaker copies checkpoints between the host and S3 itself.
    if inputs.get("streaming") and inputs.get("checkpointConfig"):
        found["checkpoint_uri"] = _checkpoints(inputs)
    if inputs.get("corpusConfig"):
        found["output_uri"] = corpus_uri(inputs)
    return found


def corpus_uri(inputs: Mapping[str, Any]) -> str:
    """Where a job leaves its corpus: a folder of the definition's own, so that another corpus is other data."""
    return f"{inputs['corpusConfig']['s3Uri'].rstrip('/')}/{definition_hash(inputs)}/"


def _checkpoints(inputs: Mapping[str, Any]) -> str:
    """The definition's own folder, not the attempt's: a second attempt goes on where the first one got."""
    return f"{inputs['checkpointConfig']['s3Uri'].rstrip('/')}/{job_name(inputs)}"


def exported(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a stack exports of a job: `definition`, its hash, and `request`, all that CreateTrainingJob takes but the name."""
    return {"definition": definition_hash(inputs), "request": template(spec(inputs))}
