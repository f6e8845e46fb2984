"""Process 1 of a pretend container: runs one command, forwards SIGTERM to it, and leaves nothing behind.

Run as a script, alone (`python -I -S supervisor.py COMMAND...`), so that it starts in milliseconds and imports none of the
rest. Its stdin is a lifeline whose other end the daemon holds: end of file, by a closed pipe or by a daemon that was killed
with -9, ends the command and all its descendants, even those that left its session (Linux re-parents them to this process:
PR_SET_CHILD_SUBREAPER). A parent-death signal alone would not do: it is tied to the *thread* that started the child and is
not inherited by grandchildren.

Exit status: that of the command, 128 + n when signal n ended it, 127 when it cannot be started, 137 when the lifeline went.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
from collections.abc import Iterator
from types import FrameType

LIFELINE = 0
PROC = "/proc"
PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36


def main(command: list[str]) -> int:
    prctl = _prctl()
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    forward = _Forward()
    signal.signal(signal.SIGTERM, forward)
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    child = os.fork()
    if child == 0:
        _become(command, prctl)
    forward.to(child)
    null = os.open(os.devnull, os.O_WRONLY)  # the command alone holds the log's pipe from here on
    os.dup2(null, 1)
    os.dup2(null, 2)
    while True:
        ready, _, _ = select.select([LIFELINE, wake_read], [], [])
        with contextlib.suppress(BlockingIOError):
            os.read(wake_read, 4096)
        code = _reap(child)
        if code is not None:
            _sweep(child)
            return code
        if LIFELINE in ready and not os.read(LIFELINE, 1):
            _sweep(child)
            return 128 + signal.SIGKILL


class _Forward:
    """The SIGTERM handler: passes the signal on, also one that came before there was a child."""

    def __init__(self) -> None:
        self._child = 0
        self._pending = False

    def to(self, child: int) -> None:
        self._child = child
        if self._pending:
            self(signal.SIGTERM, None)

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        if not self._child:
            self._pending = True
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._child, number)


def _become(command: list[str], prctl: ctypes._CFuncPtr) -> None:  # type: ignore[name-defined]
    """Turns the child into the command: default signals, no lifeline, an end with its supervisor. Never returns."""
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        os.setpgid(0, 0)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, LIFELINE)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"cannot start {command[0]!r}: {error}\n".encode())
    finally:
        os._exit(127)


def _reap(child: int) -> int | None:
    """Collects what has ended; the command's exit status once it has."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if pid == 0:
            return None
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _sweep(group: int) -> None:
    """Kills until no descendant is left. On Linux the orphans of a killed child are re-parented to this process first."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    while True:
        for pid in _descendants():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _descendants() -> list[int]:
    """The processes below this one, children first."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    waiting = [os.getpid()]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _parents() -> Iterator[tuple[int, int]]:
    """(process, its parent) of every process: by /proc where there is one, else by `ps` (macOS)."""
    if not os.path.isdir(PROC):
        import subprocess

        listing = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
        for line in listing.splitlines():
            pid, parent = line.split()
            yield int(pid), int(parent)
        return
    # Every stat file is read, since /proc/self/task/*/children is an option of the kernel.
    for entry in os.listdir(PROC):
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError), open(f"{PROC}/{entry}/stat", "rb") as file:
            yield int(entry), int(file.read().rpartition(b")")[2].split()[1])


def _prctl() -> ctypes._CFuncPtr:  # type: ignore[name-defined]
    """Linux's prctl; elsewhere one that does nothing.

    Without it a process whose parent has ended is lost to its supervisor, and a supervisor killed with -9 leaves its command
    running. Every other end, the daemon's by -9 among them, still ends the command and all that is below it.
    """
    return getattr(ctypes.CDLL(None), "prctl", lambda *_: 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
