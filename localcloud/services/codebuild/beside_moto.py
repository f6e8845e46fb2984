"""CodeBuild projects as AWS keeps them: moto 5.2.5 drops members that it has no name for, and has no update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.recorded import Addition, ApiCall, Refusal

# Members that moto's project has no place for. They are added to its record, so BatchGetProjects gives them back.
FORGOTTEN: Final = (
    "encryptionKey",
    "concurrentBuildLimit",
    "fileSystemLocations",
    "secondarySources",
    "secondarySourceVersions",
    "secondaryArtifacts",
    "buildBatchConfig",
)
# https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html
TIMEOUT_MINUTES: Final = 60
QUEUED_MINUTES: Final = 480


def create(call: ApiCall) -> Mapping[str, Any]:
    asked, backend = call.params, _backend(call)
    name = asked["name"]
    if name in backend.codebuild_projects:
        raise Refusal("ResourceAlreadyExistsException", f"Project already exists: {_arn(call, name)}")
    project = backend.create_project(
        project_name=name,
        description=asked.get("description"),
        project_source=asked["source"],
        artifacts=asked["artifacts"],
        environment=asked["environment"],
        service_role=asked["serviceRole"],
        tags=asked.get("tags") or [],
        cache=asked.get("cache"),
        timeout=asked.get("timeoutInMinutes") or TIMEOUT_MINUTES,
        queued_timeout=asked.get("queuedTimeoutInMinutes") or QUEUED_MINUTES,
        source_version=asked.get("sourceVersion"),
        logs_config=asked.get("logsConfig"),
        vpc_config=asked.get("vpcConfig"),
    )
    _keep(project, asked)
    return {"project": project}


def update(call: ApiCall) -> Mapping[str, Any]:
    """Changes what is named, and nothing else. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_UpdateProject.html"""
    asked = dict(call.params)
    name = asked.pop("name")
    found = _backend(call).codebuild_projects.get(name)
    if found is None:
        raise Refusal("ResourceNotFoundException", f"Project cannot be found: {_arn(call, name)}")
    project = found.project_metadata
    project |= {key: value for key, value in asked.items() if key not in (*FORGOTTEN, "badgeEnabled")}
    _keep(project, asked)
    return {"project": project}


def _keep(project: dict[str, Any], asked: Mapping[str, Any]) -> None:
    project |= {key: asked[key] for key in FORGOTTEN if key in asked}
    if "badgeEnabled" in asked:
        project["badge"] = {"badgeEnabled": asked["badgeEnabled"]}


def _backend(call: ApiCall) -> Any:
    from moto.codebuild.models import codebuild_backends

    return codebuild_backends[ACCOUNT][call.region]


def _arn(call: ApiCall, name: str) -> str:
    return f"arn:aws:codebuild:{call.region}:{ACCOUNT}:project/{name}"


ADDITION = Addition(service="codebuild", extras={"CreateProject": create, "UpdateProject": update})
