"""Official clients, unchanged, by the quick starts that docs/local-cloud.md prints."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e import clients
from tests.e2e.slipway import Slipway

QUICK_STARTS = clients.quick_starts()
# A test calls nobody outside; the SDK would report each call to an address of AWS's.
NO_TELEMETRY = "SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n"


@pytest.fixture(scope="module")
def exports(here: Slipway) -> str:
    """What `eval "$(./slipway local env)"` does to a shell, in a folder without a stack file."""
    here.run("local", "start")
    return here.run("local", "env", env={"SLIPWAY_STACKS": str(here.root)}).out


@pytest.mark.parametrize("name", clients.CLIENTS)
def test_the_quick_start_of_a_client_runs_as_it_is_printed(exports: str, tmp_path: Path, name: str) -> None:
    language, text = QUICK_STARTS[name]
    binaries = clients.environment(name)
    script = tmp_path / ("quick_start.py" if language == "python" else "quick_start.sh")
    script.write_text(text)
    config = tmp_path / ".config" / "sagemaker" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(NO_TELEMETRY)
    run = [str(binaries / "python"), str(script)] if language == "python" else ["sh", "-e", str(script)]
    # A user's shell: their own Python first, an account's keys in it, and a home without settings of AWS.
    env = {"PATH": f"{binaries}:{os.environ['PATH']}", "HOME": str(tmp_path), "AWS_PROFILE": "production"}
    command = ["sh", "-c", 'eval "$1"; shift; exec "$@"', "sh", exports, *run]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    for said in clients.CLIENTS[name].says:
        assert said in done.stdout, done.stdout[-2000:]


def test_every_quick_start_on_the_page_is_run() -> None:
    assert set(QUICK_STARTS) == set(clients.CLIENTS)
