"""A bucket's settings, a type each. Their id is the bucket's name, `bucket,owner` when an expected owner is given."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from catalog.types import s3
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import exactly_one, json_document, matches, one_of, values_at, when
from localcloud.kernel.spec import Resource, Update
from localcloud.services.s3 import lifecycle

_OWNER = matches("expectedBucketOwner", r"\d{12}", "doesn't look like AWS Account ID (exactly 12 digits)")
_NO_BUCKET = ("NoSuchBucket",)
Setting = dict[str, Any]


def _bucket(c: Context) -> str:
    return str(c.get("bucket") or c.id.partition(",")[0])


def _owner_id(c: Context) -> str:
    owner = c.props.get("expectedBucketOwner")
    return f"{c.props['bucket']},{owner}" if owner else str(c.props["bucket"])


def _put(op: str, **params: Any) -> Call:
    return Call(op=op, take=(), params={"Bucket": _bucket, **params})


def _changes(call: Any, *props: str) -> tuple[Update, ...]:
    return (Update(on=props, do=call, after_create=False),)


def _versioning(c: Context) -> None:
    wanted = c.props["versioningConfiguration"]
    # "Disabled" is the state of a bucket that never had versioning: there is nothing to put.
    if wanted["status"] == "Disabled":
        return
    request = {"Status": wanted["status"], **({"MFADelete": wanted["mfaDelete"]} if wanted.get("mfaDelete") else {})}
    c.client().put_bucket_versioning(Bucket=_bucket(c), VersioningConfiguration=request)


def _read_versioning(c: Context) -> Setting | None:
    found = c.client().get_bucket_versioning(Bucket=_bucket(c))
    status = found.get("Status") or ("Disabled" if (c.get("versioningConfiguration") or {}).get("status") == "Disabled" else None)
    if status is None:
        return None
    return {"bucket": _bucket(c), "versioningConfiguration": {"status": status, "mfaDelete": found.get("MFADelete", "")}}


def _suspend(c: Context) -> None:
    if (c.state.get("versioningConfiguration") or {}).get("status") == "Enabled":
        c.client().put_bucket_versioning(Bucket=_bucket(c), VersioningConfiguration={"Status": "Suspended"})


VERSIONING = Resource(
    type=s3.BUCKET_VERSIONING.token,
    service="s3",
    create=lambda c: _versioning(c),
    id=_owner_id,
    read=_read_versioning,
    missing=_NO_BUCKET,
    updates=_changes(_versioning, "versioningConfiguration"),
    delete=_suspend,
    replace=frozenset({"bucket", "expectedBucketOwner"}),
    computed=frozenset({"versioningConfiguration.mfaDelete"}),
    # AWS never answers MFADelete: Disabled unless it was on once.
    same={"versioningConfiguration.mfaDelete": lambda new, old: (new or "Disabled") == (old or "Disabled")},
    empty={"expectedBucketOwner": ""},
    checks=(
        one_of("versioningConfiguration.status", "Enabled", "Suspended", "Disabled"),
        one_of("versioningConfiguration.mfaDelete", "Enabled", "Disabled"),
        _OWNER,
    ),
    singleton=True,
)


def _read_encryption(c: Context) -> Setting:
    found = c.client().get_bucket_encryption(Bucket=_bucket(c))["ServerSideEncryptionConfiguration"]["Rules"]
    rules = []
    for rule in found:
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        rules.append(
            {
                "applyServerSideEncryptionByDefault": {
                    "kmsMasterKeyId": default.get("KMSMasterKeyID", ""),
                    "sseAlgorithm": default.get("SSEAlgorithm", ""),
                },
                "bucketKeyEnabled": rule.get("BucketKeyEnabled") or None,
            }
        )
    return {"bucket": _bucket(c), "rules": rules}


def _encryption(c: Context) -> Any:
    rules = []
    for rule in c.props["rules"]:
        default = rule.get("applyServerSideEncryptionByDefault") or {}
        key = {"KMSMasterKeyID": default["kmsMasterKeyId"]} if default.get("kmsMasterKeyId") else {}
        made: Setting = (
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": default.get("sseAlgorithm"), **key}} if default else {}
        )
        if rule.get("bucketKeyEnabled") is not None:
            made["BucketKeyEnabled"] = bool(rule["bucketKeyEnabled"])
        rules.append(made)
    return c.client().put_bucket_encryption(Bucket=_bucket(c), ServerSideEncryptionConfiguration={"Rules": rules})


ENCRYPTION = Resource(
    type=s3.BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION.token,
    service="s3",
    create=_encryption,
    id=_owner_id,
    read=_read_encryption,
    missing=(*_NO_BUCKET, "ServerSideEncryptionConfigurationNotFoundError"),
    updates=_changes(_encryption, "rules"),
    delete=_put("delete_bucket_encryption"),
    replace=frozenset({"bucket", "expectedBucketOwner"}),
    computed=frozenset({"rules.blockedEncryptionTypes"}),
    empty={"expectedBucketOwner": ""},
    checks=(one_of("rules.applyServerSideEncryptionByDefault.sseAlgorithm", "AES256", "aws:kms", "aws:kms:dsse"), _OWNER),
    singleton=True,
)

_FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_PUT_FLAGS = _put(
    "put_public_access_block",
    PublicAccessBlockConfiguration=lambda c: {flag[0].upper() + flag[1:]: bool(c.props.get(flag)) for flag in _FLAGS},
)

PUBLIC_ACCESS_BLOCK = Resource(
    type=s3.BUCKET_PUBLIC_ACCESS_BLOCK.token,
    service="s3",
    create=_PUT_FLAGS,
    id="{bucket}",
    read=Call(op="get_public_access_block", params={"Bucket": _bucket}, path="PublicAccessBlockConfiguration"),
    missing=(*_NO_BUCKET, "NoSuchPublicAccessBlockConfiguration"),
    updates=_changes(_PUT_FLAGS, *_FLAGS),
    delete=_put("delete_public_access_block"),
    replace=frozenset({"bucket"}),
    outputs={"bucket": _bucket},
    empty=dict.fromkeys(_FLAGS, False),
    singleton=True,
)

_PUT_POLICY = _put("put_bucket_policy", Policy="{policy}")

POLICY = Resource(
    type=s3.BUCKET_POLICY.token,
    service="s3",
    create=_PUT_POLICY,
    id="{bucket}",
    read=Call(op="get_bucket_policy", params={"Bucket": _bucket}),
    missing=(*_NO_BUCKET, "NoSuchBucketPolicy"),
    updates=_changes(_PUT_POLICY, "policy"),
    delete=_put("delete_bucket_policy"),
    replace=frozenset({"bucket"}),
    policies=frozenset({"policy"}),
    outputs={"bucket": _bucket},
    checks=(when("policy", lambda p: json_document("policy").says(p) if p.get("policy") else None),),
    singleton=True,
)


def _logging(c: Context) -> Any:
    enabled: Setting = {"TargetBucket": c.props["targetBucket"], "TargetPrefix": c.props["targetPrefix"]}
    if c.props.get("targetGrants"):
        enabled["TargetGrants"] = [
            {
                "Permission": grant["permission"],
                "Grantee": {_GRANTEE[key]: value for key, value in grant["grantee"].items() if key in _GRANTEE},
            }
            for grant in c.props["targetGrants"]
        ]
    form = c.props.get("targetObjectKeyFormat")
    if form:
        parted = form.get("partitionedPrefix")
        enabled["TargetObjectKeyFormat"] = (
            {"PartitionedPrefix": {"PartitionDateSource": parted["partitionDateSource"]}} if parted else {"SimplePrefix": {}}
        )
    return c.client().put_bucket_logging(Bucket=_bucket(c), BucketLoggingStatus={"LoggingEnabled": enabled})


_GRANTEE = {"type": "Type", "id": "ID", "uri": "URI", "emailAddress": "EmailAddress"}


def _read_logging(c: Context) -> Setting | None:
    found = c.client().get_bucket_logging(Bucket=_bucket(c)).get("LoggingEnabled")
    if not found:
        return None
    return {"targetBucket": found["TargetBucket"], "targetPrefix": found.get("TargetPrefix", ""), "bucket": _bucket(c)}


LOGGING = Resource(
    type=s3.BUCKET_LOGGING.token,
    service="s3",
    create=_logging,
    id=_owner_id,
    read=_read_logging,
    missing=_NO_BUCKET,
    updates=_changes(_logging, "targetBucket", "targetPrefix", "targetGrants", "targetObjectKeyFormat"),
    delete=_put("put_bucket_logging", BucketLoggingStatus=lambda _: {}),
    replace=frozenset({"bucket", "expectedBucketOwner"}),
    empty={"expectedBucketOwner": "", "targetGrants": [], "targetPrefix": ""},
    sets=frozenset({"targetGrants"}),
    checks=(
        one_of("targetGrants.permission", "FULL_CONTROL", "READ", "WRITE"),
        when(
            "targetObjectKeyFormat",
            lambda p: (
                exactly_one("targetObjectKeyFormat.partitionedPrefix", "targetObjectKeyFormat.simplePrefix").says(p)
                if p.get("targetObjectKeyFormat")
                else None
            ),
        ),
        _OWNER,
    ),
    singleton=True,
)

_PUT_OWNERSHIP = _put(
    "put_bucket_ownership_controls",
    OwnershipControls=lambda c: {"Rules": [{"ObjectOwnership": c.props["rule"]["objectOwnership"]}]},
)

OWNERSHIP = Resource(
    type=s3.BUCKET_OWNERSHIP_CONTROLS.token,
    service="s3",
    create=_PUT_OWNERSHIP,
    id="{bucket}",
    read=Call(op="get_bucket_ownership_controls", params={"Bucket": _bucket}, path="OwnershipControls"),
    missing=(*_NO_BUCKET, "OwnershipControlsNotFoundError"),
    updates=_changes(_PUT_OWNERSHIP, "rule"),
    delete=_put("delete_bucket_ownership_controls"),
    replace=frozenset({"bucket"}),
    outputs={"bucket": _bucket, "rule": lambda c: c.data["Rules"][0]},
    checks=(
        one_of("rule.objectOwnership", "BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"),
        when(
            "rule",
            lambda p: (
                None
                if (p.get("rule") or {}).get("objectOwnership")
                else "Missing required argument: rule.objectOwnership is required"
            ),
        ),
    ),
    singleton=True,
)

_CLASSES = ("GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "GLACIER_IR")


def _upper(value: Any) -> Any:
    """Lifecycle rules in S3's spelling: the property names are its members' but for a few."""
    if isinstance(value, list):
        return [_upper(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        _SPELLED.get(key, key[0].upper() + key[1:]): _upper(item)
        for key, item in value.items()
        if item is not None and not key.startswith("__")
    }


_SPELLED = {"id": "ID"}


def _lifecycle_rule(rule: Setting) -> Setting:
    made: Setting = _upper(rule)
    given = ((rule.get("filter") or {}).get("and") or {}).get("tags")
    if "Filter" not in made:
        made.setdefault("Prefix", "")
    for part in (made.get("Expiration"), *made.get("Transitions", ())):
        if part and part.get("Date"):
            part["Date"] = datetime.datetime.fromisoformat(part["Date"].replace("Z", "+00:00"))
    both = (made.get("Filter") or {}).get("And")
    if both and "Tags" in both:
        both["Tags"] = [{"Key": key, "Value": value} for key, value in (given or {}).items()]  # keys are the user's
    if "Filter" in made and not made["Filter"]:
        made["Filter"] = {"Prefix": ""}
    return made


def _rules_refused(props: Mapping[str, Any]) -> str | None:
    """S3's refusal of rules whose days are against each other."""
    found = next(lifecycle.faults([_lifecycle_rule(rule) for rule in props.get("rules") or ()]), None)
    return f"{found[0]}: {found[1]}" if found else None


