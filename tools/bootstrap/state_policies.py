"""Who may use the key of the secrets and reach the bucket of the state, and what becomes of its old versions. Plain values."""

from __future__ import annotations

from typing import Any, Final

from infra.base.iam import Document, document
from infra.keys.rights import ADMINISTRATION, USE
from infra.lake.decide import INCOMPLETE_UPLOAD_DAYS
from infra.lake.rights import closed, deny
from tools.bootstrap.target import Target

# A state that was spoilt is noticed within this. Not longer: the engine writes the state after every step, twice.
NONCURRENT_DAYS: Final = 90
# What takes the key away. Nobody is given it: without the key no state can be read, so its policy has to be changed first.
_LOSING: Final = frozenset({"kms:DisableKey", "kms:ScheduleKeyDeletion"})


def key_policy(target: Target) -> Document:
    """The account administers the key, and its IAM policies say who uses it. Pulumi calls KMS itself, so no service is demanded.

    In a key policy `Resource: "*"` means this key.
    """
    root = {"AWS": f"arn:aws:iam::{target.account_id}:root"}
    caller = {"StringEquals": {"kms:CallerAccount": target.account_id}}
    administration = [action for action in ADMINISTRATION if action not in _LOSING]
    return document(
        # No condition: KMS refuses a policy by which its maker might lock everyone out.
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
    """TLS 1.2 or nothing, our account or nothing; neither the bucket nor an old version of a state is deleted by anybody."""
    return document(
        *closed(target.bucket_arn, target.account_id),
        # The lifecycle rule is not asked for this right, so old versions still go when their time is over.
        deny("NeverLoseState", "s3:DeleteObjectVersion", [f"{target.bucket_arn}/*"]),
        deny("NeverDeleteBucket", "s3:DeleteBucket", [target.bucket_arn]),
    )


def lifecycle_rules() -> list[dict[str, Any]]:
    """Current objects stay for good."""
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
