"""Processes by the home that they serve, read from /proc: what a killed run may leave behind."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path


def of(root: Path) -> dict[int, str]:
    """Process id and command line of every living process that names `root` in its command line, environment or folder."""
    found = {}
    mark = os.fsencode(root)
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):
            if (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                continue
            command = (entry / "cmdline").read_bytes()
            folder = os.fsencode(os.readlink(entry / "cwd"))
            if mark in command or mark in (entry / "environ").read_bytes() or folder.startswith(mark):
                found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def workloads(root: Path) -> dict[int, str]:
    """Those that train or serve."""
    return {pid: command for pid, command in of(root).items() if "workloads.entrypoint" in command}


def end(root: Path, patience: float = 5.0) -> None:
    """Ends all of them: for the tidying after a test that failed."""
    deadline = time.monotonic() + patience
    number = signal.SIGTERM
    while left := of(root):
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        if time.monotonic() > deadline:
            number = signal.SIGKILL
        if time.monotonic() > deadline + patience:
            return
        time.sleep(0.1)
