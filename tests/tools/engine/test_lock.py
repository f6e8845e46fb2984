import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from localcloud.process import alive
from tools.engine.errors import StackBusy
from tools.engine.home import REPOSITORY, StackPlace
from tools.engine.lock import StackLock, read_holder
from tools.engine.processes import end_session, in_session

HOLDER = """
import sys, time
from pathlib import Path
from tools.engine.home import StackPlace
from tools.engine.lock import StackLock
lock = StackLock(StackPlace(home=Path(sys.argv[1]), mode="local", stack="local"), "slipway up local")
lock.take()
print("held", flush=True)
{then}
"""
KEEP = "time.sleep(60)"
# An engine of its own session that inherits the lock, as `EngineCommand` starts it; then the command line dies.
ORPHAN = """
import os, signal, subprocess
child = subprocess.Popen(["sleep", "60"], start_new_session=True, pass_fds=(lock.fd,))
lock.engine_started(child.pid)
print(child.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def place(tmp_path: Path) -> StackPlace:
    place = StackPlace(home=tmp_path, mode="local", stack="local")
    place.prepare()
    return place


def hold(place: StackPlace, then: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER.format(then=then), str(place.home)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def dead_pid() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_a_second_run_is_refused_at_once_and_the_fault_names_the_holder(place: StackPlace) -> None:
    holder = hold(place, KEEP)
    try:
        began = time.monotonic()
        with pytest.raises(StackBusy) as caught:
            StackLock(place, "slipway up local").take()
        assert time.monotonic() - began < 1
        assert f"process {holder.pid}" in str(caught.value)
        assert "`slipway up local`" in str(caught.value)
        assert "since" in str(caught.value)
    finally:
        holder.kill()
        holder.wait()


def test_a_killed_run_leaves_no_lock(place: StackPlace) -> None:
    holder = hold(place, KEEP)
    holder.kill()
    holder.wait()
    with StackLock(place, "slipway up local") as lock:
        assert lock.take() == []


def test_the_engine_of_a_killed_run_is_ended_and_named(place: StackPlace) -> None:
    holder = hold(place, ORPHAN)
    assert holder.stdout is not None
    engine = int(holder.stdout.readline())
    holder.wait()
    assert alive(engine)
    with StackLock(place, "slipway up local") as lock:
        notes = lock.take()
    assert f"process {engine}" in notes[0]
    assert in_session(engine) == []


def test_the_lock_waits_for_the_last_process_of_a_killed_run(place: StackPlace) -> None:
    lock = StackLock(place, "slipway up local")
    lock.take()
    with subprocess.Popen(["sleep", "0.5"], pass_fds=(lock.fd,)):  # the lock is held until this ends
        place.lock_file.write_text(json.dumps({"pid": dead_pid(), "engine": dead_pid()}))
        os.close(lock.fd)
        with StackLock(place, "slipway up local") as next_one:
            assert next_one.take() == []


def test_a_released_lock_names_no_holder(place: StackPlace) -> None:
    lock = StackLock(place, "slipway up local")
    lock.take()
    assert read_holder(place.lock_file)["pid"] == os.getpid()
    lock.release()
    assert read_holder(place.lock_file) == {}


def engine_lock(place: StackPlace, pid: int, host: str) -> Path:
    place.engine_locks.mkdir(parents=True, exist_ok=True)
    path = place.engine_locks / "4bd1.json"
    path.write_text(json.dumps({"pid": pid, "username": "u", "hostname": host, "timestamp": "2026-01-01T00:00:00Z"}))
    path.with_name(path.name + ".attrs").write_text("{}")
    return path


def test_the_engine_lock_of_a_dead_process_is_removed(place: StackPlace) -> None:
    path = engine_lock(place, dead_pid(), socket.gethostname())
    with StackLock(place, "slipway up local") as lock:
        assert "removed the lock" in lock.take()[0]
    assert list(path.parent.iterdir()) == []


def test_the_engine_lock_of_a_living_process_is_respected_and_named(place: StackPlace) -> None:
    path = engine_lock(place, os.getpid(), socket.gethostname())
    with pytest.raises(StackBusy, match=f"process {os.getpid()}"):
        StackLock(place, "slipway up local").take()
    assert path.exists()


def test_the_engine_lock_of_another_machine_is_respected(place: StackPlace) -> None:
    engine_lock(place, dead_pid(), "another-machine")
    with pytest.raises(StackBusy, match="another-machine"):
        StackLock(place, "slipway up local").take()


def test_a_refused_run_does_not_keep_the_lock(place: StackPlace) -> None:
    path = engine_lock(place, os.getpid(), socket.gethostname())
    lock = StackLock(place, "slipway up local")
    with pytest.raises(StackBusy):
        lock.take()
    path.unlink()
    with StackLock(place, "slipway up local") as second:
        assert second.take() == []


def test_ending_a_session_ends_its_processes_in_other_process_groups() -> None:
    script = (
        "import os, subprocess, time; subprocess.Popen(['sleep', '60'], process_group=0); print('up', flush=True); time.sleep(60)"
    )
    leader = subprocess.Popen([sys.executable, "-c", script], start_new_session=True, stdout=subprocess.PIPE, text=True)
    assert leader.stdout is not None
    leader.stdout.readline()
    assert len(in_session(leader.pid)) == 2
    os.kill(leader.pid, signal.SIGKILL)
    leader.wait()
    end_session(leader.pid)
    assert in_session(leader.pid) == []