def _lifecycle(c: Context) -> Any:
    rules = [_lifecycle_rule(rule) for rule in c.props.get("rules") or ()]
    return c.client().put_bucket_lifecycle_configuration(Bucket=_bucket(c), LifecycleConfiguration={"Rules": rules})


def _read_lifecycle(c: Context) -> Setting:
    found = c.client().get_bucket_lifecycle_configuration(Bucket=_bucket(c))["Rules"]
    wanted = {rule.get("id"): rule for rule in c.get("rules") or ()}
    rules = []
    for rule in found:
        made = {_LOWERED.get(key, key[0].lower() + key[1:]): _lower(value) for key, value in rule.items()}
        both = (made.get("filter") or {}).get("and")
        if both and isinstance(both.get("tags"), list):
            both["tags"] = {tag["key"]: tag["value"] for tag in both["tags"]}
        made.setdefault("prefix", "")
        made.setdefault("transitions", [])
        made.setdefault("noncurrentVersionTransitions", [])
        if made.get("expiration"):
            made["expiration"].setdefault("expiredObjectDeleteMarker", False)
        if made.get("filter") is not None and not any(
            made["filter"].get(key) is not None for key in ("and", "tag", "objectSizeGreaterThan", "objectSizeLessThan")
        ):
            made["filter"].setdefault("prefix", "")
        _restore(made, wanted.get(made["id"]) or {})
        rules.append(made)
    return {"bucket": _bucket(c), "rules": rules}


