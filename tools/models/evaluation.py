"""The evaluation of a version: the job that measures it, and what that job found, kept with the version."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from dataclasses import dataclass, replace
from typing import Any, Final

from catalog.limits import SAGEMAKER_NAME
from tools.jobs.runners.sagemaker.request import template
from tools.jobs.spec import JobSpec
from tools.jobs.view import COMPLETED, JobView
from tools.models import metadata, registry, storage
from tools.models.errors import RegistryError, asking
from tools.models.statistics import CONTENT_TYPE
from tools.models.version import ModelVersion

_WORKLOAD: Final = "evaluate"
MODEL_CHANNEL: Final = "model"
REPORT: Final = "evaluation.json"
# Channels of the job that trained which an evaluation does not read.
_LEFT_OUT: Final = ("train", "teacher", "code")
# Hyperparameters of the job that trained which an evaluation keeps: where data is streamed from.
_KEPT: Final = ("data_uri",)
_DIGITS: Final = 10
# A report is small; a larger file was not written by the workload `evaluate`.
_REPORT_LIMIT: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The run that evaluates a version. Its name tells version and content, so the same evaluation has the same name."""

    name: str
    spec: JobSpec


def wanted(version: ModelVersion, evaluation: JobSpec) -> Wanted:
    """The run that evaluates `version`.

    `evaluation` is what the stack gives for all versions, or the training job itself: of either the image, role, network, test
    data and metrics are taken; it runs in one process. Raises RegistryError without test data or without one archive in S3.
    """
    if version.lacks:
        raise RegistryError(f"{version.name} cannot be evaluated: {version.lacks}")
    hyperparameters = {key: value for key, value in evaluation.hyperparameters.items() if key in _KEPT}
    channels = {name: uri for name, uri in evaluation.channels.items() if name not in (*_LEFT_OUT, MODEL_CHANNEL)}
    if not channels and "data_uri" not in hyperparameters:
        raise RegistryError(f"{version.name} cannot be evaluated: its job has neither a channel `test` nor data_uri")
    spec = replace(
        evaluation,
        hyperparameters={**hyperparameters, "workload": _WORKLOAD, "processes_per_host": "1"},
        channels={**channels, MODEL_CHANNEL: version.artifact.uri},
        machines=replace(evaluation.machines, count=1),
        checkpoints="",
    )
    asked = template(spec)
    defining = {key: asked[key] for key in ("AlgorithmSpecification", "HyperParameters", "InputDataConfig")}
    told = json.dumps({**defining, "etag": version.artifact.etag}, sort_keys=True)
    return Wanted(name=_name(version, hashlib.sha256(told.encode()).hexdigest()[:_DIGITS]), spec=spec)


def test_data(spec: JobSpec) -> str:
    """What a job tests on: the URI of its channel `test`, else data_uri; "" for neither."""
    return spec.channels.get("test") or spec.hyperparameters.get("data_uri", "")


def record(clients: Any, version: ModelVersion, run: JobView) -> ModelVersion:
    """Keeps what an evaluation found; the version with it.

    The report becomes a file in S3 beside the run's own; metrics and their source become metadata, in place of an older one's.
    Raises RegistryError: the run failed, its report is no evaluation or that of another artifact, or the version's was replaced.
    """
    if run.status != COMPLETED:
        reason = run.failure or "no reason is given"
        raise RegistryError(f"the evaluation {run.name} of {version.name} is {run.status}: {reason}")
    report = read_report(storage.get(clients.s3, run.artifact), run.artifact)
    now, known = storage.head(clients.s3, version.artifact.uri), version.artifact
    measured = str(report["slipway"].get("archive_sha256") or "")
    if measured and known.sha256 and measured != known.sha256:
        raise RegistryError(f"{run.name} evaluated another artifact (SHA-256 {measured}, {version.name} has {known.sha256})")
    if known.etag and now.etag != known.etag:
        raise RegistryError(
            f"{known.uri} was replaced since {version.name} was registered (ETag {now.etag}, registered {known.etag}); "
            "its evaluation says nothing about the version"
        )
    uri = storage.beside(run.artifact, REPORT)
    storage.put(clients.s3, uri, (json.dumps(report, indent=2, sort_keys=True) + "\n").encode(), CONTENT_TYPE)
    properties = metadata.write(
        {
            "evaluation-job": run.name,
            "evaluation-data": test_data(run.spec),
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
    """The report (evaluation.json) in an evaluation's model.tar.gz. Raises RegistryError where there is none."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            member = next((item for item in tar if item.isfile() and item.name.removeprefix("./") == REPORT), None)
            file = tar.extractfile(member) if member and member.size <= _REPORT_LIMIT else None
            report = json.loads(file.read()) if file else None
        metrics = report["slipway"]["metrics"]  # type: ignore[index]
        report["slipway"]["metrics"] = {str(name): float(value) for name, value in metrics.items()}  # type: ignore[index]
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RegistryError(f"{uri} holds no {REPORT} of the workload `{_WORKLOAD}`: {error!r}; evaluate again") from error
    assert isinstance(report, dict)
    return report


def _name(version: ModelVersion, digits: str) -> str:
    suffix = f"-eval-v{version.version}-{digits}"
    room = SAGEMAKER_NAME - len(suffix)
    return re.sub(r"-+$", "", version.group[:room]) + suffix
