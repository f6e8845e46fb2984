"""The container contract as files and environment: what a training host and a model server find when they start.

Only `write_training_tree` writes. `<base>` stands for /opt/ml; the process gets it as SAGEMAKER_BASE_DIR.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
LOOPBACK_INTERFACE = "lo0" if sys.platform == "darwin" else "lo"
CONTRACT_ROOT = "/opt/ml"
DEFAULT_CHECKPOINTS = "/opt/ml/checkpoints"
FAILURE_CHARACTERS = 1024

# What a container may see of the daemon's own environment: where programs, the home and the accelerator are, nothing else.
PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
    "NVIDIA_VISIBLE_DEVICES",
)

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html (TrainingJobName)
NAME_PATTERN = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
CHANNEL_PATTERN = r"[A-Za-z0-9\.\-_]+"


def valid_name(name: str) -> bool:
    """Whether SageMaker takes this name; it also becomes a folder here, so nothing else may pass."""
    return re.fullmatch(NAME_PATTERN, name) is not None


def repository_of(image: str) -> str:
    """The repository of an image URI, without registry host, tag and digest: `host.com/a/b-training:t` -> `a/b-training`."""
    name = image.partition("@")[0]
    host, slash, rest = name.partition("/")
    if slash and ("." in host or ":" in host or host == "localhost"):
        name = rest
    return name.partition(":")[0]


def host_names(count: int) -> list[str]:
    return [f"algo-{number}" for number in range(1, count + 1)]


def inputdataconfig(channels: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """`inputdataconfig.json`. FastFile says `File`, as it does in the cloud."""
    return {
        channel["ChannelName"]: {
            "TrainingInputMode": "File",
            "S3DistributionType": channel.get("DataSource", {})
            .get("S3DataSource", {})
            .get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
            **({"ContentType": channel["ContentType"]} if channel.get("ContentType") else {}),
        }
        for channel in channels
    }


def resourceconfig(host: str, hosts: Sequence[str], instance_type: str) -> dict[str, Any]:
    group = "homogeneousCluster"
    return {
        "current_host": host,
        "current_instance_type": instance_type,
        "current_group_name": group,
        "hosts": sorted(hosts),  # by text, as SageMaker does: algo-10 comes before algo-2
        "instance_groups": [{"instance_group_name": group, "instance_type": instance_type, "hosts": list(hosts)}],
        "network_interface_name": LOOPBACK_INTERFACE,
    }


def write_training_tree(
    base: Path, *, hyperparameters: Mapping[str, str], channels: Sequence[Mapping[str, Any]], resources: Mapping[str, Any]
) -> None:
    """Lays out `<base>` for one host; the channels' folders are there and still empty."""
    for folder in ("input/config", "input/data", "model", "output/data", "checkpoints", "code"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    for channel in channels:
        (base / "input" / "data" / channel["ChannelName"]).mkdir(exist_ok=True)
    files = {
        "hyperparameters": dict(hyperparameters),
        "inputdataconfig": inputdataconfig(channels),
        "resourceconfig": dict(resources),
    }
    for name, content in files.items():
        (base / "input" / "config" / f"{name}.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


def local_path(base: Path, path: str) -> Path | None:
    """Where a path of the contract lies under `base`; None when it is no path below /opt/ml."""
    parts = Path(path).parts
    root = Path(CONTRACT_ROOT).parts
    if parts[: len(root)] != root or ".." in parts or len(parts) == len(root):
        return None
    return base.joinpath(*parts[len(root) :])


def container_environment(
    *,
    base: Path,
    repository: Path,
    python: str,
    endpoint_url: str,
    region: str,
    asked: Mapping[str, str],
    extra: Mapping[str, str],
) -> dict[str, str]:
    """A container's whole environment. `asked` is the job's or model's own; it wins over everything but the contract (`extra`).

    Says nothing of threads: how many processes share the cores is only known inside (torchrun's rule, OMP_NUM_THREADS).
    """
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    passed["PATH"] = os.pathsep.join([str(Path(python).parent), passed.get("PATH", os.defpath)])
    return {
        **passed,
        "PYTHONPATH": str(repository),
        "PYTHONUNBUFFERED": "1",
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "GLOO_SOCKET_IFNAME": LOOPBACK_INTERFACE,
        "NCCL_SOCKET_IFNAME": LOOPBACK_INTERFACE,
        **asked,
        **extra,
        "SAGEMAKER_BASE_DIR": str(base),
    }


_given_ports: set[int] = set()
_ports_lock = threading.Lock()


def free_port() -> int:
    """A loopback port that nobody listens on and that this process has not given out lately."""
    with _ports_lock:
        while True:
            with socket.socket() as probe:
                probe.bind((LOOPBACK, 0))
                port = int(probe.getsockname()[1])
            if port not in _given_ports:
                break
        if len(_given_ports) > 500:
            _given_ports.clear()
        _given_ports.add(port)
        return port


def failure_reason(base: Path, exit_code: int, log_tail: str) -> str:
    """FailureReason of a failed host: SageMaker's form, the failure file's text, and where there is none the log's end."""
    try:
        with (base / "output" / "failure").open(encoding="utf-8", errors="replace") as file:
            text = file.read(FAILURE_CHARACTERS)
    except OSError:
        text = ""
    if not text.strip():
        text = (
            f"the container wrote no {CONTRACT_ROOT}/output/failure; its log ends: {log_tail[-600:]}"
            if log_tail
            else "no failure file, no output"
        )
    ending = f", exit code: {exit_code}"
    return f"AlgorithmError: {text}"[: FAILURE_CHARACTERS - len(ending)] + ending
