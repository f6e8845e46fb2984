"""Secrets and their versions; a value gets into no log and no error. Facts of behaviour: tests/golden/secretsmanager.*.json."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from typing import Any

from catalog.types import secretsmanager
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import conflicts, json_document, matches, requires, when
from localcloud.kernel.spec import Autoname, Resource, Tags, Update

_GONE = ("ResourceNotFoundException",)
_CURRENT = "AWSCURRENT"


def _read_secret(c: Context) -> dict[str, Any] | None:
    """A secret that waits for its deletion is gone."""
    secret = c.client().describe_secret(SecretId=c.id)
    if secret.get("DeletedDate"):
        return None
    return {**secret, "policy": c.client().get_resource_policy(SecretId=c.id).get("ResourcePolicy")}


def _replicas(wanted: Any) -> list[dict[str, str]]:
    names = {"region": "Region", "kmsKeyId": "KmsKeyId"}
    return [{names[key]: replica[key] for key in names if replica.get(key)} for replica in wanted or ()]


def _change_replicas(c: Context) -> None:
    wanted = _replicas(c.props.get("replicas"))
    old = _replicas(c.state.get("replicas"))
    gone = [replica["Region"] for replica in old if replica not in wanted]
    if gone:
        c.client().remove_regions_from_replication(SecretId=c.id, RemoveReplicaRegions=gone)
    new = [replica for replica in wanted if replica not in old]
    if new:
        force = bool(c.props.get("forceOverwriteReplicaSecret"))
        c.client().replicate_secret_to_regions(SecretId=c.id, AddReplicaRegions=new, ForceOverwriteReplicaSecret=force)


def _change_policy(c: Context) -> None:
    if c.props.get("policy") not in (None, "", "{}"):
        c.client().put_resource_policy(SecretId=c.id, ResourcePolicy=c.props["policy"])
    else:
        c.client().delete_resource_policy(SecretId=c.id)


def _delete_secret(c: Context) -> None:
    """Deletes at once with a window of 0, or when the creation failed: the name of a secret that waits cannot be used again."""
    client, replicas = c.client(), _replicas(c.state.get("replicas"))
    if replicas:
        client.remove_regions_from_replication(SecretId=c.id, RemoveReplicaRegions=[replica["Region"] for replica in replicas])
    days = c.state.get("recoveryWindowInDays", 30) if c.state else 0
    if not days:
        client.delete_secret(SecretId=c.id, ForceDeleteWithoutRecovery=True)
    elif not client.describe_secret(SecretId=c.id).get("DeletedDate"):
        client.delete_secret(SecretId=c.id, RecoveryWindowInDays=int(days))


def _window(props: Mapping[str, Any]) -> str | None:
    days = props.get("recoveryWindowInDays")
    return None if not days or 7 <= days <= 30 else f"expected recoveryWindowInDays to be 0 or in the range (7 - 30), got {days}"


SECRET = Resource(
    type=secretsmanager.SECRET.token,
    service="secretsmanager",
    create=Call(
        op="create_secret",
        take=("name", "description", "kmsKeyId", "forceOverwriteReplicaSecret", "type"),
        params={"AddReplicaRegions": lambda c: _replicas(c.props.get("replicas")) or None},
    ),
    id="{data.ARN}",
    read=_read_secret,
    missing=_GONE,
    updates=(
        Update(
            on=("description", "kmsKeyId"),
            do=Call(
                op="update_secret",
                take=("kmsKeyId",),
                params={"SecretId": "{id}", "Description": lambda c: c.props.get("description", "")},
            ),
            after_create=False,
        ),
        Update(on=("policy",), do=_change_policy),
        Update(on=("replicas",), do=_change_replicas, after_create=False),
    ),
    delete=_delete_secret,
    replace=frozenset({"name", "namePrefix", "type"}),
    computed=frozenset(
        {
            *("name", "namePrefix", "policy", "replicas", "replicas.kmsKeyId", "replicas.lastAccessedDate", "replicas.status"),
            *("replicas.statusMessage", "type"),
        }
    ),
    defaults={"recoveryWindowInDays": 30, "forceOverwriteReplicaSecret": False},
    empty={
        **dict.fromkeys(("description", "kmsKeyId", "namePrefix", "policy"), ""),
        "forceOverwriteReplicaSecret": False,
        "recoveryWindowInDays": 30,
        "replicas": [],
    },
    policies=frozenset({"policy"}),
    sets=frozenset({"replicas"}),
    rename={"replicas": "ReplicationStatus"},
    autoname=Autoname(limit=512),
    checks=(
        when("recoveryWindowInDays", _window),
        matches("name", r"[0-9A-Za-z/_+=.@-]{1,512}", "must contain only alphanumeric characters and the characters /_+=.@-"),
        json_document("policy"),
    ),
    tags=Tags(target=("SecretId", "{id}"), read="Tags"),
    freed={"recoveryWindowInDays": 0},
)

_VALUES = {"secretString": "SecretString", "secretStringWo": "SecretString", "secretBinary": "SecretBinary"}


def _put(c: Context) -> Any:
    """A binary value comes in base64, and the client encodes it again."""
    given = {member: c.props[prop] for prop, member in _VALUES.items() if c.props.get(prop)}
    if "SecretBinary" in given:
        given["SecretBinary"] = base64.b64decode(given["SecretBinary"])
    if c.props.get("versionStages"):
        given["VersionStages"] = list(c.props["versionStages"])
    # AWS takes the token for the version's id; pulumi-aws's tokens begin so.
    token = f"terraform-{uuid.uuid4().hex[:26]}"
    return c.client().put_secret_value(SecretId=c.props["secretId"], ClientRequestToken=token, **given)


def _read_version(c: Context) -> dict[str, Any] | None:
    secret, _, version = c.id.rpartition("|")
    if c.client().describe_secret(SecretId=secret).get("DeletedDate"):
        return None
    found = c.client().get_secret_value(SecretId=secret, VersionId=version)
    if not found.get("VersionStages"):  # AWS may delete a version without a stage at any time
        return None
    hidden = bool(c.get("secretStringWo") or c.get("hasSecretStringWo"))
    binary = base64.b64encode(found["SecretBinary"]).decode() if found.get("SecretBinary") else ""
    return {
        "arn": found["ARN"],
        "secretArn": found["ARN"],
        "secretId": c.get("secretId") or secret,
        "versionId": version,
        "versionStages": found["VersionStages"],
        "secretString": "" if hidden else found.get("SecretString", ""),
        "secretBinary": binary,
        "hasSecretStringWo": hidden or None,
    }


def _change_stages(c: Context) -> None:
    """A stage is on one version at a time: it is taken from where it is. AWS itself puts AWSPREVIOUS where the current was."""
    client, secret, version = c.client(), c.get("secretId"), c.id.rpartition("|")[2]
    holders = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
    wanted, there = set(c.props.get("versionStages") or ()), set(holders.get(version, ()))
    for stage in sorted(wanted - there):
        holder = next((other for other, stages in holders.items() if stage in stages), None)
        taken = {"RemoveFromVersionId": holder} if holder else {}
        client.update_secret_version_stage(SecretId=secret, VersionStage=stage, MoveToVersionId=version, **taken)
    for stage in sorted(there - wanted - {_CURRENT, "AWSPREVIOUS"}):
        client.update_secret_version_stage(SecretId=secret, VersionStage=stage, RemoveFromVersionId=version)


def _delete_version(c: Context) -> None:
    """AWS deletes no version: it loses its stages, all but the current one, and goes with its secret."""
    secret, _, version = c.id.rpartition("|")
    answer = c.client().describe_secret(SecretId=secret)
    for stage in answer.get("VersionIdsToStages", {}).get(version, ()):
        if stage != _CURRENT and not answer.get("DeletedDate"):
            c.client().update_secret_version_stage(SecretId=secret, VersionStage=stage, RemoveFromVersionId=version)


VERSION = Resource(
    type=secretsmanager.SECRET_VERSION.token,
    service="secretsmanager",
    create=_put,
    id=lambda c: f"{c.props['secretId']}|{c.data['VersionId']}",
    read=_read_version,
    missing=_GONE,
    updates=(Update(on=("versionStages",), do=_change_stages, after_create=False),),
    delete=_delete_version,
    replace=frozenset({"secretId", "secretString", "secretBinary", "secretStringWoVersion"}),
    computed=frozenset({"versionStages"}),
    empty={"secretBinary": "", "secretString": ""},
    sets=frozenset({"versionStages"}),
    # Write-only: it is never in the state, so only its version number tells of a change.
    same={"secretStringWo": lambda new, old: True},
    outputs={
        "secretStringWo": lambda c: "" if c.data["hasSecretStringWo"] else None,
        **{name: f"{{data.{name}}}" for name in ("secretString", "secretBinary", "versionStages")},
    },
    checks=(
        conflicts("secretString", "secretBinary", "secretStringWo"),
        requires("secretStringWoVersion", "secretStringWo"),
    ),
)

ROWS = (SECRET, VERSION)
