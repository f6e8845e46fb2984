"""The look-ups of S3: buckets, what is in them, and their owner."""

from __future__ import annotations

import base64
import re
from typing import Any

from catalog import functions
from localcloud.kernel.context import Call, Context
from localcloud.kernel.lookup import Lookup
from localcloud.services.s3.rows import HOSTED_ZONES

_GONE = ("NoSuchBucket", "NoSuchKey", "404")
# The kinds of content that pulumi-aws takes for text; source: terraform-provider-aws, s3/object_data_source.go.
_TEXT = re.compile(
    r"text/.+|application/(?:.+\+)?(?:json|xml|javascript|sql|yaml|x-sh|x-yaml|ld\+json|atom\+xml|x-httpd-php|graphql|toml)"
)


def _bucket(c: Context) -> dict[str, Any]:
    name = str(c.props["bucket"])
    headers = c.client().head_bucket(Bucket=name)["ResponseMetadata"]["HTTPHeaders"]
    region = headers.get("x-amz-bucket-region") or c.region
    return {
        "arn": f"arn:aws:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegion": region,
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "hostedZoneId": HOSTED_ZONES.get(region, ""),
    }


BUCKET = Lookup(
    function=functions.S3_BUCKET,
    service="s3",
    ask=_bucket,
    id="{bucket}",
    none="reading S3 Bucket ({bucket}): couldn't find resource",
    missing=_GONE,
)

BUCKET_POLICY = Lookup(
    function=functions.S3_BUCKET_POLICY,
    service="s3",
    ask=Call(op="get_bucket_policy", take=("bucket",)),
    id="{bucket}",
    none="reading S3 Bucket ({bucket}) Policy: couldn't find resource",
    missing=(*_GONE, "NoSuchBucketPolicy"),
)


def _object(c: Context) -> dict[str, Any]:
    client = c.client()
    address = {"Bucket": c.props["bucket"], "Key": str(c.props["key"]).lstrip("/")}
    if c.props.get("versionId"):
        address["VersionId"] = c.props["versionId"]
    asked = {**address, **({"Range": c.props["range"]} if c.props.get("range") else {})}
    head = client.head_object(**asked)
    found = {
        **{key: value for key, value in head.items() if key != "Metadata"},
        "metadata": {key.lower(): value for key, value in head.get("Metadata", {}).items()},
        "etag": str(head.get("ETag", "")).strip('"'),
        "lastModified": head["LastModified"].strftime("%a, %d %b %Y %H:%M:%S UTC"),
        "storageClass": head.get("StorageClass", "STANDARD"),
        "sseKmsKeyId": head.get("SSEKMSKeyId", ""),
        "tags": client.get_object_tagging(**address).get("TagSet", []),
    }
    wanted = c.props.get("downloadBody")
    if wanted or (wanted is None and _TEXT.fullmatch(str(head.get("ContentType", "")).partition(";")[0])):
        body = client.get_object(**asked)["Body"].read()
        found |= {"body": body.decode("utf-8", errors="replace"), "bodyBase64": base64.b64encode(body).decode()}
    return found


def _of_object(function: str) -> Lookup:
    return Lookup(
        function=function,
        service="s3",
        ask=_object,
        id="{bucket}/{key}",
        none="reading S3 Bucket ({bucket}) Object ({key}): couldn't find resource",
        missing=_GONE,
        outputs={"arn": "arn:aws:s3:::{bucket}/{key}"},
    )


_LISTED = Call(op="list_objects_v2", take=("bucket", "delimiter", "encodingType", "fetchOwner", "prefix", "startAfter"))


def _keys(c: Context) -> list[dict[str, Any]]:
    limit = int(c.props.get("maxKeys") or 1000)
    return list((c.data.get("Contents") or ())[:limit])


def _of_objects(function: str) -> Lookup:
    return Lookup(
        function=function,
        service="s3",
        ask=_LISTED,
        id="{bucket}",
        none="listing S3 Bucket ({bucket}) Objects: couldn't find resource",
        missing=_GONE,
        outputs={
            "keys": lambda c: [each["Key"] for each in _keys(c)],
            "commonPrefixes": "{data.CommonPrefixes[].Prefix}",
            "owners": lambda c: [each["Owner"]["ID"] for each in _keys(c) if each.get("Owner")],
        },
    )


CANONICAL_USER_ID = Lookup(
    function=functions.S3_CANONICAL_USER_ID,
    service="s3",
    ask=Call(op="list_buckets", take=()),
    id="{data.Owner.ID}",
    outputs={"displayName": "{data.Owner.DisplayName}"},
)

LOOKUPS = (
    *(BUCKET, BUCKET_POLICY, CANONICAL_USER_ID, _of_object(functions.S3_OBJECT), _of_object(functions.S3_BUCKET_OBJECT)),
    *(_of_objects(functions.S3_OBJECTS), _of_objects(functions.S3_BUCKET_OBJECTS)),
)
