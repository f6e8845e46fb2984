"""Opens the store at an address, of either kind."""

from __future__ import annotations

import threading
from pathlib import Path

from workloads.errors import DataError
from workloads.stores.folder_store import FolderStore
from workloads.stores.s3_requests import PATIENT, Patience
from workloads.stores.s3_store import S3Store
from workloads.stores.store import SCHEME, Store


def open_store(uri: str | Path, *, patience: Patience = PATIENT, stop: threading.Event | None = None) -> Store:
    """The store at `uri`; nothing is asked of a server yet. `stop`, once set, ends the repeating of requests.

    Raises `DataError` for an address that is neither a folder's nor `s3://bucket/prefix`.
    """
    text = str(uri)
    if not text.startswith(SCHEME):
        if "://" in text:
            raise DataError(text, ["this kind of address cannot be read; give a folder or s3://bucket/prefix"])
        return FolderStore(path=Path(text))
    bucket, _, prefix = text.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise DataError(text, ["the address names no bucket; it looks like s3://bucket/prefix"])
    return S3Store(bucket=bucket, prefix=prefix.strip("/"), patience=patience, stop=stop or threading.Event())
