"""The look-ups of KMS: keys and their names."""

from __future__ import annotations

from typing import Any

from catalog import functions
from localcloud.kernel.context import Call, Context
from localcloud.kernel.lookup import Lookup

KEY = Lookup(
    function=functions.KMS_KEY,
    service="kms",
    ask=Call(op="describe_key", take=("keyId", "grantTokens"), path="KeyMetadata"),
    id="{data.KeyId}",
    none="reading KMS Key ({keyId}): couldn't find resource",
    missing=("NotFoundException",),
    rename={"awsAccountId": "AWSAccountId", "multiRegionConfigurations": "MultiRegionConfiguration"},
    outputs={"keyId": "{keyId}"},
)


def _alias(c: Context) -> dict[str, Any] | None:
    aliases = c.every(Call(op="list_aliases", take=(), path="Aliases"))
    found = next((each for each in aliases if each["AliasName"] == c.props["name"]), None)
    if found is None:
        return None
    key = c.client().describe_key(KeyId=found.get("TargetKeyId") or c.props["name"])["KeyMetadata"]
    return {"arn": found["AliasArn"], "targetKeyId": key["KeyId"], "targetKeyArn": key["Arn"]}


ALIAS = Lookup(
    function=functions.KMS_ALIAS,
    service="kms",
    ask=_alias,
    id="{data.arn}",
    none="reading KMS Alias ({name}): couldn't find resource",
    missing=("NotFoundException",),
)

LOOKUPS = (KEY, ALIAS)
