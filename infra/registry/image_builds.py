"""A CodeBuild project that builds the workload images from the repository and pushes them: no machine of anybody's is needed.

Off unless a stack file asks for it: it needs a connection to the repository, which a person allows in a browser, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from infra.base.iam import Scope
from infra.base.naming import Naming
from infra.network.security_rules import ANYWHERE, HTTPS, SecurityGroupRules
from infra.registry.rights import PROJECT, log_group
from infra.settings_platform import ImageBuildSettings

BUILDSPEC: Final = "workloads/images/buildspec.yml"
# It has Docker and Python 3.11. https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html
BUILD_IMAGE: Final = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
QUEUED_MINUTES: Final = 60


@dataclass(frozen=True, kw_only=True)
class ImageBuildsArgs:
    """`repository_urls` by image; `subnet_ids` lead to the internet, where the base and the packages come from."""

    naming: Naming
    scope: Scope
    settings: ImageBuildSettings
    vpc_id: pulumi.Input[str]
    subnet_ids: list[pulumi.Output[str]]
    role_arn: pulumi.Input[str]
    repository_urls: dict[str, pulumi.Output[str]]
    models_key_arn: pulumi.Input[str]
    logs_key_arn: pulumi.Input[str]
    log_retention_days: int


class ImageBuilds(pulumi.ComponentResource):
    """`project_name` is what `aws codebuild start-build` takes."""

    project_name: pulumi.Output[str]

    def __init__(self, name: str, args: ImageBuildsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:data:ImageBuilds", name, None, opts)
        naming, settings = args.naming, args.settings
        logs = self._log_group(args)
        group = SecurityGroupRules(self, naming, "image-builds", "Builds of the workload images", args.vpc_id)
        # HTTPS alone: the repository, the base's registry, the packages and AWS.
        out = group.allow_out("to-https", "The repository, packages, registries and AWS", HTTPS, cidr=ANYWHERE)
        project = naming.name(PROJECT)
        variables = {
            **{f"{image.upper()}_REPOSITORY": url for image, url in args.repository_urls.items()},
            "VARIANT": settings.variant,
            "BASE_IMAGE": settings.base_image,
        }
        resource = aws.codebuild.Project(
            project,
            name=project,
            description="Builds the workload images and pushes them",
            service_role=args.role_arn,
            artifacts={"type": "NO_ARTIFACTS"},
            build_timeout=settings.timeout_minutes,
            queued_timeout=QUEUED_MINUTES,
            # Two builds would push one tag.
            concurrent_build_limit=1,
            encryption_key=args.models_key_arn,
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
            vpc_config={"vpc_id": args.vpc_id, "subnets": args.subnet_ids, "security_group_ids": [group.id]},
            tags=naming.tags(project, Privileged="builds images"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[out]),
        )
        self.project_name = resource.name
        self.register_outputs({"projectName": self.project_name})

    def _log_group(self, args: ImageBuildsArgs) -> aws.cloudwatch.LogGroup:
        name = args.naming.name("image-builds")
        return aws.cloudwatch.LogGroup(
            name,
            name=log_group(args.scope),
            retention_in_days=args.log_retention_days,
            kms_key_id=args.logs_key_arn,
            tags=args.naming.tags(name),
            opts=pulumi.ResourceOptions(parent=self),
        )
