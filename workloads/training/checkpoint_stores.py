"""Where checkpoints lie: a folder, or a prefix in S3. Listing, reading, digesting and removing; the writing of data is DCP's.

Both raise only `CheckpointError`, in words that say where and the way out.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from workloads.training.checkpoint_errors import CheckpointError, reason_of
from workloads.training.checkpoint_manifest import MANIFEST

STEP: Final = re.compile(r"step-(\d{8,})")
PROBE: Final = ".probe"
# Enough for one GPU's bandwidth, little beside its host's memory.
CHUNK: Final = 8 * 2**20
# A lost network must show before SageMaker's 120 s after SIGTERM are over; boto3's own patience is minutes.
CONNECT_TIMEOUT_S: Final = 5
READ_TIMEOUT_S: Final = 25
ATTEMPTS: Final = 3


class Store(Protocol):
    """The checkpoints of one run: files by step and name."""

    shared: bool  # all hosts see the same, wherever they run
    root: str  # where the run's checkpoints lie, for people
    folder: str  # where those of all runs lie

    def address(self, step: int) -> str: ...
    def probe(self) -> None:
        """Write and remove a small file."""

    def steps(self) -> dict[int, dict[str, int]]:
        """The files of every step: name -> bytes."""

    def other_runs(self) -> list[str]: ...
    def read(self, step: int, name: str) -> bytes: ...
    def write(self, step: int, name: str, content: bytes) -> None:
        """A reader sees nothing or all of it."""

    def digest(self, step: int, name: str) -> tuple[int, str]:
        """Bytes and SHA-256 of a file."""

    def remove(self, step: int) -> None:
        """Its manifest first: what is half removed is not whole."""

    def remove_all(self) -> None: ...


def open_store(where: str | Path, run: str) -> Store:
    """Raises `CheckpointError` for an address that is neither a folder nor s3://bucket/prefix."""
    text = str(where)
    if not text.startswith("s3://"):
        if "://" in text:
            raise CheckpointError(f"checkpoint_uri is {text!r}; give a folder or s3://bucket/prefix")
        return Folder(Path(where), run)
    bucket, _, prefix = text.removeprefix("s3://").partition("/")
    if not bucket:
        raise CheckpointError(f"checkpoint_uri is {text!r}, which names no bucket; give s3://bucket/prefix")
    return Bucket(bucket, prefix.strip("/"), run)


def step_name(step: int) -> str:
    return f"step-{step:08d}"


