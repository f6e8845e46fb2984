"""Lays out `/opt/ml` the way SageMaker does, under a folder of the test's own, and runs the entrypoint over it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
DIGITS = REPOSITORY / "workloads" / "data" / "digits"


def lay_out(base: Path, hyperparameters: Mapping[str, str], *, hosts: Sequence[str] = ("algo-1",), digits: bool = False) -> Path:
    """A training container's tree. Hyperparameters are text, as SageMaker gives them."""
    channels: dict[str, Any] = {}
    config = base / "input" / "config"
    config.mkdir(parents=True)
    if digits:
        for channel in ("train", "test"):
            channels[channel] = {
                "TrainingInputMode": "File",
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": "None",
            }
            folder = base / "input" / "data" / channel
            folder.mkdir(parents=True)
            shutil.copy(DIGITS / f"{channel}.parquet", folder)
    (config / "hyperparameters.json").write_text(json.dumps(dict(hyperparameters)))
    (config / "inputdataconfig.json").write_text(json.dumps(channels))
    (config / "resourceconfig.json").write_text(
        json.dumps({"current_host": hosts[0], "hosts": list(hosts), "current_instance_type": "ml.c5.xlarge"})
    )
    return base


def with_script(base: Path, source: str, hyperparameters: Mapping[str, str] | None = None, *, processes: int = 1) -> Path:
    """A script-mode job whose script is `source`."""
    code = base / "input" / "data" / "code"
    lay_out(
        base,
        {
            "sagemaker_program": "main.py",
            "sagemaker_submit_directory": "/opt/ml/input/data/code",
            "processes_per_host": str(processes),
            **(hyperparameters or {}),
        },
    )
    code.mkdir(parents=True)
    (code / "main.py").write_text(source)
    return base


def environment(base: Path, **more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SM_", "MASTER_", "SAGEMAKER_", "OMP_"))}
    return {**kept, "SAGEMAKER_BASE_DIR": str(base), "TRAINING_JOB_NAME": "test-job", "SLIPWAY_BIND_HOST": "127.0.0.1", **more}


def start(argument: str, base: Path, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "workloads.entrypoint", argument],
        cwd=REPOSITORY,
        env=environment(base, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(argument: str, base: Path, **more: str) -> subprocess.CompletedProcess[str]:
    process = start(argument, base, **more)
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def free_port() -> int:
    """A port of loopback that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
