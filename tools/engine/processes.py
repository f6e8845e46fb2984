"""Processes by id and by session. The engine runs in a session of its own, so all it started can be found and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from localcloud.process import alive as alive


def in_session(session: int) -> list[int]:
    """The living processes of a session: the engine, and the plug-ins that it put into groups of their own."""
    found = []
    if Path("/proc/self/stat").exists():
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with suppress(OSError, IndexError, ValueError):
                # After the last ")": state, ppid, pgrp, session.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z" and int(fields[3]) == session:
                    found.append(int(entry.name))
        return found
    listing = subprocess.run(["ps", "-axo", "pid=,sess=,pgid="], capture_output=True, text=True, check=False).stdout
    for line in listing.splitlines():
        columns = line.split()
        if len(columns) == 3 and str(session) in columns[1:]:
            found.append(int(columns[0]))
    return found


def end_session(session: int, *, patience: float = 2.0) -> None:
    """Ends every process of a session: asked first, killed after `patience` seconds. Never our own session."""
    if session <= 1 or session == os.getsid(0):
        return
    for pid in in_session(session):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while (left := in_session(session)) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in left:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
