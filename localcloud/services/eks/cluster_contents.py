"""What lives in an EKS cluster, of which moto has nothing: add-ons, who may enter, what pods may do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.recorded import ApiCall, Recorded, Refusal
from localcloud.services.eks.clusters import MISSING, cluster_of

_EXISTS = "ResourceInUseException"


def _takes_entries(call: ApiCall) -> None:
    mode = (getattr(cluster_of(call), "accessConfig", None) or {}).get("authenticationMode", "CONFIG_MAP")
    if mode == "CONFIG_MAP":
        message = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation."
        raise Refusal("InvalidRequestException", message)


def _entry_exists(call: ApiCall) -> None:
    _takes_entries(call)
    cluster, principal = call.params["clusterName"], call.params["principalArn"]
    entries = call.store.items("eks", "access-entry", call.region)
    if not any((entry["clusterName"], entry["principalArn"]) == (cluster, principal) for entry in entries):
        message = (
            f"The specified principalArn could not be found. You must specify a principal that is in an access entry: {principal}"
        )
        raise Refusal(MISSING, message)


def _account_is_free(call: ApiCall) -> None:
    """Refuses a second role for one service account."""
    cluster_of(call)
    names = ("clusterName", "namespace", "serviceAccount")
    for other in call.store.items("eks", "pod-identity-association", call.region):
        if all(other[name] == call.params[name] for name in names):
            raise Refusal(_EXISTS, f"Association already exists: {other['associationId']}")


def _times() -> dict[str, Any]:
    now = datetime.now(UTC)
    return {"createdAt": now, "modifiedAt": now}


def _addon(call: ApiCall) -> Mapping[str, Any]:
    cluster, name = call.params["clusterName"], call.params["addonName"]
    arn = f"arn:aws:eks:{call.region}:{ACCOUNT}:addon/{cluster}/{name}/{call.new_id()}"
    return {
        "addonArn": arn,
        "status": "ACTIVE",
        "addonVersion": call.params.get("addonVersion", "v1.0.0-eksbuild.1"),
        "health": {"issues": []},
        "podIdentityAssociations": [],
        **_times(),
    }


def _addon_answer(call: ApiCall, item: dict[str, Any]) -> Mapping[str, Any]:
    """UpdateAddon answers with the update, not with the add-on, and takes away a role that it does not name."""
    if call.operation != "UpdateAddon":
        return {"addon": item}
    if "serviceAccountRoleArn" not in call.params:
        item.pop("serviceAccountRoleArn", None)
    return {"update": {"id": call.new_id(), "status": "Successful", "type": "AddonUpdate", "createdAt": datetime.now(UTC)}}


def _access_entry(call: ApiCall) -> Mapping[str, Any]:
    cluster, principal = call.params["clusterName"], call.params["principalArn"]
    kind, _, name = principal.rpartition(":")[2].partition("/")
    return {
        "accessEntryArn": f"arn:aws:eks:{call.region}:{ACCOUNT}:access-entry/{cluster}/{kind}/{ACCOUNT}/{name}/{call.new_id()}",
        "type": call.params.get("type", "STANDARD"),
        "username": call.params.get("username") or f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{{{{SessionName}}}}",
        "kubernetesGroups": call.params.get("kubernetesGroups", []),
        "tags": call.params.get("tags", {}),
        **_times(),
    }


def _pod_identity(call: ApiCall) -> Mapping[str, Any]:
    identifier = call.new_id("a-")
    cluster = call.params["clusterName"]
    return {
        "associationId": identifier,
        "associationArn": f"arn:aws:eks:{call.region}:{ACCOUNT}:podidentityassociation/{cluster}/{identifier}",
        "disableSessionTags": call.params.get("disableSessionTags", False),
        "tags": call.params.get("tags", {}),
        **_times(),
    }


def _entry(call: ApiCall, item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer about an access entry. With a deleted entry go the policies that were associated with it."""
    if call.operation == "DeleteAccessEntry":
        call.store.forget("eks", call.region, clusterName=item["clusterName"], principalArn=item["principalArn"])
        return {}
    return {"accessEntry": item}


def _associated(call: ApiCall, item: Mapping[str, Any]) -> Mapping[str, Any]:
    if call.operation != "AssociateAccessPolicy":
        return {}
    return {"clusterName": item["clusterName"], "principalArn": item["principalArn"], "associatedAccessPolicy": item}


RECORDED = (
    Recorded(
        service="eks",
        noun="addon",
        key=("clusterName", "addonName"),
        operations={
            "CreateAddon": "create",
            "DescribeAddon": "describe",
            "ListAddons": "list",
            "UpdateAddon": "update",
            "DeleteAddon": "delete",
        },
        output="addon",
        listed=("addons", "addonName"),
        made=_addon,
        arn="addonArn",
        missing=(MISSING, "No addon: {1} found in cluster: {0}"),
        exists=(_EXISTS, "Addon already exists: {1}"),
        parent=cluster_of,
        filters={"clusterName": "clusterName"},
        drop=frozenset({"clientRequestToken", "resolveConflicts", "podIdentityAssociations"}),
        wrap=_addon_answer,
    ),
    Recorded(
        service="eks",
        noun="access-entry",
        key=("clusterName", "principalArn"),
        operations={
            "CreateAccessEntry": "create",
            "DescribeAccessEntry": "describe",
            "ListAccessEntries": "list",
            "UpdateAccessEntry": "update",
            "DeleteAccessEntry": "delete",
        },
        output="accessEntry",
        listed=("accessEntries", "principalArn"),
        made=_access_entry,
        arn="accessEntryArn",
        missing=(
            MISSING,
            "The specified principalArn could not be found. You must specify a principal that is in an access entry: {1}",
        ),
        exists=(_EXISTS, "The specified access entry resource is already in use on this cluster: {1}"),
        parent=_takes_entries,
        filters={"clusterName": "clusterName"},
        wrap=_entry,
    ),
    Recorded(
        service="eks",
        noun="access-policy-association",
        key=("clusterName", "principalArn", "policyArn"),
        operations={
            "AssociateAccessPolicy": "create",
            "DisassociateAccessPolicy": "delete",
            "ListAssociatedAccessPolicies": "list",
        },
        output="",
        listed=("associatedAccessPolicies", ""),
        made=lambda _: {"associatedAt": datetime.now(UTC), "modifiedAt": datetime.now(UTC)},
        arn="",
        missing=(MISSING, "The policy {2} is not associated with {1}"),
        exists=(_EXISTS, "The policy {2} is already associated with {1}"),
        parent=_entry_exists,
        filters={"clusterName": "clusterName", "principalArn": "principalArn"},
        wrap=_associated,
    ),
    Recorded(
        service="eks",
        noun="pod-identity-association",
        key=("clusterName", "associationId"),
        operations={
            "CreatePodIdentityAssociation": "create",
            "DescribePodIdentityAssociation": "describe",
            "ListPodIdentityAssociations": "list",
            "UpdatePodIdentityAssociation": "update",
            "DeletePodIdentityAssociation": "delete",
        },
        output="association",
        listed=("associations", ""),
        made=_pod_identity,
        arn="associationArn",
        missing=(MISSING, "No pod identity association {1} found in cluster {0}"),
        exists=(_EXISTS, "Association already exists: {1}"),
        parent=_account_is_free,
        filters={"clusterName": "clusterName", "namespace": "namespace", "serviceAccount": "serviceAccount"},
    ),
)
