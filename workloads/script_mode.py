"""Script mode: run the user's own script, as SageMaker's training toolkit does, in any image that has this package.

The SDK names the script in hyperparameter `sagemaker_program` and its folder or archive in `sagemaker_submit_directory`. Unlike
the toolkit this never runs pip: what a job needs is in its image, so that a job run twice runs the same code.
"""

from __future__ import annotations

import shutil
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workloads.contract import TrainingContract, command_arguments, count_gpus
from workloads.errors import ContractError

# Read by the launcher, so not passed on to the script.
LAUNCHER_KEYS: Final = frozenset({"processes_per_host"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The user's script: `path` inside `folder`, which becomes its working directory."""

    folder: Path
    path: str


def is_asked_for(contract: TrainingContract) -> bool:
    return "sagemaker_program" in contract.hyperparameters


def processes(contract: TrainingContract) -> int:
    """One process; one for each GPU when the SDK asks for torchrun (`distribution={"torch_distributed": …}`)."""
    asked = contract.hyperparameters.get("sagemaker_torch_distributed_enabled") is True
    return max(1, count_gpus()) if asked else 1


def command(contract: TrainingContract, program: Program) -> tuple[str, ...]:
    """The script's command line: its hyperparameters as `--key value`."""
    values = {key: value for key, value in contract.user_hyperparameters.items() if key not in LAUNCHER_KEYS}
    interpreter = ("/bin/sh", "-eu") if program.path.endswith(".sh") else (sys.executable, "-u")
    return (*interpreter, program.path, *command_arguments(values))


def fetch(contract: TrainingContract) -> Program:
    """Bring the script's folder to `<base>/code`. Raises `ContractError` when it cannot be had or holds no such script."""
    program = contract.hyperparameters["sagemaker_program"]
    source = contract.hyperparameters.get("sagemaker_submit_directory")
    if not isinstance(program, str) or not program:
        raise ContractError(f"hyperparameter sagemaker_program is {program!r}. Give the script's path in the submitted folder.")
    if not isinstance(source, str) or not source:
        raise ContractError(
            f"hyperparameter sagemaker_submit_directory is {source!r} while sagemaker_program is {program!r}. "
            "Give the S3 address of a tar.gz, or a folder or tar.gz inside the container."
        )
    folder = contract.code_dir
    folder.mkdir(parents=True, exist_ok=True)
    if source.startswith("s3://"):
        archive = contract.base / "input" / "sourcedir.tar.gz"
        archive.parent.mkdir(parents=True, exist_ok=True)
        _download(source, archive)
        _unpack(archive, folder, named=source)
    elif (local := contract.path_of(source)).is_dir():
        if local.resolve() != folder.resolve():
            shutil.copytree(local, folder, dirs_exist_ok=True)
    elif local.is_file():
        _unpack(local, folder, named=source)
    else:
        raise ContractError(f"sagemaker_submit_directory is {source!r}, and no folder or file is there. Check the path.")
    script = (folder / program).resolve()
    if not script.is_relative_to(folder.resolve()) or not script.is_file():
        found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.py"))[:10]
        raise ContractError(
            f"{source} holds no {program!r}; it has {found or 'no Python file'}. Set sagemaker_program to a script it has."
        )
    if (folder / "requirements.txt").is_file():
        note = "note: requirements.txt of the script is not installed; build what it names into the image"
        print(note, file=sys.stderr, flush=True)
    return Program(folder=folder, path=program)


def _download(address: str, target: Path) -> None:
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise ContractError(
            f"sagemaker_submit_directory is {address!r}, and this image has no boto3 to fetch it with. "
            "Add boto3 to the image, or submit the code as an input channel named `code`."
        ) from None
    bucket, _, key = address.removeprefix("s3://").partition("/")
    try:
        boto3.client("s3").download_file(bucket, key, str(target))
    except (BotoCoreError, ClientError, ValueError) as error:
        raise ContractError(
            f"could not download {address}: {error}. "
            "Check the address, and that the job's role may read it (s3:GetObject, kms:Decrypt)."
        ) from None


def _unpack(archive: Path, folder: Path, *, named: str) -> None:
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")  # refuses paths outside the folder, devices and links out of it
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ContractError(f"{named} cannot be unpacked: {error}. Submit a tar.gz with the script at its root.") from None
