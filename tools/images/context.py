"""The build context: a folder of exactly the files whose hash is the image's tag, so that no stray file gets into an image."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tools.images.locks import FULL
from tools.images.variants import DOCKERFILE, Build

_FILE_MODE: Final = 0o644
_FOLDER_MODE: Final = 0o755


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The code of an image: `files` are relative to `root`/workloads; `tag` is `src-` and the start of their hash."""

    root: Path
    files: Sequence[Path]
    tag: str

    def paths(self) -> tuple[Path, ...]:
        """Everything a build needs, relative to the root."""
        return (*(Path("workloads", file) for file in self.files), Path(FULL))

    def bytes(self) -> int:
        return sum((self.root / path).stat().st_size for path in self.paths())


@contextmanager
def staged(source: Source, build: Build) -> Iterator[Path]:
    """The context as a temporary folder. All modes and times are set, because those of a checkout differ between machines."""
    with TemporaryDirectory(prefix="slipway-image-") as name:
        folder = Path(name)
        for path in source.paths():
            _copy(source.root / path, folder / path)
        if build.given_requirements:
            _copy(build.given_requirements, folder / build.requirements)
        epoch = int(build.arguments["SOURCE_DATE_EPOCH"])
        for place, folders, files in os.walk(folder):
            for each in (*folders, *files):
                path = Path(place, each)
                path.chmod(_FOLDER_MODE if path.is_dir() else _FILE_MODE)
                os.utime(path, (epoch, epoch))
        # The tools would apply the .dockerignore beside the Dockerfile, and in this folder nothing is to be ignored.
        (folder / f"{DOCKERFILE}.dockerignore").unlink(missing_ok=True)
        yield folder


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