# Members that moto 5.2.5 takes and forgets; AWS answers them as they were put.
_FORGOTTEN = {
    "filter": ("objectSizeGreaterThan", "objectSizeLessThan"),
    "noncurrentVersionExpiration": ("newerNoncurrentVersions",),
}


def _restore(made: Setting, wanted: Setting) -> None:
    for block, members in _FORGOTTEN.items():
        for member in members:
            value = (wanted.get(block) or {}).get(member)
            if value is not None and made.get(block) is not None:
                made[block].setdefault(member, value)


_LOWERED = {"ID": "id"}


def _lower(value: Any) -> Any:
    if isinstance(value, list):
        return [_lower(item) for item in value]
    if isinstance(value, dict):
        return {_LOWERED.get(key, key[0].lower() + key[1:]): _lower(item) for key, item in value.items()}
    return value


def _dates(props: Any) -> str | None:
    for value in (*values_at(props, "rules.expiration.date"), *values_at(props, "rules.transitions.date")):
        try:
            datetime.datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        except ValueError:
            return f"a date must be RFC 3339 (2030-01-01T00:00:00Z), got {value}"
    return None


def _rule_ids(props: Any) -> str | None:
    return (
        None if all(rule.get("id") for rule in props.get("rules") or ()) else "Missing required argument: each rule needs an id"
    )


