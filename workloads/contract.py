"""The typed environment a workload receives: SageMaker's container contract, read once and checked.

The platform gives a training container files under `/opt/ml` and two variables (`TRAINING_JOB_NAME`, `TRAINING_JOB_ARN`); the
`SM_*` variables that training scripts read are made by the image, here by `sm_environment`. Source: the contract in AWS's guide
("How Amazon SageMaker provides training information") and the variables of aws/sagemaker-training-toolkit `environment.py`.
This module imports no PyTorch, so that a launcher need not wait for it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from workloads.errors import ContractError

CONTRACT_ROOT: Final = "/opt/ml"
BASE_DIR_VARIABLE: Final = "SAGEMAKER_BASE_DIR"
# Hyperparameters with this prefix belong to SageMaker's SDK and toolkit, not to the script.
SDK_PREFIX: Final = "sagemaker_"
# SageMaker adds this one to every training job of a tuning job; the toolkit keeps it from the script (its `params.py`).
TUNING_METRIC: Final = "_tuning_objective_metric"
# The user's script and the folder or archive that it is in: hyperparameters, which images may also set as variables of these
# names in capitals. https://github.com/aws/sagemaker-training-toolkit/blob/master/src/sagemaker_training/params.py
PROGRAM: Final = "sagemaker_program"
SUBMIT_DIRECTORY: Final = "sagemaker_submit_directory"
# The port at which hosts meet in SageMaker's own drivers (sagemaker-train, `torchrun_driver`).
RENDEZVOUS_PORT: Final = 7777
SERVING_PORT: Final = 8080
# Input channels of ours, beside the data's own: a trained model, and the held-out data it is measured on.
MODEL_CHANNEL: Final = "model"
TEST_CHANNEL: Final = "test"


def base_directory(environ: Mapping[str, str] | None = None) -> Path:
    """The root of the contract: `$SAGEMAKER_BASE_DIR`, else `/opt/ml`."""
    environ = os.environ if environ is None else environ
    return Path(environ.get(BASE_DIR_VARIABLE) or CONTRACT_ROOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingContract:
    """What a training container is given.

    `hyperparameters` are JSON-parsed one by one (`"3"` is 3, `"adam"` stays text). `channels` map a channel's name to its folder.
    `hosts` is sorted, and the same on every host; `current_host` is one of them. `program` is the user's script, empty for a
    workload of the image; `submit_directory` says where it is.
    """

    base: Path
    hyperparameters: Mapping[str, Any]
    channels: Mapping[str, Path]
    hosts: tuple[str, ...]
    current_host: str
    network_interface: str = "eth0"
    instance_type: str = "local"
    job_name: str = ""
    job_arn: str = ""
    program: str = ""
    submit_directory: str = ""
    resource_config: Mapping[str, Any] = field(default_factory=dict)
    input_data_config: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> TrainingContract:
        """Read the contract of this container.

        Raises `ContractError` when a file is missing, is no JSON, or says something impossible.
        """
        environ = os.environ if environ is None else environ
        base = base_directory(environ)
        config = base / "input" / "config"
        if not config.is_dir():
            raise ContractError(
                f"no training contract: {config} is not a folder. Start the job through SageMaker or the local cloud, point "
                f"{BASE_DIR_VARIABLE} at a folder laid out like {CONTRACT_ROOT}, or run a workload on its own: "
                "`python -m workloads.training --help`."
            )
        raw = _read_object(config / "hyperparameters.json")
        resources = _read_object(config / "resourceconfig.json")
        channels = _read_object(config / "inputdataconfig.json", required=False)
        hosts, current_host = _hosts(resources, config / "resourceconfig.json")
        hyperparameters = {key: parse_hyperparameter(value) for key, value in raw.items()}
        return cls(
            base=base,
            hyperparameters=hyperparameters,
            channels={name: base / "input" / "data" / name for name in sorted(channels)},
            hosts=hosts,
            current_host=current_host,
            network_interface=str(resources.get("network_interface_name") or "eth0"),
            instance_type=str(resources.get("current_instance_type") or "local"),
            job_name=environ.get("TRAINING_JOB_NAME", ""),
            job_arn=environ.get("TRAINING_JOB_ARN", ""),
            # The toolkit lets the variable go before the hyperparameter.
            program=_named(environ.get(PROGRAM.upper()) or hyperparameters.get(PROGRAM), PROGRAM),
            submit_directory=_named(
                hyperparameters.get(SUBMIT_DIRECTORY) or environ.get(SUBMIT_DIRECTORY.upper()), SUBMIT_DIRECTORY
            ),
            resource_config=resources,
            input_data_config=channels,
        )

    @property
    def model_dir(self) -> Path:
        """What is written here becomes `model.tar.gz`; hosts share one archive, so only one of them may use a name."""
        return self.base / "model"

    @property
    def output_dir(self) -> Path:
        return self.base / "output"

    @property
    def output_data_dir(self) -> Path:
        """Files beside the model (metrics, plots); they become `output.tar.gz`."""
        return self.output_dir / "data"

    @property
    def failure_file(self) -> Path:
        """Its first 1,024 characters become the job's `FailureReason`."""
        return self.output_dir / "failure"

    @property
    def checkpoints_dir(self) -> Path:
        """Synchronised with S3 both ways, **without** a suffix per host: one writer only."""
        return self.base / "checkpoints"

    @property
    def code_dir(self) -> Path:
        return self.base / "code"

    @property
    def host_rank(self) -> int:
        return self.hosts.index(self.current_host)

    @property
    def user_hyperparameters(self) -> dict[str, Any]:
        """The hyperparameters meant for the script: all but SageMaker's own (`sagemaker_*`, and the metric of a tuning job)."""
        return {
            key: value for key, value in self.hyperparameters.items() if not key.startswith(SDK_PREFIX) and key != TUNING_METRIC
        }

    def channel(self, name: str) -> Path:
        """The folder of one input channel; `ContractError` names the channels there are."""
        if name not in self.channels:
            raise ContractError(
                f"input channel {name!r} is missing; this job has {sorted(self.channels) or 'no channels'}. "
                f"Add a channel named {name!r} to the job's InputDataConfig."
            )
        if not self.channels[name].is_dir():
            raise ContractError(
                f"input channel {name!r} has no folder at {self.channels[name]}: its S3 prefix holds no objects, or the runner "
                "did not download it. Check the channel's S3Uri."
            )
        return self.channels[name]

    def path_of(self, contract_path: str) -> Path:
        """A path as the contract writes it (`/opt/ml/…`), where this container has it."""
        path = Path(contract_path)
        return self.base / path.relative_to(CONTRACT_ROOT) if path.is_relative_to(CONTRACT_ROOT) else path

    def sm_environment(self) -> dict[str, str]:
        """All `SM_*` variables that SageMaker's toolkit would set, from the same files."""
        config = self.base / "input" / "config"
        sdk = {key: value for key, value in self.hyperparameters.items() if key.startswith(SDK_PREFIX)}
        hyperparameters = self.user_hyperparameters
        groups = {group["instance_group_name"]: group for group in self.resource_config.get("instance_groups", [])}
        group = str(self.resource_config.get("current_group_name", "homogeneousCluster"))
        values: dict[str, Any] = {
            "hosts": list(self.hosts),
            "current_host": self.current_host,
            "current_instance_type": self.instance_type,
            "current_instance_group": group,
            "current_instance_group_hosts": groups.get(group, {}).get("hosts", []),
            "instance_groups": list(groups),
            "instance_groups_dict": groups,
            "distribution_instance_groups": sdk.get("sagemaker_distribution_instance_groups", []),
            "is_hetero": len(groups) > 1,
            "network_interface_name": self.network_interface,
            "master_hostname": self.hosts[0],
            "is_master": self.host_rank == 0,
            "host_count": len(self.hosts),
            "current_host_rank": self.host_rank,
            "num_gpus": count_gpus(),
            "num_cpus": count_cpus(),
            "num_neurons": 0,
            "model_dir": str(self.model_dir),
            "input_dir": str(self.base / "input"),
            "input_config_dir": str(config),
            "output_dir": str(self.output_dir),
            "output_data_dir": str(self.output_data_dir),
            "output_intermediate_dir": str(self.output_dir / "intermediate"),
            "channels": sorted(self.channels),
            "hps": hyperparameters,
            "framework_params": {key: value for key, value in sdk.items() if key not in _TOOLKIT_HYPERPARAMETERS},
            "resource_config": dict(self.resource_config),
            "input_data_config": dict(self.input_data_config),
            "user_entry_point": self.program,
            "module_name": self.program.removesuffix(".py"),
            "module_dir": self.submit_directory or str(self.code_dir),
            "framework_module": "",
            "log_level": sdk.get("sagemaker_container_log_level", 20),
            "user_args": command_arguments(hyperparameters),
        }
        training_env = {
            **values,
            "hyperparameters": hyperparameters,
            "channel_input_dirs": {name: str(path) for name, path in self.channels.items()},
            "job_name": self.job_name,
        }
        values["training_env"] = training_env
        values |= {f"channel_{name}": str(path) for name, path in self.channels.items()}
        values |= {f"hp_{key}": value for key, value in hyperparameters.items()}
        return {f"SM_{key.upper()}": _as_variable(value) for key, value in values.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingContract:
    """What a model container is given: the unpacked model, and where to listen."""

    model_dir: Path
    host: str
    port: int

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> ServingContract:
        """Read the contract of this container. Raises `ContractError` for a port that is none."""
        environ = os.environ if environ is None else environ
        text = environ.get("SAGEMAKER_BIND_TO_PORT") or str(SERVING_PORT)
        # Port 0 lets the system choose; the server prints which.
        if not (text.isascii() and text.isdigit() and int(text) <= 65535):
            raise ContractError(f"SAGEMAKER_BIND_TO_PORT is {text!r}, which is no port. Give a number from 1 to 65535.")
        return cls(
            model_dir=base_directory(environ) / "model",
            # In a container every interface is the container's own; a laptop's runner narrows this to loopback.
            host=environ.get("SLIPWAY_BIND_HOST") or "0.0.0.0",
            port=int(text),
        )


def parse_hyperparameter(value: Any) -> Any:
    """SageMaker passes every hyperparameter as text; what is JSON becomes its value, anything else stays the text it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def command_arguments(hyperparameters: Mapping[str, Any]) -> list[str]:
    """Hyperparameters as a script's arguments, in the toolkit's form: `--key value`, one letter `-k value`, sorted by key."""
    arguments: list[str] = []
    for key in sorted(hyperparameters):
        value = hyperparameters[key]
        if isinstance(value, Mapping):
            text = ",".join(f"{name}={inner}" for name, inner in sorted(value.items()))
        else:
            text = "" if value is None else str(value)
        arguments += [f"-{key}" if len(key) == 1 else f"--{key}", text]
    return arguments


def count_cpus() -> int:
    """Cores this process may run on (a container's CPU set, not the machine's)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def count_gpus() -> int:
    """GPUs that NVIDIA's driver shows to this container; 0 without a driver. Asks the driver's tool, not PyTorch."""
    if not shutil.which("nvidia-smi"):
        return 0
    try:
        answer = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return sum(line.startswith("GPU ") for line in answer.stdout.splitlines())


# Hyperparameters that the toolkit does not pass on; other `sagemaker_*` are "framework parameters". Source: toolkit `params.py`.
_TOOLKIT_HYPERPARAMETERS: Final = frozenset(
    {
        PROGRAM,
        SUBMIT_DIRECTORY,
        "sagemaker_container_log_level",
        "sagemaker_job_name",
        "sagemaker_region",
        "sagemaker_s3_output",
        "sagemaker_enable_cloudwatch_metrics",
    }
)


def _read_object(path: Path, *, required: bool = True) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if not required:
            return {}
        raise ContractError(
            f"{path} is missing. SageMaker always writes it; so must a runner of your own (`{{}}` for nothing to say)."
        ) from None
    except ValueError as error:
        raise ContractError(f"{path} is not JSON: {error}. Write one JSON object into it.") from None
    if not isinstance(value, dict):
        raise ContractError(f"{path} holds a JSON {type(value).__name__}, not an object. Write one JSON object into it.")
    return value


def _named(value: object, key: str) -> str:
    """The text that names a script or its place; empty where nothing does."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str):
        raise ContractError(f"hyperparameter {key} is {value!r}, which is no text. Give a path.")
    return value


def _hosts(resources: Mapping[str, Any], path: Path) -> tuple[tuple[str, ...], str]:
    hosts, current = resources.get("hosts"), resources.get("current_host")
    if not isinstance(hosts, list) or not hosts or not all(isinstance(host, str) and host for host in hosts):
        raise ContractError(f'{path}: `hosts` is {hosts!r}. It must list the name of every host, such as ["algo-1"].')
    if len(set(hosts)) != len(hosts):
        raise ContractError(f"{path}: `hosts` is {hosts!r}, with a name twice. Every host needs a name of its own.")
    if current not in hosts:
        raise ContractError(f"{path}: `current_host` is {current!r}, which is not among hosts {hosts!r}. Name one of them.")
    return tuple(sorted(hosts)), str(current)


def _as_variable(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
