"""The tag of the workload images: a hash of the code they hold, so changed code is a changed image and a new job."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

WORKLOADS_FOLDER: Final = Path(__file__).resolve().parents[2] / "workloads"
TAG_PREFIX: Final = "src-"
_DIGITS: Final = 12
# Folders that are not in the digest: caches, tests, and data, whose key in the bucket has a hash of its own.
IGNORED_FOLDERS: Final = frozenset({"__pycache__", "tests", "node_modules", "build", "dist", "outputs"})
IGNORED_SUFFIXES: Final = frozenset({".pyc", ".pyo", ".parquet", ".log", ".tmp", ".swp"})


def source_files(root: Path = WORKLOADS_FOLDER) -> tuple[Path, ...]:
    """The files under `root` that an image is made of, relative to it, sorted by their POSIX path."""
    found: list[Path] = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in IGNORED_FOLDERS and not name.startswith(".")]
        found += [
            Path(folder, name).relative_to(root)
            for name in files
            if not name.startswith(".") and Path(name).suffix not in IGNORED_SUFFIXES
        ]
    return tuple(sorted(found, key=Path.as_posix))


def source_digest(root: Path = WORKLOADS_FOLDER) -> str:
    """sha256 (hex) over the path and content of every source file; times, owners and modes do not count.

    Raises ValueError when there is no code under `root`: a tag of nothing would never change.
    """
    files = source_files(root)
    if not files:
        raise ValueError(f"{root} holds no source files; the image tag is a hash of them, so run from a complete checkout")
    digest = hashlib.sha256()
    for path in files:
        content = (root / path).read_bytes()
        digest.update(f"{path.as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def image_tag(root: Path = WORKLOADS_FOLDER) -> str:
    """`src-` and the first 12 hex digits: the tag of the training and serving images."""
    return TAG_PREFIX + source_digest(root)[:_DIGITS]
