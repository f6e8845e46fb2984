"""Processes by session. The engine runs in a session of its own, so every process that it started can be found and ended."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

from localcloud.process import processes


def in_session(session: int) -> list[int]:
    """The ids of a session's living processes: the engine, and its plug-ins, which have process groups of their own."""
    return [process.pid for process in processes() if process.session == session]


def end_session(session: int, *, patience: float = 2.0) -> None:
    """Ends every process of a session: SIGTERM first, SIGKILL after `patience` seconds. Does nothing to our own session."""
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
