"""Who may reach a bucket, and what becomes of its objects: plain policies and lifecycle rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from infra.base.iam import Document, Scope, Statement, document
from infra.base.naming import DataClass

INCOMPLETE_UPLOAD_DAYS: Final = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class BucketSpec:
    """One bucket of the lake. `key` is the KMS domain it is encrypted under, "" for S3's own key.

    `cools` moves objects to cheaper storage after a while; what is read often (curated, checkpoints) stays where reading is free.
    """

    purpose: str
    data_class: DataClass
    key: str
    cools: bool = False
    takes_access_logs: bool = False


LAKE_BUCKETS: Final = (
    # S3 cannot deliver access logs to a bucket whose default is a KMS key:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html#grant-log-delivery-permissions-general
    BucketSpec(purpose="logs", data_class=DataClass.LOGS, key="", takes_access_logs=True),
    BucketSpec(purpose="raw", data_class=DataClass.CONFIDENTIAL, key="data", cools=True),
    BucketSpec(purpose="curated", data_class=DataClass.CONFIDENTIAL, key="data"),
    BucketSpec(purpose="models", data_class=DataClass.INTERNAL, key="models", cools=True),
    BucketSpec(purpose="checkpoints", data_class=DataClass.INTERNAL, key="data"),
)


def bucket_policy(scope: Scope, spec: BucketSpec) -> Document:
    """TLS 1.2 or nothing, our account's principals or nothing, and for the logs bucket the log service of our own buckets."""
    arn = scope.bucket(spec.purpose)
    statements = closed(arn, scope.account_id)
    if spec.takes_access_logs:
        delivery: Statement = {
            "Sid": "AccessLogDelivery",
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": ["s3:PutObject"],
            "Resource": f"{arn}/*",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": scope.account_id},
                "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{scope.prefix}-*"},
            },
        }
        statements.append(delivery)
    return document(*statements)


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


def closed(bucket_arn: str, account_id: str) -> list[Statement]:
    """TLS 1.2 or nothing, our account's principals or nothing."""
    everything = [bucket_arn, f"{bucket_arn}/*"]
    return [
        deny("OnlyTls", "s3:*", everything, {"Bool": {"aws:SecureTransport": "false"}}),
        deny("OnlyModernTls", "s3:*", everything, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        # AWS's own services act for us, and carry no principal account.
        deny(
            "OnlyOurAccount",
            "s3:*",
            everything,
            {"StringNotEquals": {"aws:PrincipalAccount": account_id}, "Bool": {"aws:PrincipalIsAWSService": "false"}},
        ),
    ]


def deny(sid: str, action: str, resources: list[str], condition: dict[str, Any] | None = None) -> Statement:
    """A statement that nobody gets around, unless the condition, where there is one, does not hold."""
    # The long way to write everyone: some who read policies look for a service in every principal, and stumble over a bare "*".
    everyone = {"AWS": "*"}
    statement: Statement = {"Sid": sid, "Effect": "Deny", "Principal": everyone, "Action": action, "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement
