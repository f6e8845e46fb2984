"""Makes an engine where none is installed: by Pulumi's official installer, or by a build of the Go modules pinned in `build/`."""

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
    """Installs the engine by Pulumi's own installer, into `root`/bin in one rename. Raises EngineMissing with its output."""
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
        # Only the CLI is copied: with the installer's language hosts on PATH the engine would run policy packs by them, not by
        # our scripts.
        return _publish(fresh / "bin" / "pulumi", root, source="official installer")


def build_from_modules(root: Path, *, env: Mapping[str, str] = os.environ, progress: Progress = silent) -> Engine:
    """Builds the engine from the pinned modules (minutes the first time). Raises EngineMissing with the compiler's last words."""
    go = shutil.which("go", path=env.get("PATH", ""))
    if not go:
        raise EngineMissing("no `go` on PATH")
    with _making(root) as (ready, fresh):
        if ready is not None:
            return ready
        target = fresh / "pulumi"
        flags = f"-s -w -X {VERSION_VARIABLE}=v{VERSION}"
        command = [go, "build", "-mod=readonly", "-trimpath", "-ldflags", flags, "-o", str(target), COMMAND]
        # CGO is off, so that the build needs no C compiler and the binary runs on any libc.
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
    """Holds a lock, so that one process at a time makes the engine.

    Yields (the engine that another process finished meanwhile, or None; a fresh folder on the same disk).
    """
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
    """Moves a finished binary to its place in one rename, after it has reported a version."""
    version = version_of(binary, os.environ)
    final = root / "bin" / "pulumi"
    final.parent.mkdir(parents=True, exist_ok=True)
    os.replace(binary, final)
    return Engine(path=final, version=version, source=source)


@contextmanager
def _ticking(progress: Progress, what: str) -> Iterator[None]:
    """Reports `what` at once and again every 15 s with the time so far: a silent build looks like a hang."""
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
