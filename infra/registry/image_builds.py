"""A CodeBuild project that builds the workload images from the repository and pushes them: no machine of anybody's is needed.

A stack has the project only where its file asks for it: the project needs a connection to the repository, which a person has to
allow in a browser once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from infra.base.component import Component
from infra.base.ground import Ground
from infra.network.security_rules import ANYWHERE, HTTPS, SecurityGroupRules
from infra.network.vpc import Vpc
from infra.registry.rights import BUILD_PROJECT, log_group
from infra.registry.settings import ImageBuildSettings

BUILDSPEC: Final = "workloads/images/buildspec.yml"
# It has Docker and Python 3.11. https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html
BUILD_IMAGE: Final = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
QUEUED_MINUTES: Final = 60


@dataclass(frozen=True, kw_only=True)
class ImageBuildsArgs:
    """`repository_urls` is by image. The VPC's private subnets lead to the internet, which has the base and the packages."""

    ground: Ground
    settings: ImageBuildSettings
    vpc: Vpc
    repository_urls: Mapping[str, pulumi.Input[str]]


class ImageBuilds(Component[ImageBuildsArgs], token="slipway:data:ImageBuilds"):
    """`project_name` is what `aws codebuild start-build` takes."""

    project_name: pulumi.Output[str]

    def declare(self, args: ImageBuildsArgs) -> None:
        ground, settings, vpc = args.ground, args.settings, args.vpc
        naming = ground.naming
        logs = ground.log_group(self, naming.name("image-builds"), log_group(ground.scope))
        group = SecurityGroupRules(self, naming, "image-builds", "Builds of the workload images", vpc.id)
        # Builds reach the repository, the registries and AWS over HTTPS only.
        out = group.allow_out("to-https", "The repository, packages, registries and AWS", HTTPS, cidr=ANYWHERE)
        project = naming.name(BUILD_PROJECT)
        variables = {
            **{f"{image.upper()}_REPOSITORY": url for image, url in args.repository_urls.items()},
            "VARIANT": settings.variant,
            "BASE_IMAGE": settings.base_image,
        }
        resource = aws.codebuild.Project(
            project,
            name=project,
            description="Builds the workload images and pushes them",
            service_role=ground.roles["image-build"],
            artifacts={"type": "NO_ARTIFACTS"},
            build_timeout=settings.timeout_minutes,
            queued_timeout=QUEUED_MINUTES,
            # Two builds at once would push the same tag.
            concurrent_build_limit=1,
            encryption_key=ground.keys["models"],
            environment={
                "type": "LINUX_CONTAINER",
                "compute_type": settings.compute_type,
                "image": BUILD_IMAGE,
                # Docker's own engine runs inside; the tag `Privileged` says so, and a rule asks for it.
                "privileged_mode": True,
                "environment_variables": [{"name": name, "value": value} for name, value in variables.items() if value != ""],
            },
            logs_config={"cloudwatch_logs": {"status": "ENABLED", "group_name": logs.name}},
            source={
                "type": "GITHUB",
                "location": f"https://github.com/{settings.repository}.git",
                "git_clone_depth": 1,
                "buildspec": BUILDSPEC,
                "auth": {"type": "CODECONNECTIONS", "resource": settings.connection_arn},
            },
            source_version=settings.git_ref,
            vpc_config={"vpc_id": vpc.id, "subnets": vpc.subnet_ids, "security_group_ids": [group.id]},
            tags=naming.tags(project, Privileged="builds images"),
            opts=self.child(depends_on=[out]),
        )
        self.project_name = resource.name
