"""What lives in a cluster: add-ons, who may enter, what pods may do. Facts of behaviour: tests/golden/eks.*.json."""

from __future__ import annotations

from typing import Any

from catalog.types import eks
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import arn, length, one_of
from localcloud.kernel.spec import Resource, Update
from localcloud.services.eks.rows import GONE, eks_tags

_ADDON = {"clusterName": "{clusterName}", "addonName": "{addonName}"}


def _change_addon(c: Context) -> None:
    """AWS takes all settings each time; a role that is not named again is removed."""
    given = {
        prop: c.props[prop] for prop in ("addonVersion", "configurationValues", "serviceAccountRoleArn") if c.props.get(prop)
    }
    if "podIdentityAssociations" in c.changed:
        given["podIdentityAssociations"] = list(c.props.get("podIdentityAssociations") or ())
    if c.props.get("resolveConflictsOnUpdate"):
        given["resolveConflicts"] = c.props["resolveConflictsOnUpdate"]
    c.client().update_addon(clusterName=c.get("clusterName"), addonName=c.get("addonName"), **given)


ADDON = Resource(
    type=eks.ADDON.token,
    service="eks",
    create=Call(op="create_addon", params={"resolveConflicts": "{resolveConflictsOnCreate}"}),
    id="{clusterName}:{addonName}",
    read=Call(op="describe_addon", params=_ADDON, path="addon"),
    missing=GONE,
    updates=(
        Update(
            on=("addonVersion", "configurationValues", "serviceAccountRoleArn", "podIdentityAssociations"),
            do=_change_addon,
            after_create=False,
        ),
    ),
    delete=Call(op="delete_addon", params={**_ADDON, "preserve": lambda c: True if c.state.get("preserve") else None}),
    replace=frozenset({"clusterName", "addonName", "namespaceConfig"}),
    computed=frozenset({"addonVersion", "configurationValues", "namespaceConfig"}),
    sets=frozenset({"podIdentityAssociations"}),
    rename={"arn": "addonArn"},
    outputs={
        "serviceAccountRoleArn": lambda c: c.data.get("serviceAccountRoleArn") or None,
        "configurationValues": lambda c: c.data.get("configurationValues", ""),
        "podIdentityAssociations": lambda c: c.get("podIdentityAssociations") or [],
    },
    checks=(
        length("addonName", 1, 100),
        one_of("resolveConflictsOnCreate", "NONE", "OVERWRITE"),
        one_of("resolveConflictsOnUpdate", "NONE", "OVERWRITE", "PRESERVE"),
        arn("serviceAccountRoleArn"),
        arn("podIdentityAssociations.roleArn"),
    ),
    tags=eks_tags(),
    recorded=True,
)

_ENTRY = {"clusterName": "{clusterName}", "principalArn": "{principalArn}"}

ACCESS_ENTRY = Resource(
    type=eks.ACCESS_ENTRY.token,
    service="eks",
    create=Call(op="create_access_entry"),
    id="{clusterName}:{principalArn}",
    read=Call(op="describe_access_entry", params=_ENTRY, path="accessEntry"),
    missing=GONE,
    updates=(
        Update(
            on=("kubernetesGroups", "userName"),
            do=Call(op="update_access_entry", take=("kubernetesGroups", "userName"), params=_ENTRY),
            after_create=False,
        ),
    ),
    delete=Call(op="delete_access_entry", params=_ENTRY),
    replace=frozenset({"clusterName", "principalArn", "type"}),
    computed=frozenset({"kubernetesGroups", "userName"}),
    defaults={"type": "STANDARD"},
    sets=frozenset({"kubernetesGroups"}),
    rename={"userName": "username"},
    checks=(
        arn("principalArn"),
        one_of("type", "STANDARD", "FARGATE_LINUX", "EC2_LINUX", "EC2_WINDOWS", "EC2", "HYBRID_LINUX", "HYPERPOD_LINUX"),
    ),
    tags=eks_tags("{accessEntryArn}"),
    recorded=True,
)


def _read_policy(c: Context) -> dict[str, Any] | None:
    pages = (
        c.client()
        .get_paginator("list_associated_access_policies")
        .paginate(clusterName=c.get("clusterName"), principalArn=c.get("principalArn"))
    )
    found = (policy for page in pages for policy in page["associatedAccessPolicies"])
    policy = next((policy for policy in found if policy["policyArn"] == c.get("policyArn")), None)
    return policy and {**policy, "clusterName": c.get("clusterName"), "principalArn": c.get("principalArn")}


ACCESS_POLICY_ASSOCIATION = Resource(
    type=eks.ACCESS_POLICY_ASSOCIATION.token,
    service="eks",
    create=Call(op="associate_access_policy"),
    id="{clusterName}#{principalArn}#{policyArn}",
    read=_read_policy,
    missing=GONE,
    delete=Call(op="disassociate_access_policy", params={**_ENTRY, "policyArn": "{policyArn}"}),
    replace=frozenset({"clusterName", "principalArn", "policyArn", "accessScope"}),
    sets=frozenset({"accessScope.namespaces"}),
    checks=(arn("principalArn"), arn("policyArn")),
    recorded=True,
)


def _read_association(c: Context) -> dict[str, Any] | None:
    """An import names it by `cluster,id`, or by the id alone, which is looked for."""
    cluster, _, identifier = c.id.rpartition(",")
    client, cluster = c.client(), cluster or c.get("clusterName")
    for name in [cluster] if cluster else client.list_clusters()["clusters"]:
        listed = client.get_paginator("list_pod_identity_associations").paginate(clusterName=name)
        if any(item["associationId"] == identifier for page in listed for item in page["associations"]):
            c.id = identifier
            answer = client.describe_pod_identity_association(clusterName=name, associationId=identifier)
            found: dict[str, Any] = answer["association"]
            return found
    return None


_ASSOCIATION = {"clusterName": "{clusterName}", "associationId": "{id}"}

POD_IDENTITY_ASSOCIATION = Resource(
    type=eks.POD_IDENTITY_ASSOCIATION.token,
    service="eks",
    create=Call(op="create_pod_identity_association"),
    id="{data.association.associationId}",
    read=_read_association,
    missing=GONE,
    updates=(
        Update(
            on=("roleArn", "targetRoleArn", "disableSessionTags", "policy"),
            do=Call(
                op="update_pod_identity_association",
                take=("roleArn", "targetRoleArn", "disableSessionTags", "policy"),
                params=_ASSOCIATION,
            ),
            after_create=False,
        ),
    ),
    delete=Call(op="delete_pod_identity_association", params=_ASSOCIATION),
    replace=frozenset({"clusterName", "namespace", "serviceAccount"}),
    computed=frozenset({"disableSessionTags"}),
    policies=frozenset({"policy"}),
    checks=(arn("roleArn"), arn("targetRoleArn")),
    tags=eks_tags("{associationArn}"),
    recorded=True,
)

ROWS = (ADDON, ACCESS_ENTRY, ACCESS_POLICY_ASSOCIATION, POD_IDENTITY_ASSOCIATION)
