"""Real text that every machine has: the Python standard library's own sources, one document a file.

What is taken depends on the Python version alone: files that installing wrote (build flags, paths) and tests are left out, and
so is what other documents repeat. About 700 files and 12 MB with Python 3.11.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workloads.errors import DataError

_LEFT_OUT: Final = frozenset({"test", "tests", "idle_test", "__pycache__", "site-packages", "dist-packages"})
# Names of files that the build or the installer wrote, which differ between machines.
LEFT_OUT_PREFIXES: Final = ("_sysconfigdata", "config-", "__phello__")

# The seed that decides which files fit `limit_bytes`. It differs from any that decides what is held out, so that the two choices
# are independent.
CHOOSING: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text and what it is called; the name decides whether it is held out for test."""

    name: str
    text: str


def title() -> str:
    return f"the standard library of Python {platform.python_version()}"


def documents(
    *, minimum: int = 1, maximum: int = 1_000_000, limit_bytes: int = 0, folder: Path | None = None
) -> Iterator[Document]:
    """The documents of `minimum` to `maximum` characters, in order of name. Files that are no UTF-8 are left out.

    With `limit_bytes`, as many of them as fit, at least two, chosen by a hash of their names. Raises `DataError` when there are
    none.
    """
    root = folder or Path(sysconfig.get_paths()["stdlib"])
    names = _names(root)
    if len(names) < 2:
        raise DataError(
            str(root), ["the standard library's sources are not there; give --source a folder or s3:// prefix of text"]
        )
    seen: set[bytes] = set()
    for name in _fitting(root, names, limit_bytes) if limit_bytes else names:
        text = _text(root / name)
        if text is None or not minimum <= len(text) <= maximum or not text.strip():
            continue
        digest = hashlib.sha256(text.encode()).digest()
        if digest not in seen:
            seen.add(digest)
            yield Document(name=name, text=text)


def fraction(name: str, seed: int) -> float:
    """A number from 0 to 1 that a name hashes to: evenly spread, and the same on every machine."""
    digest = hashlib.sha256(f"{seed}\n{name}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _names(root: Path) -> list[str]:
    found = []
    for folder, below, files in os.walk(root):
        below[:] = [name for name in below if name not in _LEFT_OUT and not name.startswith(LEFT_OUT_PREFIXES)]
        wanted = [name for name in files if name.endswith(".py") and not name.startswith(LEFT_OUT_PREFIXES)]
        found += [(Path(folder) / name).relative_to(root).as_posix() for name in wanted]
    return sorted(found)


def _fitting(root: Path, names: list[str], limit_bytes: int) -> list[str]:
    chosen: list[str] = []
    total = 0
    for name in sorted(names, key=lambda name: fraction(name, seed=CHOOSING)):
        size = (root / name).stat().st_size
        if len(chosen) < 2 or total + size <= limit_bytes:
            chosen.append(name)
            total += size
    return sorted(chosen)


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        return None
