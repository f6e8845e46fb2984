"""Artifacts and small documents of models in S3."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from dataclasses import replace
from pathlib import PurePosixPath
from typing import IO, Any, Final

from tools.models.errors import RegistryError, asking, is_missing
from tools.models.version import Artifact

# An artifact larger than this is not read only to hash it: its ETag shows whether it changed.
HASHED_BYTES: Final = 256 * 1024 * 1024
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html: the largest object of one PutObject.
PUT_BYTES: Final = 5 * 1024**3
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
    if found.sha256 or (found.bytes or 0) > HASHED_BYTES:
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
    # S3's checksum of a multipart upload ("...-3") is over the parts, not over the object.
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


def carry(source: Any, target: Any, known: Artifact, folder: str) -> Artifact:
    """The same artifact below `folder`, by its digest. Read and written by clients of two accounts, it passes through here.

    One that is there already stays. Raises RegistryError: it is gone, is not what was registered, or did not arrive whole.
    """
    if known.sha256 and (there := _there(target, _address(folder, known.sha256), known.sha256)):
        return there
    now = head(source, known.uri)
    if known.etag and now.etag != known.etag:
        raise RegistryError(f"{known.uri} is not the artifact that was registered (ETag {now.etag}, registered {known.etag})")
    bucket, key = split(known.uri)
    with tempfile.TemporaryFile() as file:
        with asking(f"reading {known.uri}", missing=_gone(known.uri)):
            sha256 = _sha256(source.get_object(Bucket=bucket, Key=key)["Body"], file)
        if known.sha256 and sha256 != known.sha256:
            raise RegistryError(
                f"{known.uri} is not the artifact that was registered (sha256 {sha256}, registered {known.sha256})"
            )
        uri = _address(folder, sha256)
        file.seek(0)
        _upload(target, uri, file, sha256, now.bytes or 0)
    arrived = artifact(target, uri)
    if arrived.bytes != now.bytes or arrived.sha256 not in ("", sha256):
        raise RegistryError(f"{uri} did not arrive whole (sha256 {arrived.sha256}, {arrived.bytes} bytes); run the same again")
    return replace(arrived, sha256=sha256)


def _there(s3: Any, uri: str, sha256: str) -> Artifact | None:
    from botocore.exceptions import ClientError

    bucket, key = split(uri)
    with asking(f"looking for {uri}"):
        try:
            s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if is_missing(error):
                return None
            raise
    found = artifact(s3, uri)
    return replace(found, sha256=sha256) if found.sha256 in ("", sha256) else None


def _address(folder: str, sha256: str) -> str:
    return f"{folder}/{sha256}/output/model.tar.gz"


def _upload(s3: Any, uri: str, file: IO[bytes], sha256: str, size: int) -> None:
    bucket, key = split(uri)
    with asking(f"writing {uri}", missing=f"the bucket of {uri} is not there; bring the stack up first"):
        if size <= PUT_BYTES:
            # S3 refuses a body that does not match the checksum, and keeps the checksum with the object.
            checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
            s3.put_object(Bucket=bucket, Key=key, Body=file, ChecksumSHA256=checksum)
        else:
            s3.upload_fileobj(file, bucket, key)


def beside(artifact_uri: str, name: str) -> str:
    """An address in the folder of the job that made the artifact: `.../<job>/output/model.tar.gz` -> `.../<job>/<name>`."""
    bucket, key = split(artifact_uri)
    folder = PurePosixPath(key).parent
    return f"s3://{bucket}/{(folder.parent if folder.name == 'output' else folder) / name}"


def _gone(uri: str) -> str:
    return f"the artifact {uri} is gone; train again, or bring the object back"


def _sha256(body: Any, copy: IO[bytes] | None = None) -> str:
    """The digest of what is read, which is also written to `copy`."""
    digest = hashlib.sha256()
    while chunk := body.read(_CHUNK):
        digest.update(chunk)
        if copy is not None:
            copy.write(chunk)
    return digest.hexdigest()
