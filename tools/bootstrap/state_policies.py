"""The policies of the state's key and bucket, and the rules for the bucket's old versions, as plain values."""

from __future__ import annotations

from typing import Any, Final

from infra.base.iam import Document, document
from infra.keys.rights import ADMINISTRATION, USE
from infra.lake.decide import INCOMPLETE_UPLOAD_DAYS
from infra.lake.rights import closed, deny
from tools.bootstrap.target import Target

# How long old versions of a state are kept: a broken state is noticed by then. Not longer, because the engine writes the state
# twice after every step.
NONCURRENT_DAYS: Final = 90
# Actions that would take the key away. The policy gives them to nobody, because no state can be read without the key; whoever
# wants to delete the key has to change its policy first.
_LOSING: Final = frozenset({"kms:DisableKey", "kms:ScheduleKeyDeletion"})


def key_policy(target: Target) -> Document:
    """The key's policy: the account administers the key, and IAM policies of the account say who uses it.

    Pulumi calls KMS itself, so the policy has no `kms:ViaService`. In a key policy `Resource: "*"` means this key.
    """
    root = {"AWS": f"arn:aws:iam::{target.account_id}:root"}
    caller = {"StringEquals": {"kms:CallerAccount": target.account_id}}
    administration = [action for action in ADMINISTRATION if action not in _LOSING]
    return document(
        # This statement has no condition, because KMS refuses a policy that might lock its maker out.
        {"Sid": "AccountAdministersKey", "Effect": "Allow", "Principal": root, "Action": administration, "Resource": "*"},
        {
            "Sid": "AccountUsesKey",
            "Effect": "Allow",
            "Principal": root,
            "Action": list(USE),
            "Resource": "*",
            "Condition": caller,
        },
    )


def bucket_policy(target: Target) -> Document:
    """The bucket's policy: TLS 1.2 and our account only, and nobody deletes the bucket or an old version of a state."""
    return document(
        *closed(target.bucket_arn, target.account_id),
        # A lifecycle rule needs no such right, so S3 still removes old versions when their time is over.
        deny("NeverLoseState", "s3:DeleteObjectVersion", [f"{target.bucket_arn}/*"]),
        deny("NeverDeleteBucket", "s3:DeleteBucket", [target.bucket_arn]),
    )


def lifecycle_rules() -> list[dict[str, Any]]:
    """The bucket's lifecycle rules: abandoned uploads and old versions expire, current objects never do."""
    return [
        {
            "ID": "abandoned-uploads",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": INCOMPLETE_UPLOAD_DAYS},
        },
        {
            "ID": "old-versions",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": NONCURRENT_DAYS},
        },
    ]
