"""The processes of this machine: whether one lives, which there are, how much memory this one took.

Linux tells by /proc. Where there is none (macOS) `ps` is asked, which every POSIX system has.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
ZOMBIE: Final = "Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process of the machine; zombies are not listed."""

    pid: int
    parent: int
    session: int


def alive(pid: int) -> bool:
    """Whether a process of this id runs (a zombie does not)."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    if _has_proc():
        with suppress(OSError, IndexError):
            return _stat(pid)[0] != ZOMBIE
        return True
    state = _ps("-o", "stat=", "-p", str(pid)).strip()
    # An empty answer is a process that ended between the two questions.
    return bool(state) and not state.startswith(ZOMBIE)


def processes() -> Iterator[Process]:
    """Every process that this user may see."""
    if _has_proc():
        for entry in PROC.iterdir():
            if entry.name.isdigit():
                with suppress(OSError, IndexError, ValueError):
                    state, parent, _, session = _stat(int(entry.name))[:4]
                    if state != ZOMBIE:
                        yield Process(pid=int(entry.name), parent=int(parent), session=int(session))
        return
    for line in _ps("-axo", "pid=,ppid=,stat=").splitlines():
        columns = line.split()
        if len(columns) == 3 and not columns[2].startswith(ZOMBIE):
            # macOS prints an address for `sess=`; the system call knows the number everywhere.
            with suppress(OSError):
                yield Process(pid=int(columns[0]), parent=int(columns[1]), session=os.getsid(int(columns[0])))


def peak_memory_mib() -> int:
    """The most memory that this process has held so far. getrusage counts in bytes on macOS, in KiB elsewhere."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))


def _has_proc() -> bool:
    return (PROC / "self" / "stat").exists()


def _stat(pid: int) -> list[str]:
    """State, parent, process group, session, ...: what follows the name, which may hold blanks and brackets."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _ps(*arguments: str) -> str:
    return subprocess.run(["ps", *arguments], capture_output=True, text=True, check=False).stdout
