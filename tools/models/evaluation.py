"""The evaluation of a version: the job that measures it, and what that job found, kept with the version."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import re
import tarfile
from collections.abc import Mapping
from typing import Any, Final

from tools.models import metadata, registry, storage
from tools.models.errors import RegistryError, asking
from tools.models.statistics import CONTENT_TYPE
from tools.models.version import ModelVersion

WORKLOAD: Final = "evaluate"
MODEL_CHANNEL: Final = "model"
REPORT: Final = "evaluation.json"
# What an evaluation has no use for of the job that trained.
LEFT_OUT: Final = ("train", "teacher", "code")
# What it keeps of the hyperparameters: where data is streamed from.
KEPT: Final = ("data_uri",)
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html (TrainingJobName)
_NAME_LIMIT: Final = 63
_DIGITS: Final = 10
# The report is small; what claims to be larger is none of ours.
_REPORT_LIMIT: Final = 4 * 1024 * 1024


def request(version: ModelVersion, evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """CreateTrainingJob's arguments of the job that evaluates `version`.

    `evaluation` are those that the stack gives for all versions, or those of the training job itself: of either the image, role,
    network, test data and metrics are taken; it runs in one process. The name tells version and content, so that the same
    evaluation has the same name. Raises RegistryError without test data.
    """
    left = ("TrainingJobName", "CheckpointConfig")
    made: dict[str, Any] = {key: copy.deepcopy(value) for key, value in evaluation.items() if key not in left}
    hyperparameters = made.get("HyperParameters") or {}
    made["HyperParameters"] = {
        **{key: hyperparameters[key] for key in KEPT if key in hyperparameters},
        "workload": WORKLOAD,
        "processes_per_host": "1",
    }
    channels = [item for item in made.get("InputDataConfig") or () if item["ChannelName"] not in (*LEFT_OUT, MODEL_CHANNEL)]
    if not channels and "data_uri" not in hyperparameters:
        raise RegistryError(f"{version.name} cannot be evaluated: its job has neither a channel `test` nor data_uri")
    source = {"S3DataType": "S3Prefix", "S3Uri": version.artifact.uri, "S3DataDistributionType": "FullyReplicated"}
    made["InputDataConfig"] = [*channels, {"ChannelName": MODEL_CHANNEL, "DataSource": {"S3DataSource": source}}]
    made["ResourceConfig"] = {**made["ResourceConfig"], "InstanceCount": 1}
    defining = {key: made[key] for key in ("AlgorithmSpecification", "HyperParameters", "InputDataConfig")}
    told = json.dumps({**defining, "etag": version.artifact.etag}, sort_keys=True, default=str)
    made["TrainingJobName"] = _name(version, hashlib.sha256(told.encode()).hexdigest()[:_DIGITS])
    return made


def test_data(evaluation: Mapping[str, Any]) -> str:
    """What a job tests on: the URI of its channel `test`, else data_uri; "" for neither."""
    for item in evaluation.get("InputDataConfig") or ():
        if item["ChannelName"] == "test":
            return str(((item.get("DataSource") or {}).get("S3DataSource") or {}).get("S3Uri") or "")
    return str((evaluation.get("HyperParameters") or {}).get("data_uri") or "")


def record(clients: Any, version: ModelVersion, job: Mapping[str, Any]) -> ModelVersion:
    """Keeps what the evaluation `job` (DescribeTrainingJob's answer) found; the version with it.

    The report becomes a file in S3 beside the job's own; metrics and their source become metadata, in place of an older one's.
    Raises RegistryError: the job failed, its report is no evaluation or that of another artifact, or the version's was replaced.
    """
    name = str(job["TrainingJobName"])
    if job["TrainingJobStatus"] != "Completed":
        reason = job.get("FailureReason") or "no reason is given"
        raise RegistryError(f"the evaluation {name} of {version.name} is {job['TrainingJobStatus']}: {reason}")
    packed = str(job["ModelArtifacts"]["S3ModelArtifacts"])
    report = read_report(storage.get(clients.s3, packed), packed)
    now, known = storage.head(clients.s3, version.artifact.uri), version.artifact
    measured = str(report["slipway"].get("archive_sha256") or "")
    if measured and known.sha256 and measured != known.sha256:
        raise RegistryError(f"{name} evaluated another artifact (SHA-256 {measured}, {version.name} has {known.sha256})")
    if known.etag and now.etag != known.etag:
        raise RegistryError(
            f"{known.uri} was replaced since {version.name} was registered (ETag {now.etag}, registered {known.etag}); "
            "its evaluation says nothing about the version"
        )
    uri = storage.beside(packed, REPORT)
    storage.put(clients.s3, uri, (json.dumps(report, indent=2, sort_keys=True) + "\n").encode(), CONTENT_TYPE)
    properties = metadata.write(
        {
            "evaluation-job": name,
            "evaluation-data": test_data(job),
            "evaluation-etag": now.etag,
            "evaluation-statistics": uri,
        },
        {"evaluation": report["slipway"]["metrics"]},
    )
    with asking(f"keeping the evaluation of {version.name}", missing=f"{version.name} was deleted while it was evaluated"):
        described = clients.sagemaker.describe_model_package(ModelPackageName=version.arn)
        there = described.get("CustomerMetadataProperties") or {}
        old = sorted(key for key in there if key.startswith("evaluation") and key not in properties)
        metadata.check({**{key: value for key, value in there.items() if key not in old}, **properties})
        clients.sagemaker.update_model_package(
            ModelPackageArn=version.arn,
            CustomerMetadataProperties=properties,
            **({"CustomerMetadataPropertiesToRemove": old} if old else {}),
        )
    return registry.describe(clients, version.arn)


def read_report(archive: bytes, uri: str) -> dict[str, Any]:
    """evaluation.json out of an evaluation's model.tar.gz. Raises RegistryError for what is none."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            member = next((item for item in tar if item.isfile() and item.name.removeprefix("./") == REPORT), None)
            file = tar.extractfile(member) if member and member.size <= _REPORT_LIMIT else None
            report = json.loads(file.read()) if file else None
        metrics = report["slipway"]["metrics"]  # type: ignore[index]
        report["slipway"]["metrics"] = {str(name): float(value) for name, value in metrics.items()}  # type: ignore[index]
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RegistryError(f"{uri} holds no {REPORT} of the workload `{WORKLOAD}`: {error!r}; evaluate again") from error
    assert isinstance(report, dict)
    return report


def _name(version: ModelVersion, digits: str) -> str:
    suffix = f"-eval-v{version.version}-{digits}"
    room = _NAME_LIMIT - len(suffix)
    return re.sub(r"-+$", "", version.group[:room]) + suffix
