"""Between S3 and the containers' folders: channels down, checkpoints both ways, models up."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from stat import S_ISREG
from typing import Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# boto3's threads per file would only take turns at the one server in this process.
TRANSFER = TransferConfig(use_threads=False, multipart_threshold=64 * 1024 * 1024, multipart_chunksize=64 * 1024 * 1024)


class TransferError(ValueError):
    """Something that S3 does not have or an archive that cannot be used. The text is fit for a FailureReason."""


class Storage:
    """S3 as the containers' platform sees it: the daemon's own endpoint. Clients are made once a region."""

    def __init__(self, endpoint_url: Callable[[], str]) -> None:
        self._endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, region: str) -> Any:
        with self._lock:
            if region not in self._clients:
                self._clients[region] = boto3.session.Session().client(
                    "s3",
                    region_name=region,
                    endpoint_url=self._endpoint_url(),
                    aws_access_key_id="test",
                    aws_secret_access_key="test",
                    # A proxy of the user's must not see requests to loopback.
                    config=Config(
                        s3={"addressing_style": "path"}, proxies={}, retries={"max_attempts": 2}, max_pool_connections=20
                    ),
                )
            return self._clients[region]

    def require_bucket(self, region: str, uri: str) -> None:
        """Raises TransferError when the bucket of `uri` is not there: better before an hour of training than after."""
        bucket, _ = split_uri(uri)
        try:
            self.client(region).head_bucket(Bucket=bucket)
        except ClientError as error:
            raise TransferError(
                f"the bucket of {uri!r} does not exist or is not yours ({_code(error)}); create it before the job"
            ) from error

    def keys(self, region: str, bucket: str, prefix: str) -> list[str]:
        """All keys under a prefix, folder markers left out, in S3's order."""
        pages = self.client(region).get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        try:
            return [item["Key"] for page in pages for item in page.get("Contents", []) if not item["Key"].endswith("/")]
        except (ClientError, BotoCoreError) as error:
            raise TransferError(f"S3 list of s3://{bucket}/{prefix} failed: {error}") from error

    def download(self, region: str, bucket: str, key: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.client(region).download_file(bucket, key, str(path), Config=TRANSFER)
        except (ClientError, BotoCoreError) as error:
            raise TransferError(f"S3 download of s3://{bucket}/{key} failed: {error}") from error

    def upload(self, region: str, path: Path, uri: str) -> None:
        bucket, key = split_uri(uri)
        try:
            self.client(region).upload_file(str(path), bucket, key, Config=TRANSFER)
        except (ClientError, BotoCoreError, boto3.exceptions.S3UploadFailedError) as error:
            raise TransferError(f"S3 upload to {uri} failed: {error}") from error

    def put(self, region: str, uri: str, body: bytes) -> None:
        bucket, key = split_uri(uri)
        try:
            self.client(region).put_object(Bucket=bucket, Key=key, Body=body)
        except (ClientError, BotoCoreError) as error:
            raise TransferError(f"S3 put to {uri} failed: {error}") from error

    def read(self, region: str, uri: str) -> bytes:
        bucket, key = split_uri(uri)
        try:
            return bytes(self.client(region).get_object(Bucket=bucket, Key=key)["Body"].read())
        except (ClientError, BotoCoreError) as error:
            raise TransferError(f"S3 read of {uri} failed: {error}") from error


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`. Raises TransferError for anything else."""
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise TransferError(f"{uri!r} is no S3 URI; write s3://bucket/prefix")
    return bucket, key


def relative_name(key: str, prefix: str) -> str:
    """Where an object lies in its channel's folder. Raises TransferError for a key that would leave the folder."""
    if key == prefix:
        name = key.rpartition("/")[2]
    else:
        rest = key[len(prefix) :]
        # A prefix may end in the middle of a name: then the whole last part of the key counts.
        whole = prefix.endswith("/") or not prefix or rest.startswith("/")
        name = rest.lstrip("/") if whole else key[len(prefix.rpartition("/")[0]) :].lstrip("/")
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or PurePosixPath(name).is_absolute():
        raise TransferError(f"key {key!r} cannot be a file in a channel's folder; rename the object")
    return "/".join(parts)


def channel_objects(storage: Storage, region: str, source: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(bucket, key, name in the channel's folder) of each object of an S3DataSource.

    Raises TransferError for a manifest that is none, an unknown type, and where nothing is found.
    """
    uri, kind = source["S3Uri"], source.get("S3DataType", "S3Prefix")
    if kind == "S3Prefix":
        bucket, prefix = split_uri(uri)
        found = [(bucket, key, relative_name(key, prefix)) for key in storage.keys(region, bucket, prefix)]
    elif kind == "ManifestFile":
        found = _manifest(storage.read(region, uri), uri)
    else:
        raise TransferError(f"S3DataType {kind!r} is not run locally; use S3Prefix or ManifestFile")
    if not found:
        raise TransferError(
            f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists '
            f"in the selected region ({region}) and that objects exist under that S3 prefix"
        )
    return found


def sync_down(storage: Storage, region: str, uri: str, folders: Sequence[Path]) -> int:
    """Copies what is under `uri` into every folder; the number of objects, which may be none (a first run's checkpoints)."""
    bucket, prefix = split_uri(uri)
    prefix = prefix.rstrip("/") + "/" if prefix else ""
    keys = storage.keys(region, bucket, prefix)
    for key in keys:
        name = relative_name(key, prefix)
        storage.download(region, bucket, key, folders[0] / name)
        for folder in folders[1:]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folders[0] / name, folder / name)
    return len(keys)


class SyncUp:
    """Sends a folder's changed files to S3, remembering size and time of what it sent."""

    def __init__(self, storage: Storage, region: str, uri: str) -> None:
        self._storage, self._region, self._uri = storage, region, uri.rstrip("/")
        self._sent: dict[Path, tuple[int, int]] = {}

    def remember(self, folder: Path) -> None:
        """Takes what is there as sent: it just came from S3."""
        self._sent.update(dict(_files(folder)))

    def send(self, folder: Path) -> int:
        """Uploads new and changed files; how many. A file that vanishes meanwhile is left out."""
        count = 0
        for path, stamp in _files(folder):
            if self._sent.get(path) == stamp:
                continue
            try:
                self._storage.upload(self._region, path, f"{self._uri}/{path.relative_to(folder).as_posix()}")
            except FileNotFoundError:
                continue
            self._sent[path] = stamp
            count += 1
        return count


def _manifest(content: bytes, uri: str) -> list[tuple[str, str, str]]:
    try:
        first, *names = json.loads(content)
        bucket, prefix = split_uri(first["prefix"])
        names = [str(name) for name in names]
    except (ValueError, KeyError, TypeError) as error:
        raise TransferError(
            f'{uri} is no manifest ({error}); write [{{"prefix": "s3://bucket/folder/"}}, "name", ...]'
        ) from error
    return [(bucket, prefix + name, relative_name(prefix + name, prefix)) for name in names]


def _files(folder: Path) -> list[tuple[Path, tuple[int, int]]]:
    """Every file below a folder with (size, mtime in ns), sorted; files that vanish meanwhile are left out."""
    found = []
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root) / name
            try:
                stat = path.stat()
            except OSError:
                continue
            if S_ISREG(stat.st_mode):  # a pipe would be read for ever
                found.append((path, (stat.st_size, stat.st_mtime_ns)))
    return sorted(found)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))
