"""Finds the Pulumi engine, cheapest way first: PATH, our cache, the official installer, a build from Go modules."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.engine import build
from tools.engine.binary import MINIMUM, Engine, Progress, cache_root, numbers, silent, version_of
from tools.engine.errors import EngineMissing

Way = Callable[[], Engine]


def find(env: Mapping[str, str] = os.environ) -> Engine | None:
    """An engine that is installed already, on PATH or in our cache; None where there is none. Never installs one."""
    for way in (on_path, in_cache):
        try:
            return way(env)
        except EngineMissing:
            continue
    return None


def ensure(env: Mapping[str, str] = os.environ, *, progress: Progress = silent) -> Engine:
    """An engine, installed or built where there is none (minutes, the first time).

    Raises EngineMissing that names all four ways and why each failed.
    """
    ways: tuple[tuple[str, Way], ...] = (
        ("a pulumi on PATH", lambda: on_path(env)),
        ("the cache", lambda: in_cache(env)),
        ("the official installer", lambda: build.install_official(cache_root(env), progress=progress)),
        ("a build from Go modules", lambda: build.build_from_modules(cache_root(env), env=env, progress=progress)),
    )
    return first_of(ways)


def first_of(ways: tuple[tuple[str, Way], ...]) -> Engine:
    """The engine of the first way that succeeds. Raises EngineMissing with every way's reason, in order."""
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
