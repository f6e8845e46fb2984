"""The packages that a job imports are fetched before it starts, where it runs on this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.tools.jobs.make import job
from tools.flows import job_packages
from tools.flows.job_packages import fetch_packages
from tools.flows.job_verdict import NamedSpec

RUNS = [NamedSpec(name="run-1", spec=job().spec)]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The commands that were run, in a checkout that ./slipway set up and that lacks peft."""
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "slipway.stamp").touch()
    ran: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(job_packages, "REPOSITORY", tmp_path)
    monkeypatch.setattr(job_packages, "absent_packages", lambda workload, hyperparameters: ("peft",))
    monkeypatch.setattr(subprocess, "run", run)
    return ran


def test_absent_packages_are_fetched_once_and_reported(calls: list[list[str]]) -> None:
    said: list[str] = []
    fetch_packages([*RUNS, *RUNS], local=True, say=said.append)
    assert [command[2:] for command in calls] == [["setup", "compression", "--json"]]
    assert said == ["fetching what the job imports besides (peft): once"]


def test_on_aws_nothing_is_fetched(calls: list[list[str]]) -> None:
    fetch_packages(RUNS, local=False, say=lambda _: None)
    assert calls == []


def test_an_environment_that_slipway_did_not_make_is_left_alone(calls: list[list[str]], tmp_path: Path) -> None:
    (tmp_path / ".venv" / "slipway.stamp").unlink()
    fetch_packages(RUNS, local=True, say=lambda _: None)
    assert calls == []


def test_no_job_starts_when_packages_cannot_be_fetched(calls: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1))
    with pytest.raises(ValueError, match="peft, which could not be fetched; nothing was started"):
        fetch_packages(RUNS, local=True, say=lambda _: None)
