"""The steps of the state: the KMS key of its secrets, and the S3 bucket that holds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from catalog.tags import DataClass
from tools.bootstrap.account import Account, merged, missing_tags, parsed, same_document, tag_list
from tools.bootstrap.errors import BootstrapError, code_of
from tools.bootstrap.state_policies import bucket_policy, key_policy, lifecycle_rules
from tools.bootstrap.step import Step
from tools.bootstrap.target import KEY_ALIAS

STATE_KEY: Final = "state key"
BUCKET: Final = "state bucket"
# The statement in the default policy of KMS, which allows everybody with kms:* in IAM. Ours replaces it with single actions.
KMS_DEFAULT_SID: Final = "Enable IAM User Permissions"
_PUBLIC: Final = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
# The error codes of S3 for a bucket that does not exist and for a property that a bucket does not have.
_NOTHING: Final = frozenset(
    {
        "404", "NoSuchBucket", "NoSuchBucketPolicy", "NoSuchLifecycleConfiguration", "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet", "OwnershipControlsNotFoundError", "ServerSideEncryptionConfigurationNotFoundError",
    }
)  # fmt: skip


def key_steps() -> Iterator[Step]:
    yield Step(thing=STATE_KEY, aspect="key", look=_find_key, want=lambda a: a.key_arn, put=_make_key)
    yield Step(thing=STATE_KEY, aspect="alias", look=_alias, want=lambda a: a.key_arn, put=_put_alias)
    yield Step(thing=STATE_KEY, aspect="enabled", look=_key_state, want=lambda a: "Enabled", put=_enable_key)
    yield Step(
        thing=STATE_KEY,
        aspect="rotation",
        look=_with_key(lambda a: a.kms.get_key_rotation_status(KeyId=a.key_arn)["KeyRotationEnabled"] or None),
        want=lambda a: True,
        put=lambda a: a.kms.enable_key_rotation(KeyId=a.key_arn),
    )
    yield Step(
        thing=STATE_KEY,
        aspect="policy",
        look=_with_key(_key_policy),
        want=_wanted_key_policy,
        put=lambda a: a.kms.put_key_policy(KeyId=a.key_arn, PolicyName="default", Policy=json.dumps(_wanted_key_policy(a))),
        same=same_document,
    )
    yield Step(
        thing=STATE_KEY,
        aspect="tags",
        look=_with_key(lambda a: not _missing_key_tags(a)),
        want=lambda a: True,
        put=lambda a: a.kms.tag_resource(KeyId=a.key_arn, Tags=tag_list(_missing_key_tags(a), "TagKey", "TagValue")),
    )


def bucket_steps() -> Iterator[Step]:
    yield Step(thing=BUCKET, aspect="bucket", look=_find_bucket, want=lambda a: True, put=_make_bucket)
    yield Step(
        thing=BUCKET,
        aspect="no public access",
        look=_of_bucket("get_public_access_block", "PublicAccessBlockConfiguration"),
        want=lambda a: _PUBLIC,
        put=lambda a: a.s3.put_public_access_block(**_named(a), PublicAccessBlockConfiguration=_PUBLIC),
    )
    ownership = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    yield Step(
        thing=BUCKET,
        aspect="owner of every object",
        look=_of_bucket("get_bucket_ownership_controls", "OwnershipControls"),
        want=lambda a: ownership,
        put=lambda a: a.s3.put_bucket_ownership_controls(**_named(a), OwnershipControls=ownership),
    )
    yield Step(
        thing=BUCKET,
        aspect="versions",
        look=_of_bucket("get_bucket_versioning", "Status"),
        want=lambda a: "Enabled",
        put=lambda a: a.s3.put_bucket_versioning(**_named(a), VersioningConfiguration={"Status": "Enabled"}),
    )
    yield Step(
        thing=BUCKET,
        aspect="encryption under the state key",
        look=_encryption,
        want=lambda a: ("aws:kms", a.key_arn, True),
        put=_put_encryption,
    )
    yield Step(
        thing=BUCKET,
        aspect="policy",
        look=_bucket_policy,
        want=_wanted_bucket_policy,
        put=lambda a: a.s3.put_bucket_policy(**_named(a), Policy=json.dumps(_wanted_bucket_policy(a))),
        same=same_document,
    )
    yield Step(
        thing=BUCKET,
        aspect="lifecycle",
        look=_of_bucket("get_bucket_lifecycle_configuration", "Rules"),
        want=_wanted_rules,
        put=lambda a: a.s3.put_bucket_lifecycle_configuration(**_named(a), LifecycleConfiguration={"Rules": _wanted_rules(a)}),
        same=same_document,
    )
    yield Step(
        thing=BUCKET,
        aspect="tags",
        look=lambda a: None if (found := _bucket_tags(a)) is None else not missing_tags(found, _tags_of_bucket(a)),
        want=lambda a: True,
        # The call replaces all tags, so the bucket's present tags are sent along.
        put=lambda a: a.s3.put_bucket_tagging(
            **_named(a), Tagging={"TagSet": tag_list({**_tags_of_bucket(a), **(_bucket_tags(a) or {})})}
        ),
    )


def _find_key(account: Account) -> str | None:
    """The key's arn: that of the alias, else of a key with our tags, whose run was interrupted before it made the alias."""
    account.key_arn = _alias(account) or _key_without_alias(account)
    return account.key_arn or None


