"""Where a run's checkpoints lie: files by step and name, in a folder or below a prefix in S3.

Listing, reading, digesting and removing; `torch.distributed.checkpoint` writes the data (checkpoint_storage.py). Every fault is a
`CheckpointError`, in words that say where and the way out.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from workloads.errors import DataError
from workloads.stores.opening import open_store
from workloads.stores.s3_requests import Patience
from workloads.stores.store import SCHEME, Digest, Store
from workloads.stores.store_errors import StoreError
from workloads.training.checkpoint_errors import CheckpointError, reason_of
from workloads.training.checkpoint_manifest import MANIFEST

STEP: Final = re.compile(r"step-(\d{8,})")
# The end of a run's name, as workloads/training/checkpoint.py makes it.
RUN: Final = re.compile(r"-[0-9a-f]{12}$")
PROBE: Final = ".probe"
# A lost network must show before SageMaker's 120 s after SIGTERM are over; the usual patience is that long by itself.
PATIENCE: Final = Patience(connect_seconds=5, read_seconds=25, attempts=3, deadline_seconds=0)


class CheckpointFiles:
    """The checkpoints of one run.

    `shared` says whether all hosts see the same files. The run's checkpoints lie in `root`, those of all runs in `folder`. Raises
    `CheckpointError` for an address that is neither a folder nor s3://bucket/prefix.
    """

    def __init__(self, where: str | Path, run: str) -> None:
        self._store, self._run = _open(where), run
        self.shared = self._store.shared
        self.folder, self.root = self._store.uri, self._store.address(run)

    def address(self, step: int) -> str:
        return self._store.address(self._name(step))

    def probe(self) -> None:
        """Write and remove a small file, whose name no other process uses: hosts may share the folder."""
        name = f"{self._run}/{PROBE}-{os.getpid()}"
        with self._words("written to"):
            self._store.write(name, b"x")
            self._store.remove(name)

    def steps(self) -> dict[int, dict[str, int]]:
        """The files of every step: name -> bytes."""
        found: dict[int, dict[str, int]] = {}
        with self._words("read"):
            for path, entry in self._store.entries(self._run).items():
                folder, _, name = path.removeprefix(f"{self._run}/").partition("/")
                if name and (match := STEP.fullmatch(folder)):
                    found.setdefault(int(match[1]), {})[name] = entry.size
        return found

    def other_runs(self) -> list[str]:
        with self._words("read"):
            return [name for name in self._store.folders() if name != self._run and RUN.search(name)]

    def read(self, step: int, name: str) -> bytes:
        with self._words("read"):
            return self._store.read(self._name(step, name))

    def write(self, step: int, name: str, content: bytes) -> None:
        """A reader sees nothing or all of it."""
        with self._words("written to"):
            self._store.write(self._name(step, name), content)

    def digest(self, step: int, name: str) -> Digest:
        with self._words("read"):
            return self._store.digest(self._name(step, name))

    def remove(self, step: int) -> None:
        """Remove a checkpoint, its manifest first: a checkpoint that is half removed is not whole."""
        with self._words("tidied"):
            self._store.remove(self._name(step, MANIFEST))
            self._store.remove_below(self._name(step))

    def remove_all(self) -> None:
        """Remove all checkpoints of the run; what else lies in its folder is the user's own and stays."""
        for step in self.steps():
            self.remove(step)
        with self._words("tidied"):
            if not self._store.entries(self._run):
                self._store.remove_below(self._run)

    def _name(self, step: int, *names: str) -> str:
        return "/".join([self._run, f"step-{step:08d}", *names])

    @contextlib.contextmanager
    def _words(self, what: str) -> Iterator[None]:
        """A store's errors in the words of checkpoints, whose way out is another: the library's own error decides."""
        try:
            yield
        except StoreError as error:
            raise CheckpointError(reason_of(error.cause or error, self.root, what)) from None


def _open(where: str | Path) -> Store:
    try:
        return open_store(where, patience=PATIENCE)
    except DataError:
        wrong = ", which names no bucket; give" if str(where).startswith(SCHEME) else "; give a folder or"
        raise CheckpointError(f"checkpoint_uri is {str(where)!r}{wrong} s3://bucket/prefix") from None