class Folder:
    shared = False

    def __init__(self, folder: Path, run: str) -> None:
        self._folder, self._run = folder, folder / run
        self.folder, self.root = str(folder), str(self._run)

    def path(self, step: int) -> Path:
        return self._run / step_name(step)

    def address(self, step: int) -> str:
        return str(self.path(step))

    def probe(self) -> None:
        with self._words("written to"):
            self._run.mkdir(parents=True, exist_ok=True)
            # A name of its own: hosts may share the folder.
            probe = self._run / f"{PROBE}-{os.getpid()}"
            probe.write_bytes(b"x")
            probe.unlink()

    def steps(self) -> dict[int, dict[str, int]]:
        with self._words("read"):
            return {int(match[1]): _sizes(path) for path in _entries(self._run) if (match := STEP.fullmatch(path.name))}

    def other_runs(self) -> list[str]:
        with self._words("read"):
            return sorted(
                path.name
                for path in _entries(self._folder)
                if path != self._run and any(STEP.fullmatch(one.name) for one in _entries(path))
            )

    def read(self, step: int, name: str) -> bytes:
        with self._words("read"):
            return (self.path(step) / name).read_bytes()

    def write(self, step: int, name: str, content: bytes) -> None:
        with self._words("written to"):
            part = self.path(step) / f"{name}.part"
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, self.path(step) / name)

    def digest(self, step: int, name: str) -> tuple[int, str]:
        with self._words("read"):
            path = self.path(step) / name
            with path.open("rb") as file:
                return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()

    def remove(self, step: int) -> None:
        with self._words("tidied"):
            (self.path(step) / MANIFEST).unlink(missing_ok=True)
            # Hosts may share the folder, so that another removes the same.
            shutil.rmtree(self.path(step), onerror=_unless_gone)

    def remove_all(self) -> None:
        for step in self.steps():
            self.remove(step)
        with contextlib.suppress(OSError):  # something of the user's own lies in it
            self._run.rmdir()

    @contextlib.contextmanager
    def _words(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CheckpointError(reason_of(error, self.root, what)) from None


class Bucket:
    shared = True

    def __init__(self, bucket: str, prefix: str, run: str) -> None:
        self.bucket, self._prefix = bucket, f"{prefix}/" if prefix else ""
        self._run = f"{self._prefix}{run}/"
        self.folder, self.root = f"s3://{bucket}/{prefix}", f"s3://{bucket}/{self._run.rstrip('/')}"
        self._made: Any = None

    def key(self, step: int, name: str = "") -> str:
        return f"{self._run}{step_name(step)}/{name}"

    def address(self, step: int) -> str:
        return f"s3://{self.bucket}/{self.key(step).rstrip('/')}"

    def probe(self) -> None:
        with self._words("written to"):
            self._client.put_object(Bucket=self.bucket, Key=f"{self._run}{PROBE}", Body=b"x")
            self._client.delete_object(Bucket=self.bucket, Key=f"{self._run}{PROBE}")

    def steps(self) -> dict[int, dict[str, int]]:
        found: dict[int, dict[str, int]] = {}
        with self._words("read"):
            for page in self._pages(self._run):
                for item in page.get("Contents", ()):
                    folder, _, name = item["Key"].removeprefix(self._run).partition("/")
                    if name and (match := STEP.fullmatch(folder)):
                        found.setdefault(int(match[1]), {})[name] = int(item["Size"])
        return found

    def other_runs(self) -> list[str]:
        with self._words("read"):
            pages = self._pages(self._prefix, Delimiter="/")
            runs = {item["Prefix"] for page in pages for item in page.get("CommonPrefixes", ())} - {self._run}
            return sorted(run.removeprefix(self._prefix).rstrip("/") for run in runs if re.search(r"-[0-9a-f]{12}/$", run))

    def read(self, step: int, name: str) -> bytes:
        with self._words("read"):
            content: bytes = self._client.get_object(Bucket=self.bucket, Key=self.key(step, name))["Body"].read()
            return content

    def write(self, step: int, name: str, content: bytes) -> None:
        with self._words("written to"):
            self._client.put_object(Bucket=self.bucket, Key=self.key(step, name), Body=content)

    def digest(self, step: int, name: str) -> tuple[int, str]:
        with self._words("read"):
            size, digest = 0, hashlib.sha256()
            for chunk in self._client.get_object(Bucket=self.bucket, Key=self.key(step, name))["Body"].iter_chunks(CHUNK):
                size += len(chunk)
                digest.update(chunk)
            return size, digest.hexdigest()

    def remove(self, step: int) -> None:
        with self._words("tidied"):
            self._client.delete_object(Bucket=self.bucket, Key=self.key(step, MANIFEST))
            self._delete(self.key(step))

    def remove_all(self) -> None:
        with self._words("tidied"):
            self._delete(self._run)

    def _delete(self, prefix: str) -> None:
        for page in self._pages(prefix):
            keys = [{"Key": item["Key"]} for item in page.get("Contents", ())]
            if keys:  # a page has at most as many as one call deletes
                self._client.delete_objects(Bucket=self.bucket, Delete={"Objects": keys, "Quiet": True})

    def _pages(self, prefix: str, **more: str) -> Iterator[dict[str, Any]]:
        yield from self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix, **more)

    @property
    def _client(self) -> Any:
        if self._made is None:
            import boto3
            from botocore.config import Config

            self._made = boto3.client(
                "s3",
                region_name=region(),
                config=Config(
                    connect_timeout=CONNECT_TIMEOUT_S,
                    read_timeout=READ_TIMEOUT_S,
                    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                ),
            )
        return self._made

    @contextlib.contextmanager
    def _words(self, what: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError
        from urllib3.exceptions import HTTPError

        try:
            yield
        except (ClientError, BotoCoreError, HTTPError, OSError) as error:
            raise CheckpointError(reason_of(error, self.root, what)) from None


def region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def _entries(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _sizes(folder: Path) -> dict[str, int]:
    sizes = {}
    with contextlib.suppress(FileNotFoundError):
        for path in folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.is_file():
                    sizes[path.name] = path.stat().st_size
    return sizes


def _unless_gone(_function: Any, _path: str, info: tuple[Any, BaseException, Any]) -> None:
    if not isinstance(info[1], FileNotFoundError):
        raise info[1]
