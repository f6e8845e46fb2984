"""Files in a folder or under an S3 prefix, by one small interface: `store(uri)` gives a `Store` for either.

For whatever in `workloads` reads or writes `FOLDER | s3://BUCKET/PREFIX`: corpora, and likewise checkpoints' manifests,
evaluation sets and reports. Names are relative to the store, with `/`. Every fault is a `DataError` that names the address and
the way out: `Missing` for what is not there, `OutOfReach` for a server that did not answer before the deadline. boto3 finds its
region, its credentials and `AWS_ENDPOINT_URL` itself, and is imported only when an s3:// address is used.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from workloads.errors import DataError

SCHEME: Final = "s3://"
# How long a server that does not answer is asked again. Longer than S3's usual hiccups, shorter than anybody's patience.
DEADLINE_SECONDS: Final = 120.0
CHANGED: Final = "it changed while it was read; write a new corpus to an address of its own, and start again"


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
    from workloads.data.bucket import Bucket

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
        with told(self.address(name)), (self.path / name).open("rb") as file:
            if tag and _entry(os.fstat(file.fileno())).tag != tag:
                raise DataError(self.address(name), [CHANGED])
            file.seek(start)
            return file.read(length)

    def write(self, name: str, data: bytes) -> None:
        target = self.path / name
        part = target.with_name(f"{target.name}.part")
        with told(self.address(name)):
            target.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(data)
            os.replace(part, target)

    def remove(self, name: str) -> None:
        with told(self.address(name)):
            (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        with told(self.address(name)):
            (self.path / name).stat()
        yield self.path / name


def _entry(status: os.stat_result) -> Entry:
    return Entry(size=status.st_size, tag=str(status.st_mtime_ns))


@contextmanager
def told(address: str) -> Iterator[None]:
    """The file system's errors as ours."""
    try:
        yield
    except FileNotFoundError:
        raise Missing(address, ["there is no such file"]) from None
    except OSError as error:
        raise DataError(address, [f"{error.strerror or error}; check the disk's space and the rights on it"]) from None
