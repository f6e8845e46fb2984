"""A lock that lets one run at a time work on a stack, and that a killed run does not leave behind.

The lock is a `flock`, which the kernel drops when its holders die. The engine process inherits the lock, so a stack stays locked
after a kill of the command line while its engine still works. The next run then ends that engine.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from localcloud.process import alive
from tools.engine.errors import StackBusy
from tools.engine.home import StackPlace
from tools.engine.processes import end_session, in_session


class StackLock:
    """The lock of one stack, held from `take` to `release`. `fd` is handed to the engine process, which then holds it too."""

    def __init__(self, place: StackPlace, verb: str) -> None:
        self._place = place
        self._verb = verb
        self.fd = -1

    def take(self) -> list[str]:
        """Takes the lock. Returns, as sentences, what was cleared away for that. Raises StackBusy that names the holder."""
        path = self._place.lock_file
        path.parent.mkdir(parents=True, exist_ok=True)
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        notes: list[str] = []
        if not self._try():
            holder = read_holder(path)
            pid, engine = holder.get("pid", 0), holder.get("engine", 0)
            killed = pid > 0 and not alive(pid)
            if engine and killed and in_session(engine):
                # The command line is gone, so nobody can finish its run, and its engine only blocks the stack.
                end_session(engine)
                notes.append(f"the engine (process {engine}) of a run that was killed was still there and has been ended")
            # `in_session` no longer lists an engine that is ending, though its last threads still hold the lock for a moment.
            if not self._try(patience=3.0 if killed else 0.0):
                os.close(self.fd)
                self.fd = -1
                raise StackBusy(busy_message(self._place.stack, holder))
        self._write(engine=0)
        try:
            return notes + clear_engine_locks(self._place)
        except StackBusy:
            self.release()
            raise

    def engine_started(self, pid: int) -> None:
        """Writes the engine's process id into the lock file, so that a later run can end the engine if this run is killed."""
        self._write(engine=pid)

    def release(self) -> None:
        if self.fd >= 0:
            os.ftruncate(self.fd, 0)
            fcntl.flock(self.fd, fcntl.LOCK_UN)
            os.close(self.fd)
            self.fd = -1

    def __enter__(self) -> StackLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _try(self, patience: float = 0.0) -> bool:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.05)

    def _write(self, *, engine: int) -> None:
        holder = {"pid": os.getpid(), "engine": engine, "verb": self._verb, "since": time.time()}
        os.ftruncate(self.fd, 0)
        os.pwrite(self.fd, json.dumps(holder).encode(), 0)


def read_holder(path: Path) -> dict[str, Any]:
    """The holder's data in the lock file (pid, engine, verb, since); empty where the file cannot be read."""
    try:
        holder = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return holder if isinstance(holder, dict) else {}


def busy_message(stack: str, holder: dict[str, Any]) -> str:
    since = holder.get("since")
    when = f" since {datetime.fromtimestamp(float(since)):%H:%M:%S}" if isinstance(since, (int, float)) else ""
    pid = holder.get("pid", "unknown")
    return (
        f"stack {stack} is in use: `{holder.get('verb', 'a run')}` of process {pid} holds it{when}. "
        f"Wait for it to end, or stop it (kill {pid}), and run again; it will pick up where that one stopped."
    )


def clear_engine_locks(place: StackPlace) -> list[str]:
    """Removes the engine's own lock files left by processes that are dead. Raises StackBusy for a living one."""
    notes = []
    for path in sorted(place.engine_locks.glob("*.json")) if place.engine_locks.is_dir() else []:
        try:
            lock = json.loads(path.read_text())
            pid, host = int(lock["pid"]), str(lock.get("hostname", ""))
        except (OSError, ValueError, KeyError, TypeError):
            pid, host = 0, socket.gethostname()
        if host == socket.gethostname() and not (pid and alive(pid)):
            path.unlink(missing_ok=True)
            path.with_name(path.name + ".attrs").unlink(missing_ok=True)
            notes.append(f"removed the lock that process {pid} left when it was killed")
        else:
            raise StackBusy(
                f"stack {place.stack} is locked by pulumi, process {pid} on {host}. Wait for it to end and run again; "
                f"if that machine is gone, remove {path}."
            )
    return notes