LIFECYCLE = Resource(
    type=s3.BUCKET_LIFECYCLE_CONFIGURATION.token,
    service="s3",
    create=_lifecycle,
    id=_owner_id,
    read=_read_lifecycle,
    missing=(*_NO_BUCKET, "NoSuchLifecycleConfiguration"),
    updates=_changes(_lifecycle, "rules", "transitionDefaultMinimumObjectSize"),
    delete=_put("delete_bucket_lifecycle"),
    replace=frozenset({"bucket", "expectedBucketOwner"}),
    computed=frozenset({"transitionDefaultMinimumObjectSize"}),
    empty={"expectedBucketOwner": "", "transitionDefaultMinimumObjectSize": "all_storage_classes_128K"},
    checks=(
        one_of("rules.status", "Enabled", "Disabled"),
        one_of("rules.transitions.storageClass", *_CLASSES),
        one_of("rules.noncurrentVersionTransitions.storageClass", *_CLASSES),
        when("rules", _dates),
        when("rules", _rule_ids),
        _OWNER,
    ),
    foreseen=(when("rules", _rules_refused),),
    singleton=True,
)

ROWS = (VERSIONING, ENCRYPTION, PUBLIC_ACCESS_BLOCK, POLICY, LOGGING, OWNERSHIP, LIFECYCLE)
