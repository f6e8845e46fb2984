"""Who may reach a bucket, and what a role needs to read and write one: plain policies and statements."""

from __future__ import annotations

from typing import Any

from infra.base.iam import Document, Scope, Statement, allow, document
from infra.lake.decide import CORPORA, BucketSpec


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


def read_bucket(scope: Scope, purpose: str) -> tuple[Statement, Statement]:
    """List a bucket and read its objects."""
    arn, title = scope.bucket(purpose), purpose.capitalize()
    return (
        allow(f"List{title}", ("s3:GetBucketLocation", "s3:ListBucket"), [arn]),
        allow(f"Read{title}", ("s3:GetObject",), [f"{arn}/*"]),
    )


def write_bucket(scope: Scope, purpose: str, *, prefix: str = "") -> tuple[Statement, Statement]:
    """List a bucket, and read and write objects below `prefix`. Nothing may be deleted: versions and lifecycle do that."""
    arn, title = scope.bucket(purpose), purpose.capitalize()
    return (
        allow(f"List{title}", ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"), [arn]),
        allow(f"Write{title}", ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"), [f"{arn}/{prefix}*"]),
    )


def write_corpora(scope: Scope) -> Statement:
    """Write a corpus into the curated bucket: below its own prefix, so that no job can change the data of others."""
    return allow("WriteCorpora", ("s3:AbortMultipartUpload", "s3:PutObject"), [f"{scope.bucket('curated')}/{CORPORA}/*"])


def tidy_checkpoints(scope: Scope) -> Statement:
    """Delete older checkpoints, and rename complete ones, which in S3 is a copy and a delete. Old versions of objects stay."""
    return allow("TidyCheckpoints", ("s3:DeleteObject",), [f"{scope.bucket('checkpoints')}/*"])


def closed(bucket_arn: str, account_id: str) -> list[Statement]:
    """TLS 1.2 or nothing, our account's principals or nothing."""
    everything = [bucket_arn, f"{bucket_arn}/*"]
    return [
        deny("OnlyTls", "s3:*", everything, {"Bool": {"aws:SecureTransport": "false"}}),
        deny("OnlyModernTls", "s3:*", everything, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        # Requests of AWS's own services on behalf of the account carry no principal account.
        deny(
            "OnlyOurAccount",
            "s3:*",
            everything,
            {"StringNotEquals": {"aws:PrincipalAccount": account_id}, "Bool": {"aws:PrincipalIsAWSService": "false"}},
        ),
    ]


def deny(sid: str, action: str, resources: list[str], condition: dict[str, Any] | None = None) -> Statement:
    """A Deny for everyone, where the condition, if there is one, holds."""
    # `{"AWS": "*"}` and not a bare "*": some readers of policies expect a mapping in every principal.
    everyone = {"AWS": "*"}
    statement: Statement = {"Sid": sid, "Effect": "Deny", "Principal": everyone, "Action": action, "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement
