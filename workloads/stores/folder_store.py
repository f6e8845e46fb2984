"""A `Store` in the file system."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workloads.stores.store import Digest, Entry
from workloads.stores.store_errors import Changed, Missing, StoreError


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderStore:
    """A `Store` in the file system. Hosts may share the folder, so that another removes what this process is about to look at."""

    path: Path

    @property
    def shared(self) -> bool:
        return False

    @property
    def uri(self) -> str:
        return str(self.path)

    def address(self, name: str) -> str:
        return str(self.path / name)

    def entries(self, below: str = "") -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        with reported(self.address(below)):
            for folder, _, names in os.walk(self.path / below, onerror=_raise_unless_gone):
                for path in (Path(folder) / name for name in names):
                    with contextlib.suppress(FileNotFoundError):
                        if path.is_file():
                            found[path.relative_to(self.path).as_posix()] = _entry(path.stat())
        return dict(sorted(found.items(), key=lambda item: item[0].split("/")))

    def folders(self, below: str = "") -> list[str]:
        start = len(Path(below).parts)
        parts = (name.split("/")[start:] for name in self.entries(below))
        return sorted({one[0] for one in parts if len(one) > 1})

    def read(self, name: str, *, start: int = 0, length: int | None = None, tag: str = "") -> bytes:
        with reported(self.address(name)), (self.path / name).open("rb") as file:
            if tag and _entry(os.fstat(file.fileno())).tag != tag:
                raise Changed(self.address(name))
            file.seek(start)
            return file.read(length)

    def digest(self, name: str) -> Digest:
        with reported(self.address(name)), (self.path / name).open("rb") as file:
            return Digest(size=os.fstat(file.fileno()).st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())

    def write(self, name: str, data: bytes) -> None:
        target = self.path / name
        part = target.with_name(f"{target.name}.part")
        with reported(self.address(name)):
            target.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())  # after a power cut the new name must not stand for an empty file
            os.replace(part, target)

    def remove(self, name: str) -> None:
        with reported(self.address(name)):
            (self.path / name).unlink(missing_ok=True)

    def remove_below(self, below: str) -> None:
        assert below, "would remove the store itself"
        with reported(self.address(below)):
            shutil.rmtree(self.path / below, onerror=lambda _function, _path, info: _raise_unless_gone(info[1]))
        with contextlib.suppress(OSError):  # folders above that hold something else stay
            for parent in Path(below).parents[:-1]:
                (self.path / parent).rmdir()

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        with reported(self.address(name)):
            (self.path / name).stat()
        yield self.path / name


@contextmanager
def reported(address: str) -> Iterator[None]:
    """Turns the file system's errors into a store's."""
    try:
        yield
    except FileNotFoundError as error:
        raise Missing(address, "there is no such file", error) from None
    except OSError as error:
        raise StoreError(address, f"{error.strerror or error}; check the disk's space and the rights on it", error) from None


def _entry(status: os.stat_result) -> Entry:
    return Entry(size=status.st_size, tag=str(status.st_mtime_ns))


def _raise_unless_gone(error: Any) -> None:
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise error
