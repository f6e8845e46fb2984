"""The look-ups of secrets. What a secret holds stays secret in the engine's state too."""

from __future__ import annotations

import base64
from typing import Any

from catalog import functions
from localcloud.kernel.context import Call, Context
from localcloud.kernel.lookup import Lookup
from localcloud.kernel.rules import exactly_one


def _secret(c: Context) -> dict[str, Any]:
    client, identifier = c.client(), c.props.get("arn") or c.props.get("name")
    found: dict[str, Any] = client.describe_secret(SecretId=identifier)
    return {**found, "policy": client.get_resource_policy(SecretId=found["ARN"]).get("ResourcePolicy")}


SECRET = Lookup(
    function=functions.SECRETSMANAGER_SECRET,
    service="secretsmanager",
    ask=_secret,
    id="{data.ARN}",
    none="reading Secrets Manager Secret ({arn}{name}): couldn't find resource",
    missing=("ResourceNotFoundException",),
    checks=(exactly_one("arn", "name"),),
)


def _version(c: Context) -> dict[str, Any]:
    which = {"versionId": "VersionId"} if c.props.get("versionId") else {}
    call = Call(op="get_secret_value", take=("secretId", *which), params={} if which else {"VersionStage": _stage})
    found: dict[str, Any] = c.call(call)
    binary = found.get("SecretBinary")
    return {**found, "secretBinary": base64.b64encode(binary).decode() if binary else ""}


def _stage(c: Context) -> str:
    return str(c.props.get("versionStage") or "AWSCURRENT")


SECRET_VERSION = Lookup(
    function=functions.SECRETSMANAGER_SECRET_VERSION,
    service="secretsmanager",
    ask=_version,
    id=lambda c: f"{c.props['secretId']}|{c.props.get('versionId') or _stage(c)}",
    none="reading Secrets Manager Secret Version ({secretId}): couldn't find resource",
    missing=("ResourceNotFoundException",),
    outputs={"secretArn": "{data.ARN}", "versionStage": _stage, "secretBinary": "{data.secretBinary}"},
    secret=frozenset({"secretString", "secretBinary"}),
)

LOOKUPS = (SECRET, SECRET_VERSION)
