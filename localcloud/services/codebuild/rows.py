"""CodeBuild projects. Facts of behaviour: tests/golden/codebuild.Project.json."""

from __future__ import annotations

from typing import Any

from catalog.types import codebuild
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import arn, between, one_of
from localcloud.kernel.spec import Autoname, Resource, Tags, Update

SOURCES = (
    "CODECOMMIT", "CODEPIPELINE", "GITHUB", "GITLAB", "GITLAB_SELF_MANAGED", "S3", "BITBUCKET", "GITHUB_ENTERPRISE", "NO_SOURCE",
)  # fmt: skip
# Values that AWS fills in where the program gives none.
_FILLED = ("environment.imagePullCredentialsType", "environment.environmentVariables.type")
# The provider's defaults of an environment.
_ENVIRONMENT: dict[str, Any] = {
    "certificate": "",
    "environmentVariables": [],
    "fleet": None,
    "imagePullCredentialsType": "CODEBUILD",
    "privilegedMode": False,
    "registryCredential": None,
}
# Every property that UpdateProject takes; those left out stay as they are.
_CHANGED = (
    "artifacts", "badgeEnabled", "buildTimeout", "cache", "concurrentBuildLimit", "description", "encryptionKey", "environment",
    "fileSystemLocations", "logsConfig", "queuedTimeout", "secondaryArtifacts", "secondarySourceVersions", "secondarySources",
    "serviceRole", "source", "sourceVersion", "vpcConfig",
)  # fmt: skip


def _put_tags(c: Context, tags: dict[str, str]) -> None:
    """AWS has no call for a project's tags alone."""
    c.client().update_project(name=c.id.rpartition("/")[2], tags=[{"key": key, "value": value} for key, value in tags.items()])


def _environment(c: Context) -> dict[str, Any]:
    given = {**_ENVIRONMENT, **{key: value for key, value in c.data["environment"].items() if value is not None}}
    given["environmentVariables"] = [{"type": "PLAINTEXT", **variable} for variable in given["environmentVariables"]]
    return given


def _logs(c: Context) -> dict[str, Any]:
    """A project logs to CloudWatch unless told otherwise."""
    given = c.data.get("logsConfig") or {}
    cloud, s3 = given.get("cloudWatchLogs") or {}, given.get("s3Logs") or {}
    return {
        "cloudwatchLogs": {
            "status": cloud.get("status", "ENABLED"),
            "groupName": cloud.get("groupName", ""),
            "streamName": cloud.get("streamName", ""),
        },
        "s3Logs": {
            "status": s3.get("status", "DISABLED"),
            "location": s3.get("location", ""),
            "encryptionDisabled": s3.get("encryptionDisabled", False),
            "bucketOwnerAccess": s3.get("bucketOwnerAccess", ""),
        },
    }


PROJECT = Resource(
    type=codebuild.PROJECT.token,
    service="codebuild",
    create=Call(op="create_project", path="project"),
    id="{data.arn}",
    read=Call(op="batch_get_projects", take=(), params={"names": lambda c: [c.id]}, path="projects[0]"),
    missing=("ResourceNotFoundException",),
    updates=(
        Update(
            on=_CHANGED,
            do=Call(op="update_project", take=_CHANGED, params={"name": lambda c: c.id.rpartition("/")[2]}),
            after_create=False,
        ),
    ),
    delete=Call(op="delete_project", take=(), params={"name": lambda c: c.id.rpartition("/")[2]}),
    replace=frozenset({"name"}),
    computed=frozenset(
        {"encryptionKey", "description", "cache", "logsConfig", "logsConfig.cloudwatchLogs", "logsConfig.s3Logs", *_FILLED}
    ),
    defaults={
        "buildTimeout": 60,
        "queuedTimeout": 480,
        "badgeEnabled": False,
        "projectVisibility": "PRIVATE",
        "logsConfig.cloudwatchLogs.status": "ENABLED",
        "logsConfig.s3Logs.status": "DISABLED",
    },
    rename={"buildTimeout": "timeoutInMinutes", "queuedTimeout": "queuedTimeoutInMinutes"},
    outputs={
        "environment": _environment,
        "logsConfig": _logs,
        "badgeEnabled": lambda c: bool((c.data.get("badge") or {}).get("badgeEnabled")),
        "vpcConfig": lambda c: c.data.get("vpcConfig") or None,
    },
    empty={
        "badgeUrl": "",
        "concurrentBuildLimit": 0,
        "description": "",
        "fileSystemLocations": [],
        "projectVisibility": "PRIVATE",
        "publicProjectAlias": "",
        "resourceAccessRole": "",
        "secondaryArtifacts": [],
        "secondarySourceVersions": [],
        "secondarySources": [],
        "sourceVersion": "",
    },
    zeros=frozenset({"artifacts", "cache", "source"}),
    autoname=Autoname(limit=255),
    checks=(
        one_of("source.type", *SOURCES),
        between("buildTimeout", 5, 2160),
        arn("serviceRole"),
    ),
    tags=Tags(create="tags", form="lower", read="tags", change=_put_tags),
)

ROWS = (PROJECT,)
