"""Carries an approved version to another environment: the same artifact by digest, the same image, all that is known of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tools.models import registry, storage
from tools.models.errors import RegistryError
from tools.models.register import create, image_digest, tag_of
from tools.models.version import APPROVED, Inference, ModelVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where versions of one job come to in an environment.

    `folder` is an S3 address without a slash at its end, `repository` the serving image's there. `holds_images`: the local cloud
    does not. `up` and `push` are the commands that bring the stack up and the image there.
    """

    group: str
    folder: str
    repository: str
    holds_images: bool
    up: str
    push: str


def promote(source: Any, target: Any, version: ModelVersion, to: Destination) -> tuple[ModelVersion, bool]:
    """The version in the other environment, not decided on there, and whether it is new.

    `source` and `target` are clients of the two accounts. What was cut in the middle is taken up. Raises RegistryError: it is not
    approved, it is not what was registered, or the other environment lacks the group, the bucket or the same image.
    """
    if version.status != APPROVED:
        raise RegistryError(f"{version.name} is {version.status}: only what is approved goes on; approve it first")
    if not version.lineage.training_job:
        raise RegistryError(
            f"{version.name} was not registered by slipway: what it was made of is not known, so it cannot be carried on "
            "with its lineage; train it as a job of the stack, or copy it by the means that registered it"
        )
    if version.lacks:
        raise RegistryError(f"{version.name} cannot be promoted: {version.lacks}")
    if to.group not in registry.groups(target):
        raise RegistryError(f"there is no model group {to.group} to promote to; run `{to.up}` first")
    known = registry.version_of_job(target, to.group, version.lineage.training_job)
    if known is not None:
        _same(version, known)
        return known, False
    inference = _inference(source, target, version, to)
    artifact = storage.carry(source.s3, target.s3, version.artifact, to.folder)
    lineage = replace(version.lineage, promoted_from=version.arn)
    made = create(target, group=to.group, lineage=lineage, artifact=artifact, metrics=version.metrics, inference=inference)
    return made, True


def _same(version: ModelVersion, known: ModelVersion) -> None:
    if version.artifact.sha256 and known.artifact.sha256 != version.artifact.sha256:
        raise RegistryError(
            f"{known.name} is of the same training job as {version.name} and has another artifact (sha256 "
            f"{known.artifact.sha256 or 'unknown'}, not {version.artifact.sha256}); reject and delete it, then promote again"
        )


def _inference(source: Any, target: Any, version: ModelVersion, to: Destination) -> Inference:
    """How it is served there: by the image of the same tag, and where its digest is known, by the very same image."""
    tag = tag_of(version.inference.image)
    if not tag:
        raise RegistryError(
            f"{version.name} is served by {version.inference.image or 'no image'}, which has no tag "
            "by which the same build is found there"
        )
    image = f"{to.repository}:{tag}"
    there = image_digest(target, image)
    here = version.inference.image_digest or image_digest(source, version.inference.image)
    if to.holds_images and not there:
        raise RegistryError(f"the image {image} is not there; push the build that {version.name} was served by: `{to.push}`")
    if here and there and here != there:
        raise RegistryError(
            f"{image} is another build ({there}) than {version.name} was served by ({here}); tags never move, so build once and "
            "push that build everywhere"
        )
    return replace(version.inference, image=image, image_digest=there)
