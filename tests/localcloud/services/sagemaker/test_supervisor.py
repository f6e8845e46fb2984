"""The supervisor of a container's processes on a machine without /proc."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.process import alive
from localcloud.services.sagemaker import supervisor

# Runs the supervisor as if there were no /proc. The command starts a process of another session and group that ignores SIGTERM.
WITHOUT_PROC = """
import runpy, sys
module = runpy.run_path(sys.argv[1])
module["_parents"].__globals__["PROC"] = "/absent"
sys.exit(module["main"](sys.argv[2:]))
"""
COMMAND = """
import subprocess, sys, time
inner = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(os.getpid(), flush=True); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", inner], start_new_session=True)
time.sleep(60)
"""


def test_every_descendant_ends_with_the_lifeline() -> None:
    command = [sys.executable, "-c", WITHOUT_PROC, supervisor.__file__, sys.executable, "-c", COMMAND]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    runaway = int(process.stdout.readline())
    assert alive(runaway)
    process.stdin.close()
    assert process.wait(timeout=20) == 128 + 9
    assert not alive(runaway)


def test_the_processes_below_are_the_same_by_ps_and_by_proc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        try:
            assert child.pid in supervisor._descendants()
            monkeypatch.setattr(supervisor, "PROC", str(tmp_path / "absent"))
            assert child.pid in supervisor._descendants()
        finally:
            child.kill()
