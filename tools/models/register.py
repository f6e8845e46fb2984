"""Registers the model that a training job left: one version a job, with all that says where it comes from."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tools.jobs.view import COMPLETED, JobView
from tools.models import metadata, registry, statistics, storage
from tools.models.errors import RegistryError, asking, is_missing
from tools.models.version import PENDING, Artifact, Inference, Lineage, ModelVersion

JSON: Final = ("application/json",)
# Channels that bring a model which the job started from or learnt from.
PARENTS: Final = ("model", "teacher")


def register(
    clients: Any,
    *,
    group: str,
    run: JobView,
    serving_image: str,
    instance_types: Sequence[str] = (),
    content_types: Sequence[str] = JSON,
    response_types: Sequence[str] = JSON,
    parent: str = "",
    commit: str = "",
) -> ModelVersion:
    """The version of this run's model in `group`, which is made where it is not there; a run has one version for ever.

    instance_types SageMaker types that may serve it; none: any
    parent         arn of the version it was made from; "": looked for where the job has a channel `model` or `teacher`
    commit         the source's commit, where one is known

    Raises RegistryError: the job has not completed, its artifact is gone, what is to be kept does not fit SageMaker's limits, or
    the service refuses.
    """
    if run.status != COMPLETED:
        reason = run.failure or "it left no model to register"
        raise RegistryError(f"training job {run.name} is {run.status}, not Completed: {reason}")
    known = registry.version_of_job(clients, group, run.name)
    if known is not None:
        return known
    return create(
        clients,
        group=group,
        lineage=lineage_of(clients, run, parent=parent),
        artifact=storage.artifact(clients.s3, run.artifact),
        metrics=run.metrics,
        inference=Inference(
            image=serving_image,
            image_digest=image_digest(clients, serving_image),
            content_types=tuple(content_types),
            response_types=tuple(response_types),
            instance_types=tuple(instance_types),
        ),
        commit=commit,
    )


def create(
    clients: Any,
    *,
    group: str,
    lineage: Lineage,
    artifact: Artifact,
    metrics: Mapping[str, float],
    inference: Inference,
    commit: str = "",
) -> ModelVersion:
    """A new version, not yet decided on, with all that is known of it. Raises RegistryError as `register`."""
    properties = metadata.write(facts(lineage, artifact), {"data": lineage.data, "metric": metrics})
    container = {"Image": inference.image, "ModelDataUrl": artifact.uri}
    if inference.image_digest:
        container["ImageDigest"] = inference.image_digest
    specification = {
        "Containers": [container],
        "SupportedContentTypes": list(inference.content_types),
        "SupportedResponseMIMETypes": list(inference.response_types),
    }
    if inference.instance_types:
        specification["SupportedRealtimeInferenceInstanceTypes"] = list(inference.instance_types)
    request = {
        "ModelPackageGroupName": group,
        # ListModelPackages tells the description and no metadata, so a job's version is found by it.
        "ModelPackageDescription": registry.description_of(lineage.training_job),
        "InferenceSpecification": specification,
        "ModelApprovalStatus": PENDING,
        "MetadataProperties": {"GeneratedBy": lineage.training_job_arn, **({"CommitId": commit} if commit else {})},
        "CustomerMetadataProperties": properties,
        # SageMaker answers a second request of the same token with the version that the first one made.
        "ClientToken": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{group} {lineage.training_job_arn}")),
    }
    if metrics:
        request["ModelMetrics"] = {"ModelQuality": {"Statistics": _stored(clients.s3, artifact, metrics)}}
    registry.ensure_group(clients, group)
    with asking(f"registering the model of {lineage.training_job} in {group}"):
        arn = str(clients.sagemaker.create_model_package(**request)["ModelPackageArn"])
    return registry.describe(clients, arn)


def lineage_of(clients: Any, run: JobView, *, parent: str = "") -> Lineage:
    """Where the run's model comes from, read from the run itself."""
    hyperparameters, data = run.spec.hyperparameters, dict(run.spec.channels)
    if hyperparameters.get("data_uri", "").startswith("s3://"):  # read as a stream, past the channels
        data["data_uri"] = hyperparameters["data_uri"]
    canonical = json.dumps(dict(hyperparameters), sort_keys=True, separators=(",", ":"))
    return Lineage(
        training_job=run.name,
        training_job_arn=run.arn,
        data=data,
        code=tag_of(run.spec.image),
        image=run.spec.image,
        image_digest=image_digest(clients, run.spec.image),
        hyperparameters=f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}",
        parent=parent or _parent(clients, data),
    )


def facts(lineage: Lineage, artifact: Artifact) -> dict[str, object]:
    """The single properties of a version, by the names that `ModelVersion.from_package` reads."""
    return {
        "training-job": lineage.training_job,
        "training-job-arn": lineage.training_job_arn,
        "code": lineage.code,
        "image": lineage.image,
        "image-digest": lineage.image_digest,
        "hyperparameters": lineage.hyperparameters,
        "parent": lineage.parent,
        "promoted-from": lineage.promoted_from,
        "artifact-bytes": artifact.bytes,
        "artifact-etag": artifact.etag,
        "artifact-sha256": artifact.sha256,
    }


def tag_of(image: str) -> str:
    """The tag of an image URI, "" where it has none. The tag of an image of this repository is a hash of its sources."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def image_digest(clients: Any, image: str) -> str:
    """`sha256:...` of an image: from its URI, else from ECR where that knows it; "" otherwise."""
    from botocore.exceptions import ClientError

    name, _, digest = image.partition("@")
    if digest:
        return digest
    host, _, path = name.partition("/")
    ecr, tag = getattr(clients, "ecr", None), tag_of(image)
    if ecr is None or ".dkr.ecr." not in host or not tag:
        return ""
    with asking(f"asking ECR for {image}"):
        try:
            found = ecr.describe_images(repositoryName=path.partition(":")[0], imageIds=[{"imageTag": tag}])["imageDetails"]
        except ClientError as error:
            if is_missing(error) or error.response["Error"]["Code"] == "AccessDeniedException":
                return ""
            raise
    return str(found[0]["imageDigest"]) if found else ""


def _parent(clients: Any, data: Mapping[str, str]) -> str:
    for channel in PARENTS:
        if uri := data.get(channel):
            found = registry.version_of_artifact(clients, uri)
            if found is not None:
                return found.arn
    return ""


def _stored(s3: Any, artifact: Artifact, metrics: Mapping[str, float]) -> dict[str, str]:
    body = statistics.encoded(statistics.statistics(metrics))
    uri = storage.beside(artifact.uri, "model-quality/statistics.json")
    storage.put(s3, uri, body, statistics.CONTENT_TYPE)
    return {"ContentType": statistics.CONTENT_TYPE, "ContentDigest": statistics.digest(body), "S3Uri": uri}
