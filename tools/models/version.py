"""A version of a model as plain data: what SageMaker's model package says, by our names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from catalog import services
from tools.models import metadata

PENDING: Final = "PendingManualApproval"
APPROVED: Final = services.APPROVED
REJECTED: Final = "Rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """The model.tar.gz. `bytes` is its size, None where it is not known; `sha256` is "" where it was too large to read for that,
    `etag` is S3's own. Versions that others registered may have a folder in S3, whose `uri` then is a prefix (`folder`)."""

    uri: str
    bytes: int | None = None
    etag: str = ""
    sha256: str = ""
    folder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a version comes from.

    `data` is the S3 URI of each input channel, whose key carries the content's hash. `code` is the tag of the training image, a
    hash of the sources (`src-...`); `image` that image, `image_digest` its digest where ECR knows it; `hyperparameters` is a
    digest of them all. `parent` is the arn of the version that it was made from, `promoted_from` that of the version, in another
    environment, whose artifact it is; "" for none.
    """

    training_job: str
    training_job_arn: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    image: str = ""
    image_digest: str = ""
    hyperparameters: str = ""
    parent: str = ""
    promoted_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What the newest evaluation job found. `etag` is the artifact's at that time; `statistics` its file in S3."""

    job: str
    metrics: Mapping[str, float]
    data: str = ""
    etag: str = ""
    statistics: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who decided and why; both "" before anybody did."""

    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """How it is served: the image, its digest where ECR knew it, what it reads and writes, on which machines (none: any).

    `containers` is how many serve it one after the other; image and artifact are those of the first.
    """

    image: str
    image_digest: str = ""
    content_types: tuple[str, ...] = ()
    response_types: tuple[str, ...] = ()
    instance_types: tuple[str, ...] = ()
    containers: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """One version of a model. `status` is Approved, Rejected or PendingManualApproval; `metrics` are those of its training.

    `statistics` is the S3 URI of its metrics in SageMaker's model-quality form ("" for none).
    """

    group: str
    version: int
    arn: str
    status: str
    created: datetime | None
    metrics: Mapping[str, float]
    artifact: Artifact
    lineage: Lineage
    inference: Inference
    evaluation: Evaluation | None = None
    approval: Approval = Approval()
    statistics: str = ""

    @property
    def name(self) -> str:
        """`group/version`, as the command line takes it."""
        return f"{self.group}/{self.version}"

    @property
    def lacks(self) -> str:
        """Why it is no model of one container with one archive in S3, as a clause; "" where it is.

        SageMaker lets others register much more than that.
        """
        uri = self.artifact.uri
        if not self.inference.containers:
            return "it has no inference specification, so which image serves it and where its model is are not known"
        if self.inference.containers > 1:
            return f"it has {self.inference.containers} containers, and slipway handles models of one"
        if not uri:
            return "it names no model in S3 (its image may hold it)"
        if self.artifact.folder:
            return f"its model is the folder {uri}, and slipway handles one model.tar.gz"
        return "" if uri.startswith("s3://") else f"its model {uri} is not in S3"

    def to_json(self) -> dict[str, Any]:
        """Everything, in plain values."""
        return {**asdict(self), "created": self.created.isoformat() if self.created else None}

    @classmethod
    def from_package(cls, package: Mapping[str, Any]) -> ModelVersion:
        """A version from DescribeModelPackage's answer; what others registered has what they gave, the rest is empty."""
        kept = metadata.read(package.get("CustomerMetadataProperties") or {})
        specification = package.get("InferenceSpecification") or {}
        containers = specification.get("Containers") or []
        container = containers[0] if containers else {}
        source = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
        quality = (package.get("ModelMetrics") or {}).get("ModelQuality") or {}
        evaluated = kept.one("evaluation-job")
        by, _, reason = str(package.get("ApprovalDescription") or "").partition(": ")
        return cls(
            group=str(package.get("ModelPackageGroupName") or ""),
            version=int(package.get("ModelPackageVersion") or 0),
            arn=str(package["ModelPackageArn"]),
            status=str(package.get("ModelApprovalStatus") or PENDING),
            created=package.get("CreationTime"),
            metrics=kept.numbers("metric"),
            artifact=Artifact(
                uri=str(container.get("ModelDataUrl") or source.get("S3Uri") or ""),
                bytes=kept.count("artifact-bytes"),
                etag=kept.one("artifact-etag") or str(container.get("ModelDataETag") or "").strip('"'),
                sha256=kept.one("artifact-sha256"),
                folder=not container.get("ModelDataUrl") and source.get("S3DataType") == "S3Prefix",
            ),
            lineage=Lineage(
                training_job=kept.one("training-job"),
                training_job_arn=kept.one("training-job-arn"),
                data=kept.many("data"),
                code=kept.one("code"),
                image=kept.one("image"),
                image_digest=kept.one("image-digest"),
                hyperparameters=kept.one("hyperparameters"),
                parent=kept.one("parent"),
                promoted_from=kept.one("promoted-from"),
            ),
            inference=Inference(
                image=str(container.get("Image") or ""),
                image_digest=str(container.get("ImageDigest") or ""),
                content_types=tuple(specification.get("SupportedContentTypes") or ()),
                response_types=tuple(specification.get("SupportedResponseMIMETypes") or ()),
                instance_types=tuple(specification.get("SupportedRealtimeInferenceInstanceTypes") or ()),
                containers=len(containers),
            ),
            evaluation=Evaluation(
                job=evaluated,
                metrics=kept.numbers("evaluation"),
                data=kept.one("evaluation-data"),
                etag=kept.one("evaluation-etag"),
                statistics=kept.one("evaluation-statistics"),
            )
            if evaluated
            else None,
            approval=Approval(by=by, reason=reason) if reason else Approval(reason=by),
            statistics=str((quality.get("Statistics") or {}).get("S3Uri") or ""),
        )
