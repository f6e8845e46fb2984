"""Keys and their aliases. Facts of behaviour: tests/golden/kms.*.json."""

from __future__ import annotations

from typing import Any

from catalog.types import kms
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import between, json_document, length, matches, one_of, requires, when
from localcloud.kernel.spec import Autoname, Resource, Tags, Update

_SPECS = (
    *("RSA_2048", "RSA_3072", "RSA_4096", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1"),
    *("SYMMETRIC_DEFAULT", "HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512", "SM2"),
)


def _read_key(c: Context) -> dict[str, Any] | None:
    client = c.client()
    key = dict(client.describe_key(KeyId=c.id)["KeyMetadata"])
    if key["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
        return None
    key["KeyUsage"] = key.get("KeyUsage") or "ENCRYPT_DECRYPT"  # moto 5.2.5 knows no default
    key["policy"] = client.get_key_policy(KeyId=c.id, PolicyName="default")["Policy"]
    # Asymmetric keys cannot rotate, and asking is an error.
    rotation = client.get_key_rotation_status(KeyId=c.id) if key["KeyUsage"] == "ENCRYPT_DECRYPT" else {}
    key["enableKeyRotation"] = rotation.get("KeyRotationEnabled", False)
    key["rotationPeriodInDays"] = rotation.get("RotationPeriodInDays")
    return key


def _rotate(c: Context) -> None:
    client = c.client()
    if c.props.get("enableKeyRotation"):
        days = c.props.get("rotationPeriodInDays")
        client.enable_key_rotation(KeyId=c.id, **({"RotationPeriodInDays": days} if days else {}))
    else:
        client.disable_key_rotation(KeyId=c.id)


def _switch(c: Context) -> None:
    client = c.client()
    (client.enable_key if c.props.get("isEnabled", True) else client.disable_key)(KeyId=c.id)


def _policy(c: Context) -> None:
    if c.props.get("policy"):
        c.client().put_key_policy(KeyId=c.id, PolicyName="default", Policy=c.props["policy"])


KEY = Resource(
    type=kms.KEY.token,
    service="kms",
    create=Call(op="create_key", skip=("xksKeyId",), rename={"customerMasterKeySpec": "KeySpec"}),
    id="{data.KeyMetadata.KeyId}",
    read=_read_key,
    missing=("NotFoundException", "KMSInvalidStateException"),
    updates=(
        Update(on=("enableKeyRotation", "rotationPeriodInDays"), do=_rotate),
        Update(on=("isEnabled",), do=_switch),
        Update(
            on=("description",),
            do=Call(
                op="update_key_description",
                take=(),
                params={"KeyId": "{id}", "Description": lambda c: c.props.get("description", "")},
            ),
            after_create=False,
        ),
        Update(on=("policy",), do=_policy, after_create=False),
    ),
    delete=Call(
        op="schedule_key_deletion",
        params={"KeyId": "{id}", "PendingWindowInDays": lambda c: c.state.get("deletionWindowInDays") or 30},
    ),
    replace=frozenset({"customerMasterKeySpec", "keyUsage", "multiRegion", "customKeyStoreId", "xksKeyId"}),
    computed=frozenset({"description", "multiRegion", "policy", "rotationPeriodInDays"}),
    defaults={"customerMasterKeySpec": "SYMMETRIC_DEFAULT", "keyUsage": "ENCRYPT_DECRYPT", "isEnabled": True},
    empty={
        "bypassPolicyLockoutSafetyCheck": False,
        "customKeyStoreId": "",
        "description": "",
        "multiRegion": False,
        "xksKeyId": "",
        "rotationPeriodInDays": 0,
    },
    policies=frozenset({"policy"}),
    rename={"customerMasterKeySpec": "KeySpec", "isEnabled": "Enabled"},
    checks=(
        between("deletionWindowInDays", 7, 30),
        between("rotationPeriodInDays", 90, 2560),
        one_of("customerMasterKeySpec", *_SPECS),
        one_of("keyUsage", "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"),
        json_document("policy"),
        requires("rotationPeriodInDays", "enableKeyRotation"),
        length("description", 0, 8192),
    ),
    tags=Tags(
        target=("KeyId", "{id}"),
        form="kms",
        list_op="list_resource_tags",
    ),
)


def _read_alias(c: Context) -> dict[str, Any] | None:
    pages = c.client().get_paginator("list_aliases").paginate()
    found = next((alias for page in pages for alias in page["Aliases"] if alias["AliasName"] == c.id), None)
    if found is None or not found.get("TargetKeyId"):
        return None
    key = found["TargetKeyId"]
    arn = found["AliasArn"]
    return {
        "name": found["AliasName"],
        "arn": arn,
        "targetKeyId": key,
        "targetKeyArn": f"{arn.partition(':alias/')[0]}:key/{key}",
    }


def _key_id(value: Any) -> Any:
    return str(value).rpartition("key/")[2] if isinstance(value, str) else value


ALIAS = Resource(
    type=kms.ALIAS.token,
    service="kms",
    create=Call(
        op="create_alias", take=(), params={"AliasName": "{name}", "TargetKeyId": lambda c: _key_id(c.props["targetKeyId"])}
    ),
    id="{name}",
    read=_read_alias,
    missing=("NotFoundException",),
    updates=(
        Update(
            on=("targetKeyId",),
            do=Call(
                op="update_alias", take=(), params={"AliasName": "{id}", "TargetKeyId": lambda c: _key_id(c.props["targetKeyId"])}
            ),
            after_create=False,
        ),
    ),
    delete=Call(op="delete_alias", params={"AliasName": "{id}"}),
    replace=frozenset({"name", "namePrefix"}),
    computed=frozenset({"name", "namePrefix"}),
    empty={"namePrefix": ""},
    outputs={"targetKeyId": lambda c: c.data["targetKeyId"]},
    # A key's id and its arn name the same key.
    same={"targetKeyId": lambda new, old: _key_id(new) == _key_id(old)},
    autoname=Autoname(limit=256, stem="alias/"),
    checks=(
        matches("name", r"alias/[0-9A-Za-z_/-]+", "must begin with 'alias/' and be comprised of only [0-9A-Za-z_/-]"),
        when(
            "name",
            lambda p: (
                "\"name\" cannot begin with reserved AWS CMK prefix 'alias/aws/'"
                if str(p.get("name")).startswith("alias/aws/")
                else None
            ),
        ),
    ),
)

ROWS = (KEY, ALIAS)
