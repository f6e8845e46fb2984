"""Script mode: run the user's own script, as SageMaker's training toolkit does, in any image that has this package.

The SDK names the script in hyperparameter `sagemaker_program` and its folder or archive in `sagemaker_submit_directory`. Unlike
the toolkit this never runs pip: what a job needs is in its image, so that a job run twice runs the same code. The rest follows
aws/sagemaker-training-toolkit: `entry_point.py` (fetch), `process.py` (the three kinds of program), `params.py` (the keys).
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from workloads.contract import CONTRACT_ROOT, TrainingContract, command_arguments, count_gpus
from workloads.errors import ContractError, DataError
from workloads.stores.opening import open_store
from workloads.stores.store import SCHEME

# Hyperparameters that the launcher reads, and the script does not get.
NOT_PASSED_ON: Final = frozenset({"processes_per_host"})
# What the SDK sends for `distribution={"torch_distributed": …}` and `{"pytorchddp": …}`: both start processes as torchrun does.
TORCHRUN_KEYS: Final = ("sagemaker_torch_distributed_enabled", "sagemaker_pytorch_ddp_enabled")
# Other distributions bring a launcher of their own, which our images lack: a job that asks for one is refused, since its
# processes would run without each other.
OTHER_LAUNCHERS: Final = {
    "sagemaker_mpi_enabled": "MPI",
    "sagemaker_distributed_dataparallel_enabled": "SageMaker's data parallel library",
    "sagemaker_parameter_server_enabled": "parameter servers",
    "sagemaker_multi_worker_mirrored_strategy_enabled": "TensorFlow's mirrored strategy",
    "sagemaker_pytorch_xla_multi_worker_enabled": "PyTorch/XLA",
}
# A line of requirements.txt that names a package and, at most, one exact version.
_REQUIREMENT: Final = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(\[[^\]]*\])?\s*(?P<version>[=<>!~][^;]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The user's script: `path` inside `folder`, which becomes its working directory. `module` runs it by `python -m`."""

    folder: Path
    path: str
    module: bool = False


def is_asked_for(contract: TrainingContract) -> bool:
    return "sagemaker_program" in contract.hyperparameters


def processes(contract: TrainingContract) -> int:
    """One process; one for each GPU when the SDK asks for torchrun. `ContractError` for a launcher that is not here."""
    for key, name in OTHER_LAUNCHERS.items():
        if contract.hyperparameters.get(key) is True:
            raise ContractError(
                f"hyperparameter {key} asks for {name}, whose launcher this image has not. Use "
                '`distribution={"torch_distributed": {"enabled": True}}`, or an image with that launcher.'
            )
    asked = any(contract.hyperparameters.get(key) is True for key in TORCHRUN_KEYS)
    return max(1, count_gpus()) if asked else 1


def command(contract: TrainingContract, program: Program) -> tuple[str, ...]:
    """The script's command line: its hyperparameters as `--key value`, with paths below /opt/ml where this container has them."""
    values = {
        key: str(contract.path_of(value)) if isinstance(value, str) and value.startswith(f"{CONTRACT_ROOT}/") else value
        for key, value in contract.user_hyperparameters.items()
        if key not in NOT_PASSED_ON
    }
    if program.module:
        return (sys.executable, "-u", "-m", program.path, *command_arguments(values))
    if program.path.endswith(".py"):
        return (sys.executable, "-u", program.path, *command_arguments(values))
    # As the toolkit does, by its own first line (#!) or else by sh; `exec`, so that a signal reaches the program itself.
    return ("/bin/sh", "-c", 'exec "./$0" "$@"', program.path, *command_arguments(values))


def environment(contract: TrainingContract, program: Program, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that the toolkit sets beside `SM_*`: PYTHONPATH with the submitted folder, and the job's names."""
    environ = os.environ if environ is None else environ
    sdk = contract.hyperparameters
    return {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(program.folder), environ.get("PYTHONPATH", "")))),
        "CURRENT_HOST": contract.current_host,
        "SAGEMAKER_JOB_NAME": str(sdk.get("sagemaker_job_name") or contract.job_name),
        "SAGEMAKER_REGION": str(sdk.get("sagemaker_region") or environ.get("AWS_REGION", "")),
    }


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
    (contract.output_dir / "intermediate").mkdir(parents=True, exist_ok=True)
    _bring(source, contract, folder, program=program)
    found = _find(program, folder, named=source)
    _say_what_differs(contract, found)
    return found


