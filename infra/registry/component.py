"""The image repositories. A tag is a hash of the code in the image and is never moved, so what was tested is what runs."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.base.component import Component
from infra.base.ground import Ground
from infra.registry.decide import image_lifecycle
from infra.registry.settings import RegistrySettings
from infra.registry.source_digest import image_tag
from workloads.catalog import IMAGES


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    """What the registry needs."""

    ground: Ground
    settings: RegistrySettings


class Registry(Component[RegistryArgs], token="slipway:data:Registry"):
    """Repository urls without a tag, and the images of this checkout's code."""

    training_url: pulumi.Output[str]
    serving_url: pulumi.Output[str]

    def declare(self, args: RegistryArgs) -> None:
        urls = {image: self._repository(image, args) for image in IMAGES}
        self.training_url, self.serving_url = urls["training"], urls["serving"]
        self.urls = urls
        tag = image_tag()
        self.images = {image: pulumi.Output.concat(url, ":", tag) for image, url in urls.items()}

    def _repository(self, image: str, args: RegistryArgs) -> pulumi.Output[str]:
        name = args.ground.naming.name(image)
        repository = aws.ecr.Repository(
            name,
            name=name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": args.ground.keys["models"]}],
            force_delete=args.settings.force_delete,
            tags=args.ground.naming.tags(name),
            opts=self.child(protect=args.ground.protect),
        )
        aws.ecr.LifecyclePolicy(
            name,
            repository=repository.name,
            policy=json.dumps(image_lifecycle(args.settings)),
            opts=pulumi.ResourceOptions(parent=repository),
        )
        return repository.repository_url
