"""Objects. The id is the key; `source` is an asset, uploaded when its hash differs."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import urllib.request
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.exceptions

from catalog.types import s3
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import arn, conflicts, one_of
from localcloud.kernel.spec import Autoname, Resource, Tags, Update

# How the engine marks assets and archives in property values; source: pulumi sdk, runtime/rpc.py.
_MARK = "4dabf18193072939515e22adb298388d"
_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the same files make the same archive

_MEMBERS = {
    "acl": "ACL",
    "cacheControl": "CacheControl",
    "checksumAlgorithm": "ChecksumAlgorithm",
    "contentDisposition": "ContentDisposition",
    "contentEncoding": "ContentEncoding",
    "contentLanguage": "ContentLanguage",
    "contentType": "ContentType",
    "metadata": "Metadata",
    "objectLockLegalHoldStatus": "ObjectLockLegalHoldStatus",
    "objectLockMode": "ObjectLockMode",
    "serverSideEncryption": "ServerSideEncryption",
    "storageClass": "StorageClass",
    "websiteRedirect": "WebsiteRedirectLocation",
}
_CONTENT = (
    *("source", "content", "contentBase64", "cacheControl", "checksumAlgorithm", "contentDisposition", "contentEncoding"),
    *("contentLanguage", "contentType", "metadata", "serverSideEncryption", "storageClass", "websiteRedirect", "etag"),
    *("sourceHash", "kmsKeyId", "bucketKeyEnabled", "objectLockMode", "objectLockLegalHoldStatus", "objectLockRetainUntilDate"),
)


def _clean(key: str) -> str:
    """The key as the provider sends it: without leading and doubled slashes."""
    parts = [part for part in key.split("/") if part]
    return "/".join(parts) + ("/" if key.endswith("/") else "")


def _body(props: Any) -> bytes:
    if props.get("contentBase64") is not None:
        try:
            return base64.b64decode(props["contentBase64"], validate=True)
        except binascii.Error as error:
            raise ValueError(f"contentBase64 is not base64: {error}") from error
    source = props.get("source")
    if source is None:
        return str(props.get("content", "")).encode()
    if isinstance(source, str):
        return _file(source)
    if source.get(_MARK) == _ARCHIVE:
        return _archive(source)
    if source.get("text"):
        return str(source["text"]).encode()
    if source.get("path"):
        return _file(source["path"])
    if source.get("uri"):
        return _remote(source["uri"])
    return b""


def _file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ValueError(
            f"source {path!r} (seen from {Path.cwd()}) cannot be read: {error.strerror}; give a path that exists"
        ) from error


def _remote(uri: str) -> bytes:
    if urlsplit(uri).scheme == "file":
        return _file(urlsplit(uri).path)
    with urllib.request.urlopen(uri, timeout=60) as answer:
        return bytes(answer.read())


def _archive(source: Any) -> bytes:
    """A folder, or a mapping of assets, as a zip that is the same for the same files; an archive file as it is."""
    path = Path(source["path"]) if source.get("path") else None
    if path is not None and path.is_file():
        return path.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        if path is not None:
            if not path.is_dir():
                raise ValueError(f"source {str(path)!r} (seen from {Path.cwd()}) is no folder and no file; give one that exists")
            files = {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}
        else:
            files = {name: _body({"source": asset}) for name, asset in sorted((source.get("assets") or {}).items())}
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), content)
    return packed.getvalue()


def _put(c: Context) -> Any:
    request: dict[str, Any] = {member: c.props[prop] for prop, member in _MEMBERS.items() if c.props.get(prop)}
    request.setdefault("ContentType", "application/octet-stream")
    if c.props.get("kmsKeyId"):
        request |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": c.props["kmsKeyId"]}
    if c.props.get("bucketKeyEnabled") is not None:
        request["BucketKeyEnabled"] = bool(c.props["bucketKeyEnabled"])
    return c.client().put_object(Bucket=c.props["bucket"], Key=_clean(c.props["key"]), Body=_body(c.props), **request)


def _upload(c: Context) -> None:
    """New content is a new version; a put forgets the tags, so they are put again."""
    _put(c)
    tags = c.props.get("tags") or {}
    if tags:
        _tags(c, tags)


def _read(c: Context) -> dict[str, Any] | None:
    client = c.client()
    bucket, key = c.get("bucket"), c.get("key") or c.id
    if not bucket:  # an import: bucket/key or s3://bucket/key, as pulumi-aws takes it
        bucket, _, key = c.id.removeprefix("s3://").partition("/")
        if not bucket or not key:
            raise ValueError(f"an object is imported by bucket/key, got {c.id!r}")
        c.id = key
    target = {"Bucket": bucket, "Key": _clean(key)}
    try:
        head = client.head_object(**target, ChecksumMode="ENABLED")
    except botocore.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise
    kms = head.get("ServerSideEncryption") == "aws:kms"
    return {
        **{prop: head.get(member) for prop, member in _MEMBERS.items() if prop not in ("acl", "checksumAlgorithm")},
        **{
            f"checksum{name}": head.get(f"Checksum{name.upper()}", "")
            for name in ("Crc32", "Crc32c", "Crc64nvme", "Sha1", "Sha256")
        },
        "bucket": bucket,
        "key": key,
        "metadata": head.get("Metadata") or None,
        "arn": f"arn:aws:s3:::{bucket}/{_clean(key)}",
        "etag": head["ETag"].strip('"'),
        "versionId": "" if head.get("VersionId") in (None, "null") else head["VersionId"],
        "storageClass": head.get("StorageClass") or "STANDARD",
        "bucketKeyEnabled": bool(head.get("BucketKeyEnabled")),
        "kmsKeyId": head.get("SSEKMSKeyId") if kms else None,
        "Tags": client.get_object_tagging(**target)["TagSet"],
    }


def _tags(c: Context, tags: dict[str, str]) -> None:
    target = {"Bucket": c.get("bucket"), "Key": _clean(c.get("key"))}
    if tags:
        c.client().put_object_tagging(
            **target, Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}
        )
    else:
        c.client().delete_object_tagging(**target)


def _delete(c: Context) -> None:
    """Every version of the key, as the provider does: a versioned bucket would keep them otherwise."""
    client, bucket, key = c.client(), c.state["bucket"], _clean(c.state["key"])
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
        for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            if version["Key"] == key:
                client.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])


def _identity(source: Any) -> Any:
    """What tells assets apart: the hash where the engine gives one."""
    if isinstance(source, dict):
        return source.get("hash") or hashlib.sha256(repr(sorted(source.items())).encode()).hexdigest()
    return source


_EMPTY = (
    "cacheControl",
    "contentDisposition",
    "contentEncoding",
    "contentLanguage",
    "objectLockLegalHoldStatus",
    "objectLockMode",
)

OBJECT = Resource(
    type=s3.BUCKET_OBJECTV2.token,
    service="s3",
    create=_put,
    id="{key}",
    read=_read,
    missing=("NoSuchBucket", "NoSuchKey", "404"),
    updates=(
        Update(on=_CONTENT, do=_upload, after_create=False),
        Update(
            on=("acl",),
            do=Call(
                op="put_object_acl",
                take=(),
                params={"Bucket": "{bucket}", "Key": lambda c: _clean(c.props["key"]), "ACL": "{acl}"},
            ),
            after_create=False,
        ),
    ),
    delete=_delete,
    replace=frozenset({"bucket", "key"}),
    computed=frozenset({"acl", "bucketKeyEnabled", "contentType", "etag", "kmsKeyId", "serverSideEncryption", "storageClass"}),
    defaults={"forceDestroy": False},
    empty={
        **dict.fromkeys((*_EMPTY, "objectLockRetainUntilDate", "serverSideEncryption", "versionId", "websiteRedirect"), ""),
        "contentType": "application/octet-stream",
    },
    same={"source": lambda new, old: _identity(new) == _identity(old)},
    outputs={"bucket": "{bucket}", "etag": lambda c: c.data["etag"]},
    autoname=Autoname(prop="key", limit=1024, prefix_prop=""),
    checks=(
        conflicts("source", "content", "contentBase64"),
        conflicts("etag", "kmsKeyId"),
        one_of(
            "acl",
            *("private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read"),
            *("bucket-owner-read", "bucket-owner-full-control"),
        ),
        one_of(
            "storageClass",
            *("STANDARD", "REDUCED_REDUNDANCY", "GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE"),
            *("OUTPOSTS", "GLACIER_IR", "SNOW", "EXPRESS_ONEZONE"),
        ),
        arn("kmsKeyId"),
    ),
    tags=Tags(create="", change=_tags, read="Tags"),
)

ROWS = (OBJECT,)
