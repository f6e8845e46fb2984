"""Script mode: run the user's own script, as SageMaker's training toolkit does, in any image that has this package.

The SDK names the script in hyperparameter `sagemaker_program` and its folder or archive in `sagemaker_submit_directory`; an image
may set both as variables. What follows is aws/sagemaker-training-toolkit: `entry_point.py` (fetch), `process.py` (the three kinds
of program), `params.py` (the keys). The script imports its own folder and what is installed, and nothing of this package's: a
folder `tools` of the user's is the user's.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workloads import script_package, script_requirements
from workloads.contract import CONTRACT_ROOT, PROGRAM, SUBMIT_DIRECTORY, TrainingContract, command_arguments, count_gpus
from workloads.errors import ContractError, DataError
from workloads.stores.opening import open_store
from workloads.stores.store import SCHEME

# The folder that this package is imported from: it is not the script's to import from.
HERE: Final = Path(__file__).resolve().parents[1]
# The Python that runs a user's script, where it is not the one that runs this package.
PYTHON_VARIABLE: Final = "SLIPWAY_JOB_PYTHON"
# A folder of the contract's root that Python reads before a script: what the platform puts there (a local cloud does) goes first.
OWN_PATHS: Final = ".python"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The user's script: `path` inside `folder`, which becomes its working directory. `module` runs it by `python -m`.

    `imports` are the folders that it imports from, `folder` among them.
    """

    folder: Path
    path: str
    module: bool = False
    imports: tuple[Path, ...] = ()


def is_asked_for(contract: TrainingContract) -> bool:
    return bool(contract.program)


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
        return (python(), "-u", "-m", program.path, *command_arguments(values))
    if program.path.endswith(".py"):
        return (python(), "-u", program.path, *command_arguments(values))
    # As the toolkit does, by its own first line (#!) or else by sh; `exec`, so that a signal reaches the program itself.
    return ("/bin/sh", "-c", 'exec "./$0" "$@"', program.path, *command_arguments(values))


def python(environ: Mapping[str, str] | None = None) -> str:
    """The Python that runs the script."""
    environ = os.environ if environ is None else environ
    return environ.get(PYTHON_VARIABLE) or sys.executable


def environment(contract: TrainingContract, program: Program, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that the toolkit sets beside `SM_*`: PYTHONPATH with the submitted folder, and the job's names."""
    environ = os.environ if environ is None else environ
    sdk = contract.hyperparameters
    given = paths(environ)
    first = [path for path in given[:1] if Path(path).name == OWN_PATHS]
    return {
        "PYTHONPATH": joined([*first, *map(str, program.imports or (program.folder,)), *given]),
        "CURRENT_HOST": contract.current_host,
        "SAGEMAKER_JOB_NAME": str(sdk.get("sagemaker_job_name") or contract.job_name),
        "SAGEMAKER_REGION": str(sdk.get("sagemaker_region") or environ.get("AWS_REGION", "")),
    }


def paths(environ: Mapping[str, str]) -> list[str]:
    """What PYTHONPATH holds, but for the folder of this package."""
    given = filter(None, environ.get("PYTHONPATH", "").split(os.pathsep))
    return [path for path in given if Path(path).resolve() != HERE]


def joined(given: Sequence[str]) -> str:
    """A PYTHONPATH of these folders, each once."""
    return os.pathsep.join(dict.fromkeys(given))


def fetch(contract: TrainingContract) -> Program:
    """Bring the script's folder to `<base>/code`, and what it needs beside it.

    Raises `ContractError` when either cannot be had, or the folder holds no such script.
    """
    folder = contract.code_dir
    source = contract.submit_directory or f"{CONTRACT_ROOT}/{folder.name}"
    folder.mkdir(parents=True, exist_ok=True)
    (contract.output_dir / "intermediate").mkdir(parents=True, exist_ok=True)
    _bring(source, contract, folder)
    found = _find(contract.program.removeprefix("-m ").strip(), folder, named=source)
    packages = contract.base / OWN_PATHS / "packages"
    _install(folder, packages)
    script_package.describe(folder, packages)
    _say_what_differs(contract, found)
    return Program(
        folder=folder,
        path=found.path,
        module=found.module,
        imports=(*found.imports, *((packages,) if packages.is_dir() else ())),
    )


def _bring(source: str, contract: TrainingContract, folder: Path) -> None:
    if source.startswith(SCHEME):
        with _downloaded(source) as archive:
            _unpack(archive, folder, named=source)
    elif (local := contract.path_of(source)).is_dir():
        if local.resolve() != folder.resolve():
            shutil.copytree(local, folder, dirs_exist_ok=True)
    elif local.is_file() and local.name == contract.program:
        shutil.copy2(local, folder)
    elif local.is_file():
        _unpack(local, folder, named=source)
    else:
        raise ContractError(f"sagemaker_submit_directory is {source!r}, and no folder or file is there. Check the path.")


def _find(program: str, folder: Path, *, named: str) -> Program:
    """The program among what was submitted: a script, or a module of its packages, which `python -m` runs."""
    roots = script_package.source_roots(folder)
    imports = tuple(roots)
    script = (folder / program).resolve()
    if script.is_relative_to(folder.resolve()) and script.is_file():
        if not program.endswith(".py"):
            script.chmod(script.stat().st_mode | 0o111)
        return Program(folder=folder, path=program, imports=imports)
    if script_package.module_file(program, roots):
        return Program(folder=folder, path=program, module=True, imports=imports)
    if not any(folder.iterdir()):
        raise ContractError(
            f"{named} holds nothing, and so no {program!r}. Name the S3 address of a tar.gz, or a folder or tar.gz inside the "
            f"container, in hyperparameter {SUBMIT_DIRECTORY} or variable {SUBMIT_DIRECTORY.upper()}."
        )
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.py"))[:10]
    raise ContractError(
        f"{named} holds no {program!r}; it has {found or 'no Python file'}. "
        f"Set {PROGRAM} to a script it has, or to a module (`package.module`)."
    )


def _install(folder: Path, target: Path) -> None:
    """Install what the submitted folder needs and this Python has not."""
    file = folder / "requirements.txt"
    asked = script_package.requirements(folder)
    if file.is_file() or asked:
        brought = script_requirements.bring(
            asked, file if file.is_file() else None, python=python(), folder=folder, target=target
        )
        _note(
            f"installed for this job: {', '.join(brought)}" if brought else "what the script asks for is installed here already"
        )


def _say_what_differs(contract: TrainingContract, program: Program) -> None:
    """Print notes on stderr about what may surprise in a job that runs elsewhere than it was written for."""
    if program.module and not (program.folder / "setup.py").is_file():
        _note(f"module {program.path!r} runs by `python -m`; SageMaker's toolkit does that only beside a setup.py")
    moved = contract.base != Path(CONTRACT_ROOT)
    if moved and not program.module and CONTRACT_ROOT.encode() in (program.folder / program.path).read_bytes():
        _note(f"{program.path} names {CONTRACT_ROOT}, which is {contract.base} here; the SM_* variables say where things are")


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