def _key_without_alias(account: Account) -> str:
    wanted = dict(_tags_of_key(account))
    for page in account.kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            found = account.kms.describe_key(KeyId=key["KeyArn"])["KeyMetadata"]
            if found["KeyManager"] == "CUSTOMER" and found["KeyState"] in ("Enabled", "Disabled"):
                tags = _key_tags(account, key["KeyArn"])
                if all(tags.get(name) == wanted[name] for name in ("Name", "ManagedBy")):
                    return str(key["KeyArn"])
    return ""


def _make_key(account: Account) -> None:
    made = account.kms.create_key(
        Description="State of Pulumi and the secrets in it",
        Policy=json.dumps(key_policy(account.target)),
        Tags=tag_list(_tags_of_key(account), "TagKey", "TagValue"),
    )
    account.key_arn = str(made["KeyMetadata"]["Arn"])


def _alias(account: Account) -> str | None:
    try:
        return str(account.kms.describe_key(KeyId=KEY_ALIAS)["KeyMetadata"]["Arn"])
    except account.kms.exceptions.NotFoundException:
        return None


def _put_alias(account: Account) -> None:
    account.kms.create_alias(AliasName=KEY_ALIAS, TargetKeyId=account.key_arn)


def _key_state(account: Account) -> str | None:
    return str(account.kms.describe_key(KeyId=account.key_arn)["KeyMetadata"]["KeyState"]) if account.key_arn else None


def _enable_key(account: Account) -> None:
    key_id = account.key_arn.rpartition("/")[2]
    if _key_state(account) == "PendingDeletion":
        account.kms.cancel_key_deletion(KeyId=key_id)
    account.kms.enable_key(KeyId=key_id)


def _key_policy(account: Account) -> dict[str, Any]:
    return parsed(account.kms.get_key_policy(KeyId=account.key_arn, PolicyName="default")["Policy"], f"the policy of {STATE_KEY}")


def _wanted_key_policy(account: Account) -> dict[str, Any]:
    found = _key_policy(account) if account.key_arn else None
    return merged(found, key_policy(account.target), replaced=(KMS_DEFAULT_SID,))


def _with_key(look: Callable[[Account], Any]) -> Callable[[Account], Any]:
    """A look that calls `look` where the account has the key, and gives None where it has none yet."""
    return lambda account: look(account) if account.key_arn else None


def _key_tags(account: Account, key: str) -> dict[str, str]:
    pages = account.kms.get_paginator("list_resource_tags").paginate(KeyId=key)
    return {tag["TagKey"]: tag["TagValue"] for page in pages for tag in page["Tags"]}


def _tags_of_key(account: Account) -> dict[str, str]:
    return dict(account.target.shared_tags(KEY_ALIAS.removeprefix("alias/")))


