"""What `models` prints with `--json`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, cast

if TYPE_CHECKING:
    from tools.flows.models import Evaluated
    from tools.flows.promotion import Promoted
    from tools.models.diff import Row
    from tools.models.version import ModelVersion


class ArtifactDocument(TypedDict):
    """The file with a model."""

    uri: Annotated[str, "Where it is in S3."]
    bytes: Annotated[int | None, "Its size; null where nobody recorded it."]
    etag: Annotated[str, "S3's own mark of its content."]
    sha256: Annotated[str, "Its digest; empty where it was too large to read for that."]
    folder: Annotated[bool, "Whether it is a folder in S3 instead of one file."]


class LineageDocument(TypedDict):
    """Where a version comes from."""

    training_job: Annotated[str, "The job that trained it."]
    training_job_arn: Annotated[str, "The arn of that job."]
    data: Annotated[dict[str, str], "The S3 URI of each input, whose key carries the content's hash."]
    code: Annotated[str, "The tag of the training image, a hash of the sources."]
    image: Annotated[str, "The training image."]
    image_digest: Annotated[str, "Its digest, where ECR knows it."]
    hyperparameters: Annotated[str, "A digest of all hyperparameters."]
    parent: Annotated[str, "The arn of the version that it was made from; empty for none."]
    promoted_from: Annotated[str, "The arn of the version of another environment whose artifact it is; empty for none."]


class InferenceDocument(TypedDict):
    """How a version is served."""

    image: Annotated[str, "The serving image."]
    image_digest: Annotated[str, "Its digest, where ECR knows it."]
    content_types: Annotated[list[str], "What it reads."]
    response_types: Annotated[list[str], "What it writes."]
    instance_types: Annotated[list[str], "On which machines; empty for any."]
    containers: Annotated[int, "How many serve it; image and artifact are those of the first. 0: nobody said how it is served."]


class EvaluationDocument(TypedDict):
    """The newest evaluation of a version."""

    job: Annotated[str, "The job that evaluated it."]
    metrics: Annotated[dict[str, float], "What it measured."]
    data: Annotated[str, "On what data."]
    etag: Annotated[str, "The artifact's etag at that time."]
    statistics: Annotated[str, "Where the full report is in S3."]


class ApprovalDocument(TypedDict):
    """Who decided on a version."""

    by: Annotated[str, "Who; empty before anybody did."]
    reason: Annotated[str, "Why."]


class ModelDocument(TypedDict):
    """A version of a model."""

    group: Annotated[str, "Its group in the registry."]
    version: Annotated[int, "Its number in the group."]
    arn: Annotated[str, "Its arn."]
    status: Annotated[str, "Approved, Rejected or PendingManualApproval."]
    created: Annotated[str | None, "When it was registered, as ISO 8601."]
    metrics: Annotated[dict[str, float], "The metrics of its training."]
    artifact: Annotated[ArtifactDocument, "The file with the model."]
    lineage: Annotated[LineageDocument, "Where it comes from."]
    inference: Annotated[InferenceDocument, "How it is served."]
    evaluation: Annotated[EvaluationDocument | None, "Its newest evaluation; null before there is one."]
    approval: Annotated[ApprovalDocument, "Who decided on it."]
    statistics: Annotated[str, "Where its metrics are in SageMaker's model-quality form; empty for nowhere."]


class ModelsDocument(TypedDict):
    """The versions of a stack's models."""

    models: Annotated[list[ModelDocument], "The newest first, by group."]


class ShownModelDocument(ModelDocument):
    """One version in full."""

    in_the_way: Annotated[list[str], "Why it may not be approved, as sentences; empty where it may or is."]


class EvaluatedModelDocument(TypedDict):
    """An evaluation that ended."""

    model: Annotated[ModelDocument, "The version, with what was found."]
    job: Annotated[str, "The job that evaluated it."]
    seconds: Annotated[float, "How long it ran."]
    cost_usd: Annotated[float | None, "What it cost."]
    metrics: Annotated[dict[str, float], "What it measured."]
    in_the_way: Annotated[list[str], "Why the version may not be approved; empty where it may."]


class DecidedModelDocument(TypedDict):
    """A version that was approved or rejected."""

    model: Annotated[ModelDocument, "The version."]
    changed: Annotated[bool, "False where the same was decided before."]


# `from` is a word of Python's own, so this key needs the other form.
PromotedFromDocument = TypedDict("PromotedFromDocument", {"from": Annotated[ModelDocument, "The version that was carried."]})


class PromotedModelDocument(PromotedFromDocument):
    """A version carried to another environment."""

    model: Annotated[ModelDocument, "The version there."]
    changed: Annotated[bool, "False where it was there before."]


class ModelRowDocument(TypedDict):
    """One difference of two versions, or one thing that is the same."""

    what: Annotated[str, "The kind: metric, evaluation, data, code, image, hyperparameter, size and the like."]
    name: Annotated[str, "Which."]
    first: Annotated[Any, "What the first version has; null for nothing."]
    second: Annotated[Any, "What the second version has; null for nothing."]
    verdict: Annotated[
        str, "better, worse, changed or same, of the second beside the first; unknown where one of the two lacks it."
    ]


class ModelDiffDocument(TypedDict):
    """Two versions side by side."""

    first: Annotated[str, "The first version, as group/number."]
    second: Annotated[str, "The second version."]
    rows: Annotated[list[ModelRowDocument], "Everything of both, changed or not."]


class DeletedModelDocument(TypedDict):
    """A version that was deleted."""

    deleted: Annotated[str, "Its arn."]


def model_document(version: ModelVersion) -> ModelDocument:
    """One version."""
    return cast(ModelDocument, version.to_json())


def shown_document(version: ModelVersion, waits: Sequence[str]) -> ShownModelDocument:
    """One version, with what stands in the way of its approval."""
    return {**model_document(version), "in_the_way": list(waits)}


def evaluated_document(found: Evaluated, waits: Sequence[str]) -> EvaluatedModelDocument:
    """A version that was evaluated, and the job that did it."""
    return {
        "model": model_document(found.version),
        "job": found.result.job,
        "seconds": round(found.result.seconds, 1),
        "cost_usd": found.result.cost_usd,
        "metrics": dict(found.version.evaluation.metrics) if found.version.evaluation else {},
        "in_the_way": list(waits),
    }


def promoted_document(done: Promoted) -> PromotedModelDocument:
    """A version that was carried to another environment."""
    return {"from": model_document(done.source), "model": model_document(done.target), "changed": done.new}


def diff_document(first: ModelVersion, second: ModelVersion, rows: Sequence[Row]) -> ModelDiffDocument:
    """Two versions side by side."""
    return {"first": first.name, "second": second.name, "rows": [cast(ModelRowDocument, row.to_json()) for row in rows]}
