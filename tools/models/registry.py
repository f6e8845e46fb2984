"""Reads and changes model packages: groups, versions, what a name on the command line means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final

from tools.models.errors import RegistryError, asking, is_missing
from tools.models.version import APPROVED, ModelVersion

_ARN: Final = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:model-package/[^/]+/[0-9]+")
_UNVERSIONED: Final = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:model-package/[^/]+")
_NAME: Final = re.compile(r"(?P<group>[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)(?:/(?P<version>[1-9][0-9]*))?")
_SHOWN: Final = 12


def groups(clients: Any) -> list[str]:
    """The names of all groups, sorted."""
    with asking("listing the model groups"):
        pages = clients.sagemaker.get_paginator("list_model_package_groups").paginate()
        return sorted(item["ModelPackageGroupName"] for page in pages for item in page["ModelPackageGroupSummaryList"])


def summaries(clients: Any, group: str) -> Iterator[dict[str, Any]]:
    """ListModelPackages' items of a group, the newest version first; none for a group that is not there."""
    from botocore.exceptions import ClientError

    with asking(f"listing the versions of {group}"):
        pages = clients.sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending"
        )
        try:
            found = [item for page in pages for item in page["ModelPackageSummaryList"]]
        except ClientError as error:
            if not is_missing(error):
                raise
            found = []
    yield from sorted(found, key=lambda item: -int(item["ModelPackageVersion"]))


def versions(clients: Any, group: str, *, limit: int = 0) -> list[ModelVersion]:
    """The versions of a group, the newest first; at most `limit` of them (0: all)."""
    items = list(summaries(clients, group))
    return [describe(clients, item["ModelPackageArn"]) for item in (items[:limit] if limit else items)]


def describe(clients: Any, arn: str) -> ModelVersion:
    """One version by its arn."""
    with asking(f"reading {arn}", missing=f"there is no model version {arn}; it was deleted, or it is another account's"):
        return ModelVersion.from_package(clients.sagemaker.describe_model_package(ModelPackageName=arn))


def find(clients: Any, model: str, *, aliases: Sequence[str] = ()) -> ModelVersion:
    """The version that `model` names: `group/version`, an arn, or a group, of which it is the newest.

    Raises ValueError for what is no such name, or names nothing: it lists what comes close, `aliases` of groups among it.
    """
    if _ARN.fullmatch(model):
        return describe(clients, model)
    name = _NAME.fullmatch(model)
    if _UNVERSIONED.fullmatch(model):
        raise ValueError(
            f"{model} is a model package without a group; slipway handles versions of a group, so register it in one"
        )
    if name is None:
        raise ValueError(f"{model!r} names no model; write a group, group/version (as in digits/3), or an arn")
    group, wanted = require_group(clients, name["group"], aliases=aliases), name["version"]
    items = list(summaries(clients, group))
    if not items:
        raise ValueError(f"the group {group} has no version yet; `./slipway models register JOB` registers what a job trained")
    found = [item for item in items if wanted in (None, str(item["ModelPackageVersion"]))]
    if not found:
        there = ", ".join(str(item["ModelPackageVersion"]) for item in items[:_SHOWN])
        more = ", ..." if len(items) > _SHOWN else ""
        raise ValueError(f"{group} has no version {wanted}; it has {there}{more}")
    return describe(clients, found[0]["ModelPackageArn"])


def require_group(clients: Any, group: str, *, aliases: Sequence[str] = ()) -> str:
    """The group's name. Raises ValueError with the close ones, `aliases` among them, where there is none."""
    known = groups(clients)
    if group in known:
        return group
    close = get_close_matches(group, [*aliases, *known], n=3, cutoff=0.5) or [name for name in known if group in name][:3]
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(known[:_SHOWN]) or 'none yet'}"
    raise ValueError(f"there is no model group {group!r}; {hint}")


def ensure_group(clients: Any, group: str) -> None:
    """Makes the group where it is not there."""
    from botocore.exceptions import ClientError

    with asking(f"making the model group {group}"):
        try:
            clients.sagemaker.describe_model_package_group(ModelPackageGroupName=group)
        except ClientError as error:
            if not is_missing(error):
                raise
            clients.sagemaker.create_model_package_group(ModelPackageGroupName=group)


def description_of(training_job: str) -> str:
    """A version's description; by it the version of a job is found."""
    return f"training job {training_job}"


def version_of_job(clients: Any, group: str, training_job: str) -> ModelVersion | None:
    """The version in `group` that this training job made; None where there is none."""
    for item in summaries(clients, group):
        if item.get("ModelPackageDescription") == description_of(training_job):
            return describe(clients, item["ModelPackageArn"])
    return None


def version_of_artifact(clients: Any, uri: str) -> ModelVersion | None:
    """The version, of any group, whose model.tar.gz this is; None where there is none. Describes every version: for rare use."""
    for group in groups(clients):
        for version in versions(clients, group):
            if version.artifact.uri == uri:
                return version
    return None


def newest_approved(clients: Any, group: str) -> ModelVersion | None:
    """The newest approved version of a group; None where there is none."""
    for item in summaries(clients, group):
        if item.get("ModelApprovalStatus") == APPROVED:
            return describe(clients, item["ModelPackageArn"])
    return None


def delete(clients: Any, version: ModelVersion) -> None:
    """Deletes a version; its artifact stays in S3. Raises RegistryError for an approved one: something may serve it."""
    if version.status == APPROVED:
        raise RegistryError(f"{version.name} is approved, so something may serve it; reject it first")
    with asking(f"deleting {version.name}", missing=f"{version.name} is gone already"):
        clients.sagemaker.delete_model_package(ModelPackageName=version.arn)
