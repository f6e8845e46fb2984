"""What the project that builds images may do, and who may start it. Plain values, like `iam_documents`."""

from __future__ import annotations

from typing import Final

from infra.base.iam import (
    Document,
    Scope,
    Statement,
    allow,
    document,
    join_vpc,
    service_trust,
    use_keys,
    write_logs,
)

# What a push reads and writes. https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
PUSH: Final = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
PROJECT: Final = "images"


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
    return scope.arn("codebuild", f"project/{scope.prefix}-{PROJECT}")
