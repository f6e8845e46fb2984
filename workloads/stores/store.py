"""What a store can do, whether it is a folder or an S3 prefix.

`workloads.stores.opening.open_store(uri)` gives the store of `FOLDER | s3://BUCKET/PREFIX`. Names are relative to the store, with
`/`. A folder is there while a file lies below it, as in S3. Every fault is a `StoreError` (workloads/stores/store_errors.py) that
names the address and the way out.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

SCHEME: Final = "s3://"
# Bytes in memory at a time while a file is copied or digested: enough for a GPU's bandwidth, little beside its host's memory.
CHUNK_BYTES: Final = 8 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file: its size in bytes, and a tag that changes when its content does (S3's ETag, a file's time of change)."""

    size: int
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What a file's whole content comes to: its size in bytes and its SHA-256 in hexadecimal digits."""

    size: int
    sha256: str


class Store(Protocol):
    """A folder or an S3 prefix."""

    @property
    def uri(self) -> str: ...

    @property
    def shared(self) -> bool:
        """Whether all hosts see the same files, wherever they run."""

    def address(self, name: str) -> str:
        """Where `name` lies, for a person."""

    def entries(self, below: str = "") -> dict[str, Entry]:
        """All files (below folder `below`), by name, sorted. Empty when there is nothing; `NoBucket` when there is no bucket."""

    def folders(self, below: str = "") -> list[str]:
        """The names of the folders directly in the store (or in folder `below`), sorted."""

    def read(self, name: str, *, start: int = 0, length: int | None = None, tag: str = "") -> bytes:
        """The bytes from `start`, fewer than `length` only when the file ends before. `Changed` when it no longer has `tag`."""

    def digest(self, name: str) -> Digest:
        """The size and SHA-256 of the whole file, a chunk in memory at a time."""

    def write(self, name: str, data: bytes) -> None:
        """Write the file whole or not at all."""

    def remove(self, name: str) -> None:
        """Remove the file; no fault when it is not there."""

    def remove_below(self, below: str) -> None:
        """Remove folder `below` with all that lies in it; no fault when it is not there."""

    def local(self, name: str) -> AbstractContextManager[Path]:
        """A path with the file's content while the context lasts: the file itself, or a temporary copy."""


def join(uri: str | Path, *names: str) -> str:
    """The address of something below `uri`, of either kind."""
    return "/".join([str(uri).rstrip("/") or "/", *names])
