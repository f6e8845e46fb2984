"""Image repositories and their lifecycle. Facts of behaviour: tests/golden/ecr.*.json."""

from __future__ import annotations

from typing import Any

from catalog.types import ecr
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import json_document, one_of
from localcloud.kernel.spec import Autoname, Resource, Tags, Update


def _scan(c: Context) -> None:
    wanted = {"scanOnPush": _scans(c.props.get("imageScanningConfiguration"))}
    c.client().put_image_scanning_configuration(repositoryName=c.id, imageScanningConfiguration=wanted)


REPOSITORY = Resource(
    type=ecr.REPOSITORY.token,
    service="ecr",
    create=Call(
        op="create_repository",
        skip=("imageTagMutabilityExclusionFilters", "encryptionConfigurations"),
        rename={"name": "repositoryName"},
        params={"encryptionConfiguration": lambda c: _encryption(c)},
    ),
    id="{name}",
    read=Call(op="describe_repositories", params={"repositoryNames": lambda c: [c.id]}, path="repositories[0]"),
    missing=("RepositoryNotFoundException",),
    updates=(
        Update(
            on=("imageTagMutability",),
            do=Call(op="put_image_tag_mutability", take=("imageTagMutability",), params={"repositoryName": "{id}"}),
            after_create=False,
        ),
        Update(on=("imageScanningConfiguration",), do=_scan, after_create=False),
    ),
    delete=Call(op="delete_repository", params={"repositoryName": "{id}", "force": lambda c: bool(c.state.get("forceDelete"))}),
    replace=frozenset({"name", "encryptionConfigurations"}),
    computed=frozenset({"encryptionConfigurations", "encryptionConfigurations.kmsKey"}),
    unset={"encryptionConfigurations": [{"encryptionType": "AES256"}]},
    defaults={"imageTagMutability": "MUTABLE"},
    rename={
        "name": "repositoryName",
        "arn": "repositoryArn",
        "repositoryUrl": "repositoryUri",
        "encryptionConfigurations": "encryptionConfiguration",
    },
    outputs={
        "encryptionConfigurations": lambda c: [
            {"kmsKey": "", **(c.data.get("encryptionConfiguration") or {"encryptionType": "AES256"})}
        ]
    },
    # No scanning block and a block that turns scanning off mean the same.
    same={"imageScanningConfiguration": lambda new, old: _scans(new) == _scans(old)},
    autoname=Autoname(limit=256, lower=True),
    checks=(
        one_of("imageTagMutability", "MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"),
        one_of("encryptionConfigurations.encryptionType", "AES256", "KMS", "KMS_DSSE"),
    ),
    tags=Tags(
        create="tags",
        target=("resourceArn", "{arn}"),
        add_member="tags",
        remove_member="tagKeys",
        list_op="list_tags_for_resource",
        list_path="tags",
    ),
    freed={"forceDelete": True},
)


def _scans(configuration: Any) -> bool:
    return bool((configuration or {}).get("scanOnPush"))


def _encryption(c: Context) -> dict[str, str] | None:
    wanted = c.props.get("encryptionConfigurations")
    if not wanted:
        return None
    key = {"kmsKey": wanted[0]["kmsKey"]} if wanted[0].get("kmsKey") else {}
    return {"encryptionType": wanted[0].get("encryptionType", "AES256"), **key}


LIFECYCLE_POLICY = Resource(
    type=ecr.LIFECYCLE_POLICY.token,
    service="ecr",
    create=Call(op="put_lifecycle_policy", take=(), params={"repositoryName": "{repository}", "lifecyclePolicyText": "{policy}"}),
    id="{repository}",
    read=Call(op="get_lifecycle_policy", params={"repositoryName": "{id}"}),
    missing=("LifecyclePolicyNotFoundException", "RepositoryNotFoundException"),
    delete=Call(op="delete_lifecycle_policy", params={"repositoryName": "{id}"}),
    replace=frozenset({"repository", "policy"}),
    json=frozenset({"policy"}),
    rename={"repository": "repositoryName", "policy": "lifecyclePolicyText"},
    checks=(json_document("policy"),),
    singleton=True,
)

_PUT_POLICY = Call(op="set_repository_policy", take=(), params={"repositoryName": "{repository}", "policyText": "{policy}"})

REPOSITORY_POLICY = Resource(
    type=ecr.REPOSITORY_POLICY.token,
    service="ecr",
    create=_PUT_POLICY,
    id="{repository}",
    read=Call(op="get_repository_policy", params={"repositoryName": "{id}"}),
    missing=("RepositoryPolicyNotFoundException", "RepositoryNotFoundException"),
    updates=(Update(on=("policy",), do=_PUT_POLICY, after_create=False),),
    delete=Call(op="delete_repository_policy", params={"repositoryName": "{id}"}),
    replace=frozenset({"repository"}),
    policies=frozenset({"policy"}),
    rename={"repository": "repositoryName", "policy": "policyText"},
    outputs={"registryId": "{account}"},
    checks=(json_document("policy"),),
    singleton=True,
)

ROWS = (REPOSITORY, LIFECYCLE_POLICY, REPOSITORY_POLICY)
