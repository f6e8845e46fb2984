"""The settings of the image repositories and of the project that builds images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from infra.base.fields import Repository, matching
from infra.base.section import Fault, Place, Section

_CONNECTION: Final = re.compile(r"arn:aws:codeconnections:[a-z0-9-]+:\d{12}:connection/[0-9a-f-]{36}")
_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")


def _pinned(image: str) -> str:
    if image and not _DIGEST.search(image):
        raise ValueError("names no digest; write name@sha256:<64 hex digits>, so that it is the same tomorrow")
    return image


ConnectionArn = Annotated[
    str,
    matching(
        _CONNECTION,
        "is no arn of a connection; write one like "
        "arn:aws:codeconnections:us-east-1:123456789012:connection/11111111-2222-3333-4444-555555555555",
    ),
]


class ImageBuildSettings(Section):
    """A CodeBuild project that builds the workload images and pushes them, in the private subnets."""

    repository: Repository = Field(description="The GitHub repository built, owner/name.")
    connection_arn: ConnectionArn = Field(
        description="The connection that reads it: made in the console (Developer Tools, Connections), where GitHub asks you."
    )
    git_ref: str = Field(default="refs/heads/main", description="The git ref built, where a build names no other.")
    variant: Literal["cuda", "cpu", "neuron"] = Field(
        default="cuda", description="Which variant of the images; the stack runs cuda."
    )
    base_image: Annotated[str, AfterValidator(_pinned)] = Field(
        default="", description="A base as name@sha256:..., such as a copy in ECR; neuron needs one. Empty: the Dockerfile's."
    )
    compute_type: Literal["BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE"] = Field(
        default="BUILD_GENERAL1_LARGE", description="The machine; the small one has no disk for PyTorch with CUDA twice."
    )
    timeout_minutes: int = Field(default=90, ge=5, le=480, description="A build is stopped after this.")

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        if self.variant == "neuron" and not self.base_image:
            yield Fault(f"{path}.baseImage", self.base_image, "neuron needs the digest of an AWS Deep Learning Container")


class RegistrySettings(Section):
    """The image repositories."""

    keep_images: int = Field(default=30, ge=1, le=1000, description="How many tagged images a repository keeps.")
    untagged_days: int = Field(default=7, ge=1, description="Days until an image without a tag is removed.")
    force_delete: bool = Field(default=False, description="Whether `destroy` may delete repositories that still hold images.")
    build: ImageBuildSettings | None = Field(
        default=None, description="The project that builds the images; left out, there is none."
    )

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        if self.build is not None:
            yield from self.build.faults(f"{path}.build", place)
