"""The image repositories. A tag is a hash of the code in the image and is never moved, so what was tested is what runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from infra.base.naming import Naming
from infra.settings_platform import RegistrySettings

IMAGES: Final = ("training", "serving")


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    """`key_arn` encrypts the images."""

    naming: Naming
    settings: RegistrySettings
    key_arn: pulumi.Input[str]
    protect: bool


class Registry(pulumi.ComponentResource):
    """Repository urls, without a tag."""

    training_url: pulumi.Output[str]
    serving_url: pulumi.Output[str]

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:data:Registry", name, None, opts)
        urls = {image: self._repository(image, args) for image in IMAGES}
        self.training_url, self.serving_url = urls["training"], urls["serving"]
        self.register_outputs({"trainingUrl": self.training_url, "servingUrl": self.serving_url})

    def _repository(self, image: str, args: RegistryArgs) -> pulumi.Output[str]:
        name = args.naming.name(image)
        repository = aws.ecr.Repository(
            name,
            name=name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": args.key_arn}],
            force_delete=args.settings.force_delete,
            tags=args.naming.tags(name),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        aws.ecr.LifecyclePolicy(
            name,
            repository=repository.name,
            policy=json.dumps(image_lifecycle(args.settings)),
            opts=pulumi.ResourceOptions(parent=repository),
        )
        return repository.repository_url


def image_lifecycle(settings: RegistrySettings) -> dict[str, Any]:
    """An ECR lifecycle policy: untagged images go after some days, tagged ones once there are too many."""
    untagged = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": settings.untagged_days,
    }
    tagged = {
        "tagStatus": "tagged",
        "tagPatternList": ["src-*"],
        "countType": "imageCountMoreThan",
        "countNumber": settings.keep_images,
    }
    return {
        "rules": [
            {"rulePriority": 1, "description": "Untagged images", "selection": untagged, "action": {"type": "expire"}},
            {"rulePriority": 2, "description": "Oldest images", "selection": tagged, "action": {"type": "expire"}},
        ]
    }
