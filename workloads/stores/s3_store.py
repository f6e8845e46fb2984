"""A `Store` in S3."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from workloads.stores.folder_store import reported
from workloads.stores.s3_requests import PATIENT, Patience, Requests, own_endpoint
from workloads.stores.store import CHUNK_BYTES, SCHEME, Digest, Entry, join

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Store:
    """A `Store` in S3. It asks the endpoint that the environment named when it was opened."""

    bucket: str
    prefix: str
    patience: Patience = PATIENT
    stop: threading.Event = field(default_factory=threading.Event, repr=False, compare=False)
    endpoint: str | None = field(default_factory=own_endpoint, repr=False, compare=False)

    @property
    def shared(self) -> bool:
        return True

    @property
    def requests(self) -> Requests:
        return Requests(patience=self.patience, endpoint=self.endpoint, stop=self.stop)

    @property
    def uri(self) -> str:
        return join(f"{SCHEME}{self.bucket}", self.prefix) if self.prefix else f"{SCHEME}{self.bucket}"

    def address(self, name: str) -> str:
        return join(self.uri, name) if name else self.uri

    def entries(self, below: str = "") -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for page in self._pages(below):
            for item in page.get("Contents", ()):
                if not item["Key"].endswith("/"):  # a "folder" that the console made
                    found[item["Key"].removeprefix(self._key(""))] = Entry(size=item["Size"], tag=item["ETag"])
        return found

    def folders(self, below: str = "") -> list[str]:
        pages = self._pages(below, Delimiter="/")
        found = [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", ())]
        return sorted(prefix.rstrip("/").rpartition("/")[2] for prefix in found)

    def read(self, name: str, *, start: int = 0, length: int | None = None, tag: str = "") -> bytes:
        if length == 0:
            return b""
        request: dict[str, str] = {"IfMatch": tag} if tag else {}
        if start or length is not None:
            request["Range"] = f"bytes={start}-{'' if length is None else start + length - 1}"
        return self._ask(name, lambda client: bytes(self._body(client, name, **request).read()))

    def digest(self, name: str) -> Digest:
        def ask(client: Any) -> Digest:
            size, digest = 0, hashlib.sha256()
            for chunk in self._body(client, name).iter_chunks(CHUNK_BYTES):
                size += len(chunk)
                digest.update(chunk)
            return Digest(size=size, sha256=digest.hexdigest())

        return self._ask(name, ask)

    def write(self, name: str, data: bytes) -> None:
        self._ask(name, lambda client: client.put_object(Bucket=self.bucket, Key=self._key(name), Body=data))

    def remove(self, name: str) -> None:
        self._ask(name, lambda client: client.delete_object(Bucket=self.bucket, Key=self._key(name)))

    def remove_below(self, below: str) -> None:
        assert below, "would remove the store itself"
        for page in self._pages(below):
            keys = [{"Key": item["Key"]} for item in page.get("Contents", ())]
            if keys:  # a page has at most as many as one call deletes
                self._ask(below, partial(self._delete, keys=keys))

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
            target = Path(folder) / Path(name).name

            def ask(client: Any) -> None:
                body = self._body(client, name)
                # Unbuffered, so that a full disk is reported where it is met and not taken for the network's fault.
                with target.open("wb", buffering=0) as file:
                    while data := body.read(CHUNK_BYTES):
                        with reported(str(target)):
                            file.write(data)

            self._ask(name, ask)
            yield target

    def _ask(self, name: str, request: Callable[[Any], _Answer]) -> _Answer:
        return self.requests.ask(self.address(name), self.bucket, request)

    def _body(self, client: Any, name: str, **request: str) -> Any:
        return client.get_object(Bucket=self.bucket, Key=self._key(name), **request)["Body"]

    def _delete(self, client: Any, *, keys: list[dict[str, str]]) -> None:
        client.delete_objects(Bucket=self.bucket, Delete={"Objects": keys, "Quiet": True})

    def _pages(self, below: str, **request: str) -> Iterator[dict[str, Any]]:
        """The answers of ListObjectsV2 for all keys below a folder of the store, one after another."""
        wanted: dict[str, str] = {"Bucket": self.bucket, "Prefix": self._key(f"{below}/" if below else ""), **request}
        while True:
            page = self._ask(below, lambda client: dict(client.list_objects_v2(**wanted)))
            yield page
            if not page.get("IsTruncated"):
                return
            wanted["ContinuationToken"] = page["NextContinuationToken"]

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name
