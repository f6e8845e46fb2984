"""Files in a folder or under an S3 prefix, by one small interface: `store(uri)` gives a `Store` for either.

For whatever in `workloads` reads or writes `FOLDER | s3://BUCKET/PREFIX`: corpora, and likewise checkpoints' manifests,
evaluation sets and reports. Names are relative to the store, with `/`. Every fault is a `DataError` that names the address and
the way out: `Missing` for what is not there, `OutOfReach` for a server that did not answer before the deadline. boto3 finds its
region, its credentials and `AWS_ENDPOINT_URL` itself, and is imported only when an s3:// address is used.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from workloads.errors import DataError

SCHEME: Final = "s3://"
# How long a server that does not answer is asked again. Longer than S3's usual hiccups, shorter than anybody's patience.
DEADLINE_SECONDS: Final = 120.0
CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 30
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 5.0
# Connections kept open to S3; as many requests run side by side.
CONNECTIONS: Final = 32

_Answer = TypeVar("_Answer")


class Missing(DataError):
    """No such file or object."""


class NoBucket(DataError):
    """The address names a bucket that does not exist."""


class Refused(DataError):
    """S3 knows the address and does not let us: rights, credentials, a request it will not take."""


class OutOfReach(DataError):
    """The server did not answer before the deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file: its size in bytes, and a tag that changes when its content does (S3's ETag, a file's time of change)."""

    size: int
    tag: str


class Store(Protocol):
    """A folder or an S3 prefix."""

    @property
    def uri(self) -> str: ...

    def address(self, name: str) -> str:
        """Where `name` lies, for a person."""

    def list(self) -> dict[str, Entry]:
        """Everything below, by name, sorted. Empty when there is nothing; `NoBucket` when there is no bucket."""

    def read(self, name: str, *, start: int = 0, length: int | None = None, tag: str = "") -> bytes:
        """The bytes from `start`, fewer than `length` only when the file ends before. A fault when it no longer has `tag`."""

    def write(self, name: str, data: bytes) -> None:
        """Whole or not at all."""

    def remove(self, name: str) -> None:
        """No fault when it is not there."""

    def local(self, name: str) -> Any:
        """A context that gives a `Path` with the content: the file itself, or a temporary copy."""


def store(uri: str | Path, *, deadline: float = DEADLINE_SECONDS, stop: threading.Event | None = None) -> Store:
    """The store at `uri`. `stop`, once set, ends the repeating of requests.

    Raises `DataError` for an address that is neither a folder's nor `s3://bucket/prefix`.
    """
    text = str(uri)
    if not text.startswith(SCHEME):
        if "://" in text:
            raise DataError(text, ["this kind of address cannot be read; give a folder or s3://bucket/prefix"])
        return Folder(path=Path(text))
    bucket, _, prefix = text.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise DataError(text, ["the address names no bucket; it looks like s3://bucket/prefix"])
    return Bucket(bucket=bucket, prefix=prefix.strip("/"), deadline=deadline, stop=stop or threading.Event())


def join(uri: str | Path, *names: str) -> str:
    """The address of something below `uri`, of either kind."""
    return "/".join([str(uri).rstrip("/") or "/", *names])


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A `Store` in the file system."""

    path: Path

    @property
    def uri(self) -> str:
        return str(self.path)

    def address(self, name: str) -> str:
        return str(self.path / name)

    def list(self) -> dict[str, Entry]:
        files = sorted(path for path in self.path.rglob("*") if path.is_file()) if self.path.is_dir() else []
        return {path.relative_to(self.path).as_posix(): _entry(path.stat()) for path in files}

    def read(self, name: str, *, start: int = 0, length: int | None = None, tag: str = "") -> bytes:
        with _told(self.address(name)), (self.path / name).open("rb") as file:
            if tag and _entry(os.fstat(file.fileno())).tag != tag:
                raise DataError(self.address(name), [_CHANGED])
            file.seek(start)
            return file.read(length)

    def write(self, name: str, data: bytes) -> None:
        target = self.path / name
        part = target.with_name(f"{target.name}.part")
        with _told(self.address(name)):
            target.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(data)
            os.replace(part, target)

    def remove(self, name: str) -> None:
        with _told(self.address(name)):
            (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        with _told(self.address(name)):
            (self.path / name).stat()
        yield self.path / name


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A `Store` in S3."""

    bucket: str
    prefix: str
    deadline: float = DEADLINE_SECONDS
    stop: threading.Event = field(default_factory=threading.Event, repr=False, compare=False)

    @property
    def uri(self) -> str:
        return join(f"{SCHEME}{self.bucket}", self.prefix) if self.prefix else f"{SCHEME}{self.bucket}"

    def address(self, name: str) -> str:
        return join(self.uri, name)

    def list(self) -> dict[str, Entry]:
        below = f"{self.prefix}/" if self.prefix else ""
        found: dict[str, Entry] = {}
        more: dict[str, str] = {}
        while True:
            page = self._ask(self.uri, partial(_page, bucket=self.bucket, prefix=below, more=more))
            for item in page.get("Contents", ()):
                if not item["Key"].endswith("/"):  # a "folder" that the console made
                    found[item["Key"].removeprefix(below)] = Entry(size=item["Size"], tag=item["ETag"])
            if not page.get("IsTruncated"):
                return found
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def read(self, name: str, *, start: int = 0, length: int | None = None, tag: str = "") -> bytes:
        if length == 0:
            return b""
        request: dict[str, str] = {"IfMatch": tag} if tag else {}
        if start or length is not None:
            request["Range"] = f"bytes={start}-{'' if length is None else start + length - 1}"

        def ask(client: Any) -> bytes:
            return bytes(client.get_object(Bucket=self.bucket, Key=self._key(name), **request)["Body"].read())

        return self._ask(self.address(name), ask)

    def write(self, name: str, data: bytes) -> None:
        self._ask(self.address(name), lambda client: client.put_object(Bucket=self.bucket, Key=self._key(name), Body=data))

    def remove(self, name: str) -> None:
        self._ask(self.address(name), lambda client: client.delete_object(Bucket=self.bucket, Key=self._key(name)))

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
            target = Path(folder) / Path(name).name

            def ask(client: Any) -> None:
                body = client.get_object(Bucket=self.bucket, Key=self._key(name))["Body"]
                with target.open("wb") as file:
                    shutil.copyfileobj(body, file, 1 << 20)

            self._ask(self.address(name), ask)
            yield target

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    def _ask(self, address: str, request: Callable[[Any], _Answer]) -> _Answer:
        """The answer to one request, repeated until the deadline while the server is out of reach or asks for patience."""
        from botocore.exceptions import BotoCoreError, ClientError
        from urllib3.exceptions import HTTPError

        end = time.monotonic() + self.deadline
        pause = FIRST_PAUSE_SECONDS
        last: Any
        while True:
            try:
                return request(s3_client())
            except ClientError as error:
                if not _passes(error):
                    raise _refused(address, self.bucket, error) from None
                last = error
            except (BotoCoreError, HTTPError, OSError) as error:
                if not isinstance(error, (*_network_errors(), HTTPError, OSError)):
                    raise Refused(address, [_unusable(error)]) from None
                last = error
            left = end - time.monotonic()
            # Spread out, so that a thousand processes do not come back in the same instant.
            wait = min(pause * random.uniform(0.5, 1.5), max(0.0, left))
            if left <= 0 or self.stop.wait(wait):
                raise OutOfReach(
                    address,
                    [
                        f"S3 did not answer for {self.deadline:g} s (last: {type(last).__name__}: {last}); check the network, "
                        "the VPC's S3 endpoint and AWS_ENDPOINT_URL, then start again: a job goes on at its newest checkpoint"
                    ],
                ) from None
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


_CHANGED: Final = "it changed while it was read; write a new corpus to an address of its own, and start again"
_clients: dict[tuple[int, str | None], Any] = {}
_clients_lock = threading.Lock()


def s3_client() -> Any:
    """The S3 client of this process: made once (0.2 s), safe for threads, never carried over a fork with its connections."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    key = (os.getpid(), endpoint)
    with _clients_lock:
        if key not in _clients:
            import boto3
            from botocore.config import Config

            config = Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                max_pool_connections=CONNECTIONS,
                # Repeated by `Bucket` alone, so that the deadline is one number.
                retries={"total_max_attempts": 1, "mode": "standard"},
                # A bucket's name is no host name where an endpoint is given, as in the local cloud.
                s3={"addressing_style": "path"} if endpoint else None,
            )
            region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None
            _clients[key] = boto3.client("s3", config=config, region_name=region)
        return _clients[key]


