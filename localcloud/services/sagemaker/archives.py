"""Model archives: what a job left in a folder as one .tar.gz, with a word about what an archive cannot hold, and back again."""

from __future__ import annotations

import gzip
import os
import stat
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from localcloud.services.sagemaker import layout
from localcloud.services.sagemaker.transfer import TransferError

GZIP_LEVEL = 1  # weights hardly shrink; a model of gigabytes must not spend minutes in gzip


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of an archive: a file's content, a folder that is empty, or a link to another place in the same archive."""

    name: str
    path: Path | None = None  # of a file
    link: str = ""

    @property
    def folder(self) -> bool:
        return self.path is None and not self.link


def members(folder: Path, *, base: Path, warn: Callable[[str], None]) -> Iterator[Member]:
    """What is below a folder, sorted by name. `base` is the contract's root, which a link may name as /opt/ml.

    A link to a file is the file, since whoever reads the archive may not follow links; a link to a folder of the same archive
    stays one. What leads elsewhere, or is no file at all, is left out with a word. What vanishes meanwhile is left out.
    """
    for root, folders, files in os.walk(folder):
        folders.sort()
        place = Path(root)
        if place != folder and not folders and not files:
            yield Member(name=place.relative_to(folder).as_posix())
        for name in sorted([*files, *(name for name in folders if (place / name).is_symlink())]):
            found = _member(place / name, folder, base, warn)
            if found is not None:
                yield found


def pack(folders: Sequence[Path], target: Path, *, warn: Callable[[str], None], bases: Sequence[Path] = ()) -> int:
    """One .tar.gz of all folders; the number of files. The same files give the same bytes: sorted, no times, no owners.

    SageMaker puts all hosts' files into one archive. Where two hosts wrote the same name the first folder wins, with a
    warning if they differ. `bases` are the hosts' roots of the contract.
    """
    chosen: dict[str, Member] = {}
    for folder, base in zip(folders, bases or [folder.parent for folder in folders], strict=True):
        for member in members(folder, base=base, warn=warn):
            first = chosen.setdefault(member.name, member)
            if first is not member and not _same(first, member):
                warn(f"two hosts wrote different {member.name!r}; left out the one of {base.name}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=GZIP_LEVEL, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(chosen):
            _add(archive, chosen[name])
    return sum(member.path is not None for member in chosen.values())


def unpack(archive_path: Path, folder: Path) -> None:
    """Unpacks a model into a folder. Raises TransferError for what is no tar or would write outside the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive_path) as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise TransferError(
            f"the model archive cannot be unpacked: {error}; it must be a .tar.gz whose members stay inside it"
        ) from error


def _member(path: Path, folder: Path, base: Path, warn: Callable[[str], None]) -> Member | None:
    name = path.relative_to(folder).as_posix()
    real = path
    if path.is_symlink():
        target = os.readlink(path)
        real = _led_to(path, target, base)
        if real.is_dir():
            if real.resolve().is_relative_to(folder.resolve()):
                return Member(name=name, link=os.path.relpath(real.resolve(), path.parent.resolve()))
            warn(f"left out {name!r} of the archive: it is a link to a folder outside of it, {target}")
            return None
        if not real.exists():
            warn(f"left out {name!r} of the archive: it is a link to {target}, where nothing is")
            return None
    try:
        regular = stat.S_ISREG(real.stat().st_mode)
    except OSError:
        return None
    if not regular:
        warn(f"left out {name!r} of the archive: it is no file but a pipe, a socket or a device")
        return None
    return Member(name=name, path=real)


def _led_to(path: Path, target: str, base: Path) -> Path:
    """Where a link leads: a path below /opt/ml is the job's own."""
    if Path(target) == Path(layout.CONTRACT_ROOT):
        return base
    return layout.local_path(base, target) or path.parent / target


def _same(one: Member, other: Member) -> bool:
    if one.path is None or other.path is None:
        return one == other
    if one.path.stat().st_size != other.path.stat().st_size:
        return False
    with one.path.open("rb") as left, other.path.open("rb") as right:
        while chunk := left.read(1 << 20):
            if chunk != right.read(1 << 20):
                return False
    return True


def _add(archive: tarfile.TarFile, member: Member) -> None:
    info = tarfile.TarInfo(member.name)
    if member.path is None:
        info.type, info.mode = (tarfile.SYMTYPE, 0o777) if member.link else (tarfile.DIRTYPE, 0o755)
        info.linkname = member.link
        archive.addfile(info)
        return
    info.mode = 0o755 if os.access(member.path, os.X_OK) and member.path.stat().st_mode & 0o100 else 0o644
    with member.path.open("rb") as file:
        info.size = os.fstat(file.fileno()).st_size
        archive.addfile(info, _Exactly(file, info.size))  # type: ignore[arg-type]


class _Exactly:
    """Reads exactly the size promised in the header, zero-filled when the file shrank in between."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size

    def read(self, size: int) -> bytes:
        data = self._file.read(min(size, self._left)).ljust(min(size, self._left), b"\0")
        self._left -= len(data)
        return data
