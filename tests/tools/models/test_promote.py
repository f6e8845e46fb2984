"""Promotion of a model version to another environment, unchanged or not at all."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tools.models import RegistryError, approval, promote, registry, storage
from tools.models.approval import Gate
from tools.models.promote import Destination
from tools.models.version import ModelVersion

from .cloud import ACCOUNT, BUCKET, REGION, SERVING_IMAGE, Cloud, unique

FREE = Gate(rules={}, evaluated=False)
OTHER = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/slipway-staging-serving"


ONE, ANOTHER = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


def approved(cloud: Cloud, group: str, **changes: Any) -> ModelVersion:
    version, _ = approval.approve(cloud, cloud.version(group, **changes), FREE, reason="good")
    return version


def destination(cloud: Cloud, **changes: Any) -> Destination:
    """Another environment, whose model group and bucket exist."""
    group = unique("staging")
    registry.ensure_group(cloud, group)
    made = Destination(
        group=group,
        folder=f"s3://{BUCKET}/{group}/promoted",
        repository=OTHER,
        holds_images=False,
        up="./slipway up staging",
        push="./slipway images push serving staging",
    )
    return replace(made, **changes)


def keys(cloud: Cloud, to: Destination) -> list[str]:
    prefix = to.folder.removeprefix(f"s3://{BUCKET}/")
    return [item["Key"] for item in cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def test_an_approved_version_arrives_as_the_same_artifact_with_all_that_is_known_and_waits(cloud: Cloud, group: str) -> None:
    version, to = approved(cloud, group), destination(cloud)
    made, new = promote.promote(cloud, cloud, version, to)
    assert (new, made.group, made.version, made.status) == (True, to.group, 1, "PendingManualApproval")
    assert made.artifact.sha256 == version.artifact.sha256
    assert made.artifact.uri == f"{to.folder}/{version.artifact.sha256}/output/model.tar.gz"
    assert storage.get(cloud.s3, made.artifact.uri) == storage.get(cloud.s3, version.artifact.uri)
    assert made.lineage == replace(version.lineage, promoted_from=version.arn)
    assert made.metrics == version.metrics
    assert made.inference == replace(version.inference, image=f"{OTHER}:src-0123456789ab")
    assert cloud.get(made.statistics) == cloud.get(version.statistics)
    assert made.evaluation is None, "it is measured on the other environment's own data"


def test_a_second_promotion_changes_nothing(cloud: Cloud, group: str) -> None:
    version, to = approved(cloud, group), destination(cloud)
    first, _ = promote.promote(cloud, cloud, version, to)
    assert promote.promote(cloud, cloud, version, to) == (first, False)
    assert len(registry.versions(cloud, to.group)) == 1


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_a_version_that_is_not_approved_is_not_promoted(cloud: Cloud, group: str, status: str) -> None:
    version, to = cloud.version(group), destination(cloud)
    if status == "Rejected":
        version, _ = approval.reject(cloud, version, reason="no")
    with pytest.raises(RegistryError, match=f"is {status}: only what is approved goes on"):
        promote.promote(cloud, cloud, version, to)
    assert (keys(cloud, to), registry.versions(cloud, to.group)) == ([], [])


def test_an_artifact_that_differs_from_the_registered_one_is_not_promoted(cloud: Cloud, group: str) -> None:
    version, to = approved(cloud, group), destination(cloud)
    forged = replace(version, artifact=replace(version.artifact, sha256="0" * 64))
    with pytest.raises(RegistryError, match=r"is not the artifact that was registered \(sha256 .*, registered 000"):
        promote.promote(cloud, cloud, forged, to)
    cloud.put(version.artifact.uri.removeprefix(f"s3://{BUCKET}/"), b"another")
    with pytest.raises(RegistryError, match=r"is not the artifact that was registered \(ETag"):
        promote.promote(cloud, cloud, version, to)
    cloud.s3.delete_object(Bucket=BUCKET, Key=version.artifact.uri.removeprefix(f"s3://{BUCKET}/"))
    with pytest.raises(RegistryError, match="is gone; train again"):
        promote.promote(cloud, cloud, version, to)
    assert (keys(cloud, to), registry.versions(cloud, to.group)) == ([], [])


def test_a_promotion_interrupted_after_the_copy_resumes_without_copying_again(
    cloud: Cloud, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    version, to = approved(cloud, group), destination(cloud)

    def cut(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(promote, "create", cut)
        with pytest.raises(KeyboardInterrupt):
            promote.promote(cloud, cloud, version, to)
    (copied,) = keys(cloud, to)
    before = cloud.s3.head_object(Bucket=BUCKET, Key=copied)["LastModified"]
    monkeypatch.setattr(storage, "_upload", lambda *_: pytest.fail("it is there already"))
    made, new = promote.promote(cloud, cloud, version, to)
    assert (new, made.artifact.sha256) == (True, version.artifact.sha256)
    assert cloud.s3.head_object(Bucket=BUCKET, Key=copied)["LastModified"] == before


def test_a_copy_that_somebody_spoilt_is_made_again(cloud: Cloud, group: str) -> None:
    version, to = approved(cloud, group), destination(cloud)
    cloud.put(f"{to.group}/promoted/{version.artifact.sha256}/output/model.tar.gz", b"half")
    made, _ = promote.promote(cloud, cloud, version, to)
    assert storage.get(cloud.s3, made.artifact.uri) == storage.get(cloud.s3, version.artifact.uri)


def test_promoting_to_an_environment_that_is_not_up_names_the_command(cloud: Cloud, group: str) -> None:
    version = approved(cloud, group)
    with pytest.raises(RegistryError, match=r"no model group nowhere to promote to; run `\./slipway up staging`"):
        promote.promote(cloud, cloud, version, destination(cloud, group="nowhere"))
    with pytest.raises(RegistryError, match=r"the bucket of s3://nowhere/.* is not there; bring the stack up first"):
        promote.promote(cloud, cloud, version, destination(cloud, folder="s3://nowhere/digits/promoted"))


def test_another_artifact_of_the_same_job_is_refused(cloud: Cloud, group: str) -> None:
    version, to = approved(cloud, group), destination(cloud)
    made, _ = promote.promote(cloud, cloud, version, to)
    other = replace(version, artifact=replace(version.artifact, sha256="1" * 64))
    with pytest.raises(RegistryError, match=rf"{made.name} is of the same training job .* reject and delete it"):
        promote.promote(cloud, cloud, other, to)


class Ecr:
    """Stands in for ECR: repository -> the digest of its only image."""

    def __init__(self, **repositories: str) -> None:
        self.repositories = repositories

    def describe_images(self, *, repositoryName: str, imageIds: Any) -> dict[str, Any]:
        digest = self.repositories.get(repositoryName.replace("-", "_"))
        return {"imageDetails": [{"imageDigest": digest}] if digest else []}


def test_on_aws_the_same_image_must_be_there_by_its_digest(cloud: Cloud, group: str) -> None:
    version, to = approved(cloud, group), destination(cloud, holds_images=True)

    def account(**images: str) -> Any:
        return SimpleNamespace(sagemaker=cloud.sagemaker, s3=cloud.s3, ecr=Ecr(**images))

    source = account(slipway_local_serving=ONE)
    with pytest.raises(RegistryError, match=r"src-0123456789ab is not there; push the build .*images push serving staging"):
        promote.promote(source, account(), version, to)
    with pytest.raises(RegistryError, match=rf"is another build \({ANOTHER}\) than .* was served by \({ONE}\)"):
        promote.promote(source, account(slipway_staging_serving=ANOTHER), version, to)
    assert keys(cloud, to) == []
    made, _ = promote.promote(source, account(slipway_staging_serving=ONE), version, to)
    assert made.inference.image_digest == ONE
    assert made.inference.image.rpartition(":")[2] == SERVING_IMAGE.rpartition(":")[2]