def _page(client: Any, *, bucket: str, prefix: str, more: Mapping[str, str]) -> Mapping[str, Any]:
    return dict(client.list_objects_v2(Bucket=bucket, Prefix=prefix, **more))


def _network_errors() -> tuple[type[Exception], ...]:
    from botocore import exceptions

    # The first two: no connection, a closed one, a time-out. The others: a body that ended early.
    return (
        exceptions.HTTPClientError,
        exceptions.ConnectionError,
        exceptions.IncompleteReadError,
        exceptions.ResponseStreamingError,
    )


def _passes(error: Any) -> bool:
    """True for an answer that another try may better: S3's own trouble, or too many requests."""
    status = int(_status(error))
    return status >= 500 or status == 429 or _code(error) in ("SlowDown", "RequestTimeout", "RequestTimeTooSkewed", "Throttling")


def _refused(address: str, bucket: str, error: Any) -> DataError:
    code, status = _code(error), _status(error)
    if code == "NoSuchBucket":
        return NoBucket(address, [f"there is no bucket {bucket!r}; check its name, its account and the region"])
    if code in ("NoSuchKey", "404", "NotFound"):
        return Missing(address, ["there is no such object"])
    if code in ("PreconditionFailed", "412"):
        return DataError(address, [_CHANGED])
    if code in ("InvalidRange", "416"):
        return DataError(address, ["it is shorter than the part asked for; write the corpus again"])
    if status in (401, 403):
        return Refused(
            address,
            [
                f"S3 denied access ({code}: {_message(error)}); the job's role needs s3:GetObject and s3:ListBucket here "
                "(s3:PutObject and s3:DeleteObject to write), and kms:Decrypt on the bucket's key"
            ],
        )
    return Refused(address, [f"S3 refused the request ({code}, status {status}: {_message(error)})"])


def _unusable(error: Exception) -> str:
    return f"S3 cannot be asked: {error}; give the job a role, or set AWS_REGION and AWS_PROFILE (or keys)"


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _message(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _entry(status: os.stat_result) -> Entry:
    return Entry(size=status.st_size, tag=str(status.st_mtime_ns))


@contextmanager
def _told(address: str) -> Iterator[None]:
    """The file system's errors as ours."""
    try:
        yield
    except FileNotFoundError:
        raise Missing(address, ["there is no such file"]) from None
    except OSError as error:
        raise DataError(address, [f"{error.strerror or error}; check the disk's space and the rights on it"]) from None


def sizes(entries: Mapping[str, Entry]) -> int:
    """Bytes of all entries together."""
    return sum(entry.size for entry in entries.values())
