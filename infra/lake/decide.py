"""Which buckets the lake has, and when their objects move to cheaper storage or expire: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from catalog.tags import DataClass
from infra.base.naming import KeyDomain

# The prefix in the raw bucket for the requests and answers that endpoints capture.
CAPTURE_PREFIX: Final = "capture"
# The prefix in the curated bucket for the corpora that jobs make.
CORPORA: Final = "corpora"
INCOMPLETE_UPLOAD_DAYS: Final = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class BucketSpec:
    """One bucket of the lake. `key` is the KMS domain that encrypts the bucket, None for S3's own key.

    `cools` moves objects to cheaper storage after a while; what is read often (curated, checkpoints) stays where reading is free.
    """

    purpose: str
    data_class: DataClass
    key: KeyDomain | None
    cools: bool = False
    takes_access_logs: bool = False


LAKE_BUCKETS: Final = (
    # S3 cannot deliver access logs to a bucket whose default is a KMS key:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html#grant-log-delivery-permissions-general
    BucketSpec(purpose="logs", data_class=DataClass.LOGS, key=None, takes_access_logs=True),
    BucketSpec(purpose="raw", data_class=DataClass.CONFIDENTIAL, key="data", cools=True),
    BucketSpec(purpose="curated", data_class=DataClass.CONFIDENTIAL, key="data"),
    BucketSpec(purpose="models", data_class=DataClass.INTERNAL, key="models", cools=True),
    BucketSpec(purpose="checkpoints", data_class=DataClass.INTERNAL, key="data"),
)
# The purposes of the buckets, as they stand in the buckets' names.
BUCKETS: Final = tuple(spec.purpose for spec in LAKE_BUCKETS)


def lifecycle_rules(spec: BucketSpec, *, retention_days: int, noncurrent_days: int, cool_days: int) -> list[Any]:
    """S3 lifecycle rules as pulumi-aws takes them; `retention_days` of 0 keeps current objects for good."""
    rules: list[dict[str, Any]] = [
        {
            "id": "abandoned-uploads",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abort_incomplete_multipart_upload": {"days_after_initiation": INCOMPLETE_UPLOAD_DAYS},
        },
        {
            "id": "old-versions",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "noncurrent_version_expiration": {"noncurrent_days": noncurrent_days},
        },
    ]
    if retention_days:
        rules.append({"id": "retention", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": retention_days}})
    if spec.cools and (not retention_days or retention_days > cool_days):
        rules.append(
            {
                "id": "infrequent-access",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "transitions": [{"days": cool_days, "storage_class": "STANDARD_IA"}],
            }
        )
    return rules
