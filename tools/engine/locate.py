"""Finds the Pulumi engine, cheapest way first: PATH, our cache, the official installer, a build from Go modules."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.engine.errors import EngineMissing
from tools.engine.home import cache_path

# The version that tools/engine/build/go.mod pins, and the least that the Automation API calls here were tried with.
VERSION: Final = "3.259.0"
MINIMUM: Final = (3, 250, 0)

Progress = Callable[[str], None]
Way = Callable[[], "Engine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A Pulumi CLI that answered: its executable, version ("3.259.0") and which way it was found."""

    path: Path
    version: str
    source: str


def silent(_: str) -> None:
    """The progress of who wants none."""


def find(env: Mapping[str, str] = os.environ) -> Engine | None:
    """An engine that is here already (PATH, then our cache); None where there is none. Starts no long work."""
    for way in (on_path, in_cache):
        try:
            return way(env)
        except EngineMissing:
            continue
    return None


def ensure(env: Mapping[str, str] = os.environ, *, progress: Progress = silent) -> Engine:
    """An engine, made if need be (minutes, the first time).

    Raises EngineMissing that names all four ways and why each failed.
    """
    from tools.engine import build

    ways: tuple[tuple[str, Way], ...] = (
        ("a pulumi on PATH", lambda: on_path(env)),
        ("the cache", lambda: in_cache(env)),
        ("the official installer", lambda: build.install_official(cache_root(env), progress=progress)),
        ("a build from Go modules", lambda: build.build_from_modules(cache_root(env), env=env, progress=progress)),
    )
    return first_of(ways)


def first_of(ways: tuple[tuple[str, Way], ...]) -> Engine:
    """The first way that yields an engine. Raises EngineMissing with every way's reason, in order."""
    reasons: list[str] = []
    for name, way in ways:
        try:
            return way()
        except EngineMissing as missing:
            reasons.append(f"  {len(reasons) + 1}. {name}: {missing}")
    least = ".".join(map(str, MINIMUM))
    raise EngineMissing(
        "no Pulumi engine could be found or made. Tried, in order:\n"
        + "\n".join(reasons)
        + f"\nWay out: install the Pulumi CLI ({least} or newer) so that `pulumi version` works, or Go 1.25 or newer; run again."
    )


def on_path(env: Mapping[str, str]) -> Engine:
    """The `pulumi` on PATH, when it is new enough."""
    found = shutil.which("pulumi", path=env.get("PATH", ""))
    if not found:
        raise EngineMissing("there is none")
    version = version_of(Path(found), env)
    if numbers(version) < MINIMUM:
        raise EngineMissing(f"{found} is {version}, older than {'.'.join(map(str, MINIMUM))}")
    return Engine(path=Path(found).absolute(), version=version, source="PATH")


def in_cache(env: Mapping[str, str]) -> Engine:
    """The engine that an earlier run put into our cache."""
    path = cache_root(env) / "bin" / "pulumi"
    if not path.exists():
        raise EngineMissing(f"{path} is not there")
    return Engine(path=path, version=version_of(path, env), source="cache")


def cache_root(env: Mapping[str, str]) -> Path:
    return cache_path(env) / "engine" / VERSION


def version_of(path: Path, env: Mapping[str, str]) -> str:
    """What `pulumi version` says, without the leading v. Asked once a binary: the answer is kept by its size and age."""
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
    import zlib

    return zlib.crc32(text.encode())


def numbers(version: str) -> tuple[int, int, int]:
    """`3.259.0-dev` as (3, 259, 0)."""
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else (0, 0, 0)
