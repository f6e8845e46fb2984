"""The container contract as files and environment: what a training host and a model server find when they start.

Only `write_training_tree` writes. `<base>` stands for /opt/ml; the process gets it as SAGEMAKER_BASE_DIR.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.services.sagemaker.limits import allocate

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
    # Where pip finds what a script's requirements.txt names.
    "PIP_CONFIG_FILE",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_CERT",
    "SSL_CERT_FILE",
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


def is_ours(image: str, kind: str) -> bool:
    """Whether an image is this project's own: slipway-<stack>-<kind>, or of another name with a tag that `infra/registry` makes.

    AWS's images have names like it (pytorch-training, tensorflow-serving), and so have other people's.
    """
    repository = repository_of(image)
    tagged = re.search(r":src-[0-9a-f]{12}(@|$)", image) is not None
    return repository.endswith(f"-{kind}") and (tagged or repository.rpartition("/")[2].startswith("slipway-"))


def host_names(count: int) -> list[str]:
    return [f"algo-{number}" for number in range(1, count + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostGroup:
    """The hosts of one instance group; a job without groups has one, by the name that SageMaker gives it."""

    name: str
    instance_type: str
    hosts: tuple[str, ...]


def host_groups(resources: Mapping[str, Any], available: int) -> tuple[HostGroup, ...]:
    """The instance groups of a ResourceConfig with the hosts that run here: as many as `available`, but one for each group."""
    asked = resources.get("InstanceGroups") or [
        {**resources, "InstanceGroupName": "homogeneousCluster"},
    ]
    counts = {str(group["InstanceGroupName"]): max(1, int(group.get("InstanceCount") or 1)) for group in asked}
    granted = allocate(counts, available)
    names = iter(host_names(sum(granted.values())))
    return tuple(
        HostGroup(
            name=str(group["InstanceGroupName"]),
            instance_type=str(group.get("InstanceType") or ""),
            hosts=tuple(next(names) for _ in range(granted[str(group["InstanceGroupName"])])),
        )
        for group in asked
    )


def addresses(hosts: Sequence[str]) -> dict[str, str]:
    """A loopback address for each host: Linux has them all, so that two hosts may listen at one port; elsewhere there is one."""
    first = int(ipaddress.IPv4Address(LOOPBACK))
    several = sys.platform == "linux"
    return {host: str(ipaddress.IPv4Address(first + (number if several else 0))) for number, host in enumerate(hosts)}


def moved(text: str, base: Path) -> str:
    """A text in which paths below /opt/ml are those of this machine."""
    return re.sub(rf"(?:(?<![\w./-])|(?<=file://)){re.escape(CONTRACT_ROOT)}(?![\w.-])", lambda _: str(base), text)


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


def resourceconfig(host: str, groups: Sequence[HostGroup]) -> dict[str, Any]:
    """`resourceconfig.json` of one host."""
    own = next(group for group in groups if host in group.hosts)
    return {
        "current_host": host,
        "current_instance_type": own.instance_type,
        "current_group_name": own.name,
        # By text, as SageMaker does: algo-10 comes before algo-2.
        "hosts": sorted(name for group in groups for name in group.hosts),
        "instance_groups": [
            {"instance_group_name": group.name, "instance_type": group.instance_type, "hosts": list(group.hosts)}
            for group in groups
        ],
        "network_interface_name": LOOPBACK_INTERFACE,
    }


def write_training_tree(
    base: Path,
    *,
    hyperparameters: Mapping[str, str],
    channels: Sequence[Mapping[str, Any]],
    resources: Mapping[str, Any],
    further: Mapping[str, Mapping[str, Any]],
) -> None:
    """Lays out `<base>` for one host; the channels' folders are there and still empty.

    `further` are the files of what a request may ask for beside that, such as `checkpointconfig`.
    """
    for folder in ("input/config", "input/data", "model", "output/data", "checkpoints", "code"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    for channel in channels:
        (base / "input" / "data" / channel["ChannelName"]).mkdir(exist_ok=True)
    files = {
        "hyperparameters": dict(hyperparameters),
        "inputdataconfig": inputdataconfig(channels),
        "resourceconfig": dict(resources),
        **further,
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
