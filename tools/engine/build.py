"""Makes an engine where there is none: the official installer, else a build from the pinned Go modules beside this file."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tools.engine.binary import VERSION, Engine, Progress, silent, version_of
from tools.engine.errors import EngineMissing

MODULE: Final = Path(__file__).parent / "build"
COMMAND: Final = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE: Final = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
# A cold build takes 5 minutes on 2 cores; an hour means that something hangs.
BUILD_SECONDS: Final = 3600


def install_official(root: Path, *, progress: Progress = silent) -> Engine:
    """Pulumi's own installer, put under `root`/bin in one rename. Raises EngineMissing with the installer's words."""
    progress(f"Pulumi {VERSION}: asking the official installer")
    with _making(root) as (ready, fresh):
        if ready is not None:
            return ready
        try:
            from pulumi.automation import PulumiCommand
            from semver import VersionInfo

            PulumiCommand.install(root=str(fresh), version=VersionInfo.parse(VERSION))
        except Exception as error:  # whatever the download, its shell script or the SDK raises: the next way is tried
            words = getattr(error, "output", None) or str(error)
            text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
            raise EngineMissing(f"it failed: {' '.join(text.split())[:200]}") from error
        # Only the CLI is kept: the language hosts beside it would take over policy packs from our scripts.
        return _publish(fresh / "bin" / "pulumi", root, source="official installer")


def build_from_modules(root: Path, *, env: Mapping[str, str] = os.environ, progress: Progress = silent) -> Engine:
    """A build of the pinned modules (minutes the first time). Raises EngineMissing with the compiler's last words."""
    go = shutil.which("go", path=env.get("PATH", ""))
    if not go:
        raise EngineMissing("no `go` on PATH")
    with _making(root) as (ready, fresh):
        if ready is not None:
            return ready
        target = fresh / "pulumi"
        flags = f"-s -w -X {VERSION_VARIABLE}=v{VERSION}"
        command = [go, "build", "-mod=readonly", "-trimpath", "-ldflags", flags, "-o", str(target), COMMAND]
        # -p is Go's own default (all cores); CGO off, so the binary needs no C compiler and runs on any libc.
        build_env = {**env, "CGO_ENABLED": "0", "GOFLAGS": env.get("GOFLAGS", ""), "GOWORK": "off"}
        with _ticking(progress, f"Pulumi {VERSION}: building from Go modules (about 5 minutes on 2 cores, once)"):
            try:
                done = subprocess.run(
                    command, cwd=MODULE, env=build_env, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise EngineMissing(f"`go build` did not end well: {error}") from error
        if done.returncode != 0 or not target.exists():
            raise EngineMissing(f"`go build` failed: {' '.join(done.stderr.split())[-300:] or f'exit {done.returncode}'}")
        return _publish(target, root, source="Go build")


@contextmanager
def _making(root: Path) -> Iterator[tuple[Engine | None, Path]]:
    """One maker at a time. Yields (the engine that another maker finished meanwhile, a fresh folder on the same disk)."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = root / "bin" / "pulumi"
        ready = Engine(path=done, version=version_of(done, os.environ), source="cache") if done.exists() else None
        fresh = Path(tempfile.mkdtemp(prefix="making-", dir=root))
        try:
            yield ready, fresh
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def _publish(binary: Path, root: Path, *, source: str) -> Engine:
    """Moves a finished binary to its place in one rename, after it has answered."""
    version = version_of(binary, os.environ)
    final = root / "bin" / "pulumi"
    final.parent.mkdir(parents=True, exist_ok=True)
    os.replace(binary, final)
    return Engine(path=final, version=version, source=source)


@contextmanager
def _ticking(progress: Progress, what: str) -> Iterator[None]:
    """Says what goes on, and every 15 s that it still does: a build without a word looks like a hang."""
    progress(what)
    stop = threading.Event()
    began = time.monotonic()

    def tick() -> None:
        while not stop.wait(15):
            progress(f"{what}: {time.monotonic() - began:.0f} s")

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        stop.set()
        ticker.join()
