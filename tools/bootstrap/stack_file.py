"""Writes the two lines of encryption into a stack file, as `pulumi stack init` would, and leaves its comments as they are."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from tools.bootstrap.step import FOUND, MAKE, MEND

_KEYS: Final = ("secretsprovider", "encryptedkey")
_CONFIG: Final = re.compile(r"^config:", re.MULTILINE)


def look(text: str, provider: str) -> str:
    """The op of a stack file: `make` where it names no encryption, `mend` where it lacks the data key, else `found`.

    A file with another encryption counts as found: only Pulumi can change that, as it must encrypt every secret anew.
    """
    document = _read(text)
    if document.get("encryptionsalt") or document.get("secretsprovider", provider) != provider:
        return FOUND
    if not document.get("secretsprovider"):
        return MAKE
    return FOUND if document.get("encryptedkey") else MEND


def other_encryption(text: str, provider: str) -> str:
    """The encryption that a stack file names, where that is not `provider`; else ""."""
    document = _read(text)
    named = str(document.get("secretsprovider") or ("passphrase" if document.get("encryptionsalt") else ""))
    return "" if named in ("", provider) else named


def with_encryption(text: str, lines: Mapping[str, str]) -> str:
    """The stack file's text with these keys before its `config:`, in place of any that it had.

    Raises ValueError for a file in which lines cannot be replaced so.
    """
    given = "".join(f"{key}: {value}\n" for key, value in lines.items())
    bare = re.sub(rf"^({'|'.join(lines)}):.*\n?", "", text, flags=re.MULTILINE)
    start = found.start() if (found := _CONFIG.search(bare)) else 0
    changed = bare[:start] + given + bare[start:]
    try:
        fits = _read(changed) == {**_read(text), **lines}
    except yaml.YAMLError:
        fits = False
    if not fits:
        raise ValueError(f"the file is written in a way that two lines cannot be put into; put them in by hand:\n{given}")
    return changed


def write(path: Path, text: str) -> None:
    """Writes the file in one rename and keeps its mode."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(path.stat().st_mode & 0o777)
    os.replace(fresh, path)


def _read(text: str) -> dict[str, Any]:
    return dict(yaml.safe_load(text) or {})
