"""What a training job that runs in the local cloud says: its last line, for the progress of the run that waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

# Enough for the last line of any log; the whole of it may be large.
TAIL_BYTES: Final = 2048


def training_line(home: Path, status: Mapping[str, Any]) -> str:
    """The last line of the first host, then the job, for the jobs that run by the daemon's `status`; "" where none does."""
    jobs = (status.get("sagemaker") or {}).get("jobs") or []
    running = [job for job in jobs if job.get("status") == "InProgress"]
    said = []
    for job in running:
        log = home / "jobs" / job["name"] / "logs" / "algo-1.log"
        # The line first: a narrow terminal cuts the end.
        said.append(f"{last_line(log) or job.get('secondary_status', 'Starting')} ({job['name']})")
    return "; ".join(said)


def last_line(path: Path) -> str:
    """The last whole line of a log that may still be written to; "" where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines(keepends=True)
    except OSError:
        return ""
    whole = [line.strip() for line in lines if line.endswith("\n") and line.strip()]
    return whole[-1] if whole else ""
