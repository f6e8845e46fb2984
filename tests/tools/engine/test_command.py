"""Running the engine, with shell scripts in its place: its arguments, how it is stopped, and that no process of it stays."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from pulumi.automation.errors import CommandError

from tools.engine.binary import Engine
from tools.engine.command import EngineCommand
from tools.engine.processes import in_session


def engine(tmp_path: Path, script: str) -> Engine:
    path = tmp_path / "pulumi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Engine(path=path, version="3.259.0", source="PATH")


def test_what_the_engine_writes_is_returned_and_logged(tmp_path: Path) -> None:
    log: list[str] = []
    command = EngineCommand(engine(tmp_path, 'echo "$@"; echo oops >&2'), log=log.append)
    result = command.run(["stack", "ls"], str(tmp_path), {})
    assert result.stdout == "--non-interactive stack ls"
    assert result.stderr == "oops"
    assert "--non-interactive stack ls" in log


def test_a_failed_command_raises_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no space left"):
        EngineCommand(engine(tmp_path, "echo 'no space left' >&2; exit 255")).run(["up"], str(tmp_path), {})


def test_the_user_s_profile_and_passphrase_do_not_reach_a_local_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "corp")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "other")
    command = EngineCommand(engine(tmp_path, 'echo "${AWS_PROFILE-none} ${PULUMI_CONFIG_PASSPHRASE-none}"'))
    assert command.run([], str(tmp_path), {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}).stdout == "none none"
    assert command.run([], str(tmp_path), {}).stdout == "corp other"


def press(times: int, after: float = 0.4, apart: float = 0.6) -> None:
    def keys() -> None:
        time.sleep(after)
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(apart)

    threading.Thread(target=keys, daemon=True).start()


def test_ctrl_c_once_asks_the_engine_to_cancel_and_lets_it_finish(tmp_path: Path) -> None:
    said: list[str] = []
    script = "trap 'echo cancelled; exit 7' INT; i=0; while [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done"
    command = EngineCommand(engine(tmp_path, script), say=said.append)
    press(1)
    with pytest.raises(CommandError, match="cancelled"):
        command.run(["up"], str(tmp_path), {})
    assert command.interrupted == 1
    assert "stopping" in said[0]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, "the handlers of before are back"


def test_ctrl_c_twice_ends_an_engine_that_will_not_stop(tmp_path: Path) -> None:
    started: list[int] = []
    script = "trap '' INT TERM; sleep 60 & i=0; while [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done"
    command = EngineCommand(engine(tmp_path, script), on_start=started.append)
    press(2)
    began = time.monotonic()
    with pytest.raises(CommandError):
        command.run(["up"], str(tmp_path), {})
    assert time.monotonic() - began < 10
    assert in_session(started[0]) == [], "nothing of the engine is left"


def test_a_killed_engine_leaves_none_of_its_plug_ins(tmp_path: Path) -> None:
    started: list[int] = []
    command = EngineCommand(engine(tmp_path, "sleep 60 & echo up; wait"), on_start=started.append)
    threading.Timer(0.4, lambda: os.kill(started[0], signal.SIGKILL)).start()
    with pytest.raises(CommandError):
        command.run(["up"], str(tmp_path), {})
    assert in_session(started[0]) == []
