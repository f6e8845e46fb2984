"""Buckets. Their settings are types of their own (rows_settings.py), their objects too (rows_object.py)."""

from __future__ import annotations

from typing import Any

import botocore.exceptions

from catalog.types import s3
from localcloud.kernel.context import Context, error_code
from localcloud.kernel.rules import length, one_of
from localcloud.kernel.spec import Autoname, Resource, Tags, Update

# Hosted zone of the S3 endpoint of each region; source: AWS general reference, "Amazon S3 endpoints and quotas".
HOSTED_ZONES = {
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
}


def _create(c: Context) -> Any:
    name = c.props["bucket"]
    request: dict[str, Any] = {"Bucket": name}
    if c.region != "us-east-1":  # us-east-1 is the one region that a request must not name
        request["CreateBucketConfiguration"] = {"LocationConstraint": c.region}
    elif _is_there(c, name):  # us-east-1 answers 200 to a second creation by the owner, which pulumi-aws refuses
        raise _taken(name)
    if c.props.get("objectLockEnabled"):
        request["ObjectLockEnabledForBucket"] = True
    if c.props.get("acl"):
        request["ACL"] = c.props["acl"]
    try:
        return c.client().create_bucket(**request)
    except botocore.exceptions.ClientError as error:
        raise (_taken(name) if error_code(error) == "BucketAlreadyOwnedByYou" else error) from None


def _is_there(c: Context, name: str) -> bool:
    try:
        c.client().head_bucket(Bucket=name)
    except botocore.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return True


def _taken(name: str) -> botocore.exceptions.ClientError:
    message = f"{name}: a bucket of this name is yours already; import it or choose another name"
    return botocore.exceptions.ClientError({"Error": {"Code": "BucketAlreadyOwnedByYou", "Message": message}}, "CreateBucket")


def _optional(call: Any, **request: Any) -> dict[str, Any]:
    """A bucket setting that may not be there."""
    try:
        answer: dict[str, Any] = call(**request)
        return answer
    except botocore.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return {}
        raise


def _read(c: Context) -> dict[str, Any]:
    client = c.client()
    client.head_bucket(Bucket=c.id)
    versioning = client.get_bucket_versioning(Bucket=c.id)
    lock = _optional(client.get_object_lock_configuration, Bucket=c.id).get("ObjectLockConfiguration")
    return {
        "bucket": c.id,
        "arn": f"arn:aws:s3:::{c.id}",
        "policy": _optional(client.get_bucket_policy, Bucket=c.id).get("Policy", ""),
        "grants": [
            {
                "id": grant["Grantee"].get("ID", ""),
                "permissions": [grant["Permission"]],
                "type": grant["Grantee"]["Type"],
                "uri": grant["Grantee"].get("URI", ""),
            }
            for grant in client.get_bucket_acl(Bucket=c.id)["Grants"]
        ],
        "versioning": {"enabled": versioning.get("Status") == "Enabled", "mfaDelete": versioning.get("MFADelete") == "Enabled"},
        "objectLockEnabled": bool(lock),
        "objectLockConfiguration": lock,
        "Tags": _optional(client.get_bucket_tagging, Bucket=c.id).get("TagSet", []),
    }


def _versioning(c: Context) -> None:
    wanted = c.props.get("versioning")
    if wanted is not None:
        c.client().put_bucket_versioning(
            Bucket=c.id, VersioningConfiguration={"Status": "Enabled" if wanted.get("enabled") else "Suspended"}
        )


def _policy(c: Context) -> None:
    if c.props.get("policy"):
        c.client().put_bucket_policy(Bucket=c.id, Policy=c.props["policy"])


def empty_bucket(client: Any, bucket: str) -> int:
    """Removes every object, version and delete marker; returns how many."""
    removed = 0
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if found:
            objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
            client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
            removed += len(objects)
    return removed


def _delete(c: Context) -> None:
    client = c.client()
    if c.state.get("forceDestroy"):
        empty_bucket(client, c.id)
    client.delete_bucket(Bucket=c.id)


BUCKET = Resource(
    type=s3.BUCKET.token,
    service="s3",
    create=_create,
    id="{bucket}",
    read=_read,
    missing=("NoSuchBucket", "404"),
    updates=(
        Update(on=("versioning",), do=_versioning),
        Update(on=("policy",), do=_policy),
    ),
    delete=_delete,
    replace=frozenset({"bucket", "bucketPrefix", "objectLockEnabled"}),
    computed=frozenset(
        {
            *("accelerationStatus", "acl", "bucket", "bucketPrefix", "objectLockEnabled", "policy", "requestPayer", "grants"),
            *("versioning", "corsRules", "lifecycleRules", "logging", "objectLockConfiguration", "replicationConfiguration"),
            *("serverSideEncryptionConfiguration", "website", "bucketNamespace"),
        }
    ),
    defaults={"forceDestroy": False},
    empty={"accelerationStatus": "", "bucketPrefix": "", "corsRules": [], "lifecycleRules": [], "policy": "", "requestPayer": ""},
    policies=frozenset({"policy"}),
    outputs={
        "bucketDomainName": "{id}.s3.amazonaws.com",
        "bucketRegionalDomainName": "{id}.s3.{region}.amazonaws.com",
        "bucketRegion": "{region}",
        "hostedZoneId": lambda c: HOSTED_ZONES.get(c.region),
    },
    autoname=Autoname(prop="bucket", limit=63, lower=True, prefix_prop="bucketPrefix"),
    checks=(
        length("bucket", 0, 63),
        one_of("acl", "private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "log-delivery-write"),
    ),
    tags=Tags(create="", target=("Bucket", "{id}"), change=lambda c, tags: _put_tags(c, tags), read="Tags"),
    freed={"forceDestroy": True},
)


def _put_tags(c: Context, tags: dict[str, str]) -> None:
    """S3 replaces a bucket's whole tag set at once."""
    client = c.client()
    if tags:
        client.put_bucket_tagging(
            Bucket=c.id, Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}
        )
    else:
        client.delete_bucket_tagging(Bucket=c.id)


ROWS = (BUCKET,)
