"""What the project that builds images may do, who may start a build, and what a role needs to pull images: plain values."""

from __future__ import annotations

from typing import Final

from infra.base.iam import Document, Scope, Statement, allow, document, service_trust
from infra.base.role import Role
from infra.keys.rights import use_keys
from infra.network.rights import join_vpc
from infra.registry.settings import ImageBuildSettings
from infra.watch.rights import write_logs

# What a pull reads.
PULL: Final = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
# What a push reads and writes. https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
PUSH: Final = (
    *PULL,
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
BUILD_PROJECT: Final = "images"


def pull_images(scope: Scope, image: str) -> tuple[Statement, Statement]:
    """Pull one repository's images."""
    return (
        allow("LogInToRegistry", ("ecr:GetAuthorizationToken",), ["*"]),
        allow("PullImages", PULL, [scope.arn("ecr", f"repository/{scope.prefix}-{image}")]),
    )


def roles(scope: Scope, build: ImageBuildSettings | None) -> tuple[Role, ...]:
    """The role of image builds, where the stack has a project for them."""
    if build is None:
        return ()
    return (Role(key="image-build", trust=image_build_trust(scope), document=image_build_document(scope, build.connection_arn)),)


def log_group(scope: Scope) -> str:
    """Where builds write what they do."""
    return f"/{scope.prefix}/image-builds"


def image_build_trust(scope: Scope) -> Document:
    """CodeBuild, for this one project."""
    return service_trust(scope, "codebuild.amazonaws.com", source_arn=project_arn(scope))


def image_build_document(scope: Scope, connection_arn: str) -> Document:
    """A build: reads the repository through one connection, pushes to the two repositories, writes its log, inside our VPC."""
    return document(
        allow(
            "ReadSource",
            ("codeconnections:GetConnection", "codeconnections:GetConnectionToken", "codeconnections:UseConnection"),
            [connection_arn],
        ),
        allow("LogInToRegistry", ("ecr:GetAuthorizationToken",), ["*"]),
        allow("PushImages", PUSH, [scope.arn("ecr", f"repository/{scope.prefix}-{image}") for image in ("training", "serving")]),
        use_keys(scope, "models"),
        write_logs(scope, log_group(scope)),
        *join_vpc(scope),
    )


def start_builds(scope: Scope) -> Statement:
    """Start a build and watch it."""
    return allow("BuildImages", ("codebuild:BatchGetBuilds", "codebuild:StartBuild"), [project_arn(scope)])


def project_arn(scope: Scope) -> str:
    """The arn of the project that builds images."""
    return scope.arn("codebuild", f"project/{scope.prefix}-{BUILD_PROJECT}")