def _missing_key_tags(account: Account) -> dict[str, str]:
    return missing_tags(_key_tags(account, account.key_arn), _tags_of_key(account))


def _find_bucket(account: Account) -> bool | None:
    target = account.target
    try:
        account.s3.head_bucket(**_named(account))
    except account.s3.exceptions.ClientError as error:
        if code_of(error) in _NOTHING:
            return None
        if code_of(error) in ("403", "AccessDenied"):
            raise BootstrapError(
                f"bucket {target.bucket} is there, and is not account {target.account_id}'s or closed to these credentials; "
                "take credentials that may administer S3, or another name with --bucket"
            ) from error
        raise
    place = account.s3.get_bucket_location(**_named(account)).get("LocationConstraint") or "us-east-1"
    if place != target.region:
        raise BootstrapError(
            f"bucket {target.bucket} is in {place}, and Pulumi.{target.stack}.yaml is for {target.region}; "
            "take another name with --bucket"
        )
    return True


def _make_bucket(account: Account) -> None:
    target = account.target
    # For us-east-1, S3 wants no constraint and refuses that name.
    place = {} if target.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": target.region}}
    try:
        account.s3.create_bucket(Bucket=target.bucket, ObjectOwnership="BucketOwnerEnforced", **place)
    except account.s3.exceptions.BucketAlreadyExists as error:
        raise BootstrapError(f"bucket {target.bucket} is another account's; take another name with --bucket") from error
    account.s3.get_waiter("bucket_exists").wait(**_named(account), WaiterConfig={"Delay": 2, "MaxAttempts": 15})


def _named(account: Account) -> dict[str, str]:
    """The parameters that name the bucket and its owner, so that S3 refuses a bucket of this name in another account."""
    return {"Bucket": account.target.bucket, "ExpectedBucketOwner": account.target.account_id}


def _of_bucket(op: str, member: str) -> Callable[[Account], Any]:
    """A look at one property of the bucket, by the operation `op`; it gives None where the bucket lacks the property."""

    def look(account: Account) -> Any:
        try:
            return getattr(account.s3, op)(**_named(account)).get(member)
        except account.s3.exceptions.ClientError as error:
            if code_of(error) in _NOTHING:
                return None
            raise

    return look


def _encryption(account: Account) -> tuple[str, str, bool] | None:
    found = _of_bucket("get_bucket_encryption", "ServerSideEncryptionConfiguration")(account)
    if not found:
        return None
    rule = found["Rules"][0]
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    return str(default.get("SSEAlgorithm", "")), str(default.get("KMSMasterKeyID", "")), bool(rule.get("BucketKeyEnabled"))


def _put_encryption(account: Account) -> None:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": account.key_arn}
    rules = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
    account.s3.put_bucket_encryption(**_named(account), ServerSideEncryptionConfiguration={"Rules": rules})


def _bucket_policy(account: Account) -> dict[str, Any] | None:
    text = _of_bucket("get_bucket_policy", "Policy")(account)
    return parsed(text, f"the policy of bucket {account.target.bucket}") if text else None


def _wanted_bucket_policy(account: Account) -> dict[str, Any]:
    return merged(_bucket_policy(account), bucket_policy(account.target))


def _wanted_rules(account: Account) -> list[dict[str, Any]]:
    """Our lifecycle rules, and those of the bucket that others made."""
    ours = lifecycle_rules()
    names = {rule["ID"] for rule in ours}
    found = _of_bucket("get_bucket_lifecycle_configuration", "Rules")(account) or []
    return [*ours, *(rule for rule in found if rule.get("ID") not in names)]


def _bucket_tags(account: Account) -> dict[str, str] | None:
    found = _of_bucket("get_bucket_tagging", "TagSet")(account)
    return None if found is None else {tag["Key"]: tag["Value"] for tag in found}


def _tags_of_bucket(account: Account) -> dict[str, str]:
    return dict(account.target.shared_tags(account.target.bucket, data_class=DataClass.CONFIDENTIAL))
