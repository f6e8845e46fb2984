"""What a figure was measured on, and how figures are printed."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")


def conditions() -> str:
    """One line: cores, memory, kernel, Python."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def peak_memory(pids: Sequence[int]) -> int:
    """The highest resident memory these processes ever had, summed, in MiB. Processes that are gone count nothing.

    Without /proc (macOS) it is what they have now, by `ps`.
    """
    if not PROC.is_dir():
        return sum(int(_ps(pid, "rss") or 0) for pid in pids) // 1024
    total = 0
    for pid in pids:
        try:
            status = (PROC / str(pid) / "status").read_text()
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)
    return total // 1024


def process_name(pid: int) -> str:
    """The name of a process's program; empty once it is gone."""
    try:
        return (PROC / str(pid) / "comm").read_text().strip() if PROC.is_dir() else Path(_ps(pid, "comm")).name
    except OSError:
        return ""


def _ps(pid: int, column: str) -> str:
    return subprocess.run(["ps", "-o", f"{column}=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout.strip()