def explain(contract: TrainingContract) -> None:
    """Add to the failure file of a job that lacked a module why requirements.txt was not installed."""
    try:
        reason = contract.failure_file.read_text(encoding="utf-8")
    except OSError:
        return
    cause, newline, rest = reason.partition("\n")
    if cause.startswith("ModuleNotFoundError") and (contract.code_dir / "requirements.txt").is_file():
        hint = "requirements.txt is not installed when a job runs; build what it names into the image"
        contract.failure_file.write_text(f"{cause} ({hint}){newline}{rest}", encoding="utf-8")


def _bring(source: str, contract: TrainingContract, folder: Path, *, program: str) -> None:
    if source.startswith(SCHEME):
        with _downloaded(source) as archive:
            _unpack(archive, folder, named=source)
    elif (local := contract.path_of(source)).is_dir():
        if local.resolve() != folder.resolve():
            shutil.copytree(local, folder, dirs_exist_ok=True)
    elif local.is_file() and local.name == program:
        shutil.copy2(local, folder)
    elif local.is_file():
        _unpack(local, folder, named=source)
    else:
        raise ContractError(f"sagemaker_submit_directory is {source!r}, and no folder or file is there. Check the path.")


def _find(program: str, folder: Path, *, named: str) -> Program:
    """The program among what was submitted: a script, or beside a setup.py a module, which the toolkit would install first."""
    script = (folder / program).resolve()
    if script.is_relative_to(folder.resolve()) and script.is_file():
        if not program.endswith(".py"):
            script.chmod(script.stat().st_mode | 0o111)
        return Program(folder=folder, path=program)
    module = program.replace(".", "/")
    if (folder / "setup.py").is_file() and ((folder / module / "__main__.py").is_file() or (folder / f"{module}.py").is_file()):
        return Program(folder=folder, path=program, module=True)
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.py"))[:10]
    raise ContractError(
        f"{named} holds no {program!r}; it has {found or 'no Python file'}. Set sagemaker_program to a script it has."
    )


def _say_what_differs(contract: TrainingContract, program: Program) -> None:
    """Print notes on stderr about what may surprise in a job that runs elsewhere than it was written for."""
    requirements = program.folder / "requirements.txt"
    if requirements.is_file():
        lacking = ", ".join(unmet(requirements.read_text(encoding="utf-8", errors="replace")))
        state = f"this image differs from it: {lacking}" if lacking else "this image has what it names"
        _note(f"requirements.txt of the script is not installed when a job runs; {state}. Build what it needs into the image")
    moved = contract.base != Path(CONTRACT_ROOT)
    if moved and not program.module and CONTRACT_ROOT.encode() in (program.folder / program.path).read_bytes():
        _note(f"{program.path} names {CONTRACT_ROOT}, which is {contract.base} here; the SM_* variables say where things are")


def unmet(requirements: str) -> Iterator[str]:
    """The lines of a requirements.txt that this image does not meet: packages it has not, or has in another exact version.

    Options, addresses and lines with a marker are not judged, ranges of versions neither.
    """
    for line in requirements.splitlines():
        text = line.partition("#")[0].strip()
        match = _REQUIREMENT.fullmatch(text)
        if not match:
            continue
        asked = (match["version"] or "").replace(" ", "")
        try:
            here = metadata.version(match["name"])
        except metadata.PackageNotFoundError:
            yield f"{text} (not here)"
            continue
        if re.fullmatch(r"==[\w.!+-]+", asked) and asked.removeprefix("==") != here.partition("+")[0]:
            yield f"{text} (here {here})"


def _note(text: str) -> None:
    print(f"note: {text}", file=sys.stderr, flush=True)


@contextmanager
def _downloaded(address: str) -> Iterator[Path]:
    if importlib.util.find_spec("boto3") is None:
        raise ContractError(
            f"sagemaker_submit_directory is {address!r}, and this image has no boto3 to fetch it with. "
            "Add boto3 to the image, or submit the code as an input channel named `code`."
        )
    bucket, _, key = address.removeprefix(SCHEME).partition("/")
    try:
        with open_store(f"{SCHEME}{bucket}").local(key) as archive:
            yield archive
    except DataError as error:
        raise ContractError(
            f"could not download {address}: {'; '.join(error.report)}. "
            "Check the address, and that the job's role may read it (s3:GetObject, kms:Decrypt)."
        ) from None


def _unpack(archive: Path, folder: Path, *, named: str) -> None:
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")  # refuses paths outside the folder, devices and links out of it
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ContractError(f"{named} cannot be unpacked: {error}. Submit a tar.gz with the script at its root.") from None
