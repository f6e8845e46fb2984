"""Artifacts and small documents of models in S3."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Final

from tools.models.errors import RegistryError, asking
from tools.models.version import Artifact

# Above this an artifact is not read only to hash it: its ETag tells whether it changed.
HASHED_BYTES: Final = 256 * 1024 * 1024
_CHUNK: Final = 1024 * 1024


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`. Raises RegistryError for anything else."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket or not key:
        raise RegistryError(f"{uri!r} is no object in S3; it is written s3://bucket/key")
    return bucket, key


def artifact(s3: Any, uri: str) -> Artifact:
    """A model.tar.gz as it is now, hashed where it is small enough. Raises RegistryError when it is gone."""
    found = head(s3, uri)
    if found.sha256 or found.bytes > HASHED_BYTES:
        return found
    bucket, key = split(uri)
    with asking(f"reading {uri}", missing=_gone(uri)):
        return replace(found, sha256=_sha256(s3.get_object(Bucket=bucket, Key=key)["Body"]))


def head(s3: Any, uri: str) -> Artifact:
    """What S3 says of a model.tar.gz without reading it; the hash only where S3 has it. Raises RegistryError when it is gone."""
    bucket, key = split(uri)
    with asking(f"reading {uri}", missing=_gone(uri)):
        said = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    checksum = str(said.get("ChecksumSHA256") or "")
    # A checksum of parts ("...-3") is none of the whole.
    sha256 = base64.b64decode(checksum).hex() if checksum and "-" not in checksum else ""
    return Artifact(uri=uri, bytes=int(said["ContentLength"]), etag=str(said["ETag"]).strip('"'), sha256=sha256)


def put(s3: Any, uri: str, body: bytes, content_type: str) -> None:
    """Writes a small document."""
    bucket, key = split(uri)
    with asking(f"writing {uri}", missing=f"the bucket of {uri} is gone; bring the stack up again"):
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)


def get(s3: Any, uri: str) -> bytes:
    """Reads an object as a whole."""
    bucket, key = split(uri)
    with asking(f"reading {uri}", missing=f"{uri} is gone"):
        return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def beside(artifact_uri: str, name: str) -> str:
    """An address in the folder of the job that made the artifact: `.../<job>/output/model.tar.gz` -> `.../<job>/<name>`."""
    bucket, key = split(artifact_uri)
    folder = PurePosixPath(key).parent
    return f"s3://{bucket}/{(folder.parent if folder.name == 'output' else folder) / name}"


def _gone(uri: str) -> str:
    return f"the artifact {uri} is gone; train again, or bring the object back"


def _sha256(body: Any) -> str:
    digest = hashlib.sha256()
    while chunk := body.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
