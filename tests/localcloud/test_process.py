"""The processes of this machine, asked of /proc, and of `ps` where there is none: both say the same."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud import process

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture(params=["proc", "ps"], autouse=True)
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if request.param == "ps":
        monkeypatch.setattr(process, "PROC", tmp_path / "absent")
    elif not process.PROC.is_dir():
        pytest.skip("no /proc on this machine")


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(SLEEPS, start_new_session=True)
    yield started
    started.kill()
    started.wait()


def test_a_process_lives_until_it_ends_also_while_nobody_has_collected_it(child: subprocess.Popen[bytes]) -> None:
    assert process.alive(child.pid)
    child.kill()
    deadline = time.monotonic() + 10
    while process.alive(child.pid):
        assert time.monotonic() < deadline, "a zombie counts as alive"
        time.sleep(0.01)
    child.wait()
    assert not process.alive(child.pid)


@pytest.mark.parametrize("pid", [0, -1, 2**22 + 1])
def test_what_is_no_process_is_not_alive(pid: int) -> None:
    assert not process.alive(pid)


def test_parents_and_sessions_are_known(child: subprocess.Popen[bytes]) -> None:
    found = {each.pid: each for each in process.processes()}
    assert (found[child.pid].parent, found[child.pid].session) == (os.getpid(), child.pid)
    assert found[os.getpid()].session == os.getsid(0)


def test_the_most_memory_so_far_is_in_mib() -> None:
    assert 5 < process.peak_memory_mib() < 100_000
