"""A Pulumi CLI as a file: the version we want, the folder where ours is cached, and the version that a binary reports."""

from __future__ import annotations

import os
import re
import subprocess
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.engine.errors import EngineMissing
from tools.engine.home import cache_path

# The version that tools/engine/build/go.mod pins, and the oldest version with which the Automation API calls here were tried.
VERSION: Final = "3.259.0"
MINIMUM: Final = (3, 250, 0)

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A Pulumi CLI that runs: its executable, its version ("3.259.0") and where it was found, in words."""

    path: Path
    version: str
    source: str


def silent(_: str) -> None:
    """A `Progress` that discards every message."""


def cache_root(env: Mapping[str, str]) -> Path:
    """The cache folder of the engine that we fetched or built: one folder a version."""
    return cache_path(env) / "engine" / VERSION


def version_of(path: Path, env: Mapping[str, str]) -> str:
    """The version that `pulumi version` prints, without the leading v.

    The answer is cached by the binary's path, size and modification time, because starting the CLI takes a while.
    """
    stat = path.stat()
    stamp = cache_path(env) / "engine" / "versions" / f"{hash_of(str(path.resolve()))}-{stat.st_size}-{stat.st_mtime_ns}"
    if stamp.exists() and (known := stamp.read_text().strip()):
        return known
    try:
        answer = subprocess.run(
            [str(path), "version"], capture_output=True, text=True, timeout=60, check=True,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineMissing(f"{path} does not run: {error}") from error
    version = answer.stdout.strip().removeprefix("v")
    if not re.match(r"\d+\.\d+\.\d+", version):
        raise EngineMissing(f"{path} says version {version!r}, which is no version number")
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(version)
    return version


def hash_of(text: str) -> int:
    """A number for a path that is the same in every process (Python's own `hash` is salted)."""
    return zlib.crc32(text.encode())


def numbers(version: str) -> tuple[int, int, int]:
    """A version as comparable numbers: (3, 259, 0) of `3.259.0-dev`."""
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else (0, 0, 0)
