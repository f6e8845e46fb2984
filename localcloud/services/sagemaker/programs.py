"""What a training job runs here: one of our workloads, the user's script, or the entry point that the request names.

No image is pulled. Ours are known by their repositories and hold this checkout's `workloads`; any other image is run by what the
job itself brings, in a Python of this machine. What only the image could run is refused, with its name.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog import jobs
from localcloud.services.sagemaker import layout
from localcloud.services.sagemaker.shared import Shared

# The Python that runs what a user brings, in a job's environment or else in the daemon's own.
PYTHON_VARIABLE = "SLIPWAY_JOB_PYTHON"
PYTHONS = re.compile(r"python(?:\d+(?:\.\d+)?)?")
SHELLS = frozenset({"sh", "bash", "dash"})
# Run as text, so that none of Python's variables decides where the launcher is imported from.
LAUNCHER = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); runpy.run_module('workloads.entrypoint', None, '__main__', True)"
)


class CannotRun(ValueError):
    """What the job asks for is not run here. The text is fit for a FailureReason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgram:
    """The command of every host. `ours` is a workload of this project; `launched` starts processes and gives them `SM_*`."""

    command: tuple[str, ...]
    python: str
    ours: bool = False
    launched: bool = True
    note: str = ""


def find_program(shared: Shared, request: Mapping[str, Any]) -> JobProgram:
    """The program of a CreateTrainingJob request. Raises CannotRun for one that only its image could run."""
    algorithm = request["AlgorithmSpecification"]
    environment = request.get("Environment") or {}
    image = str(algorithm.get("TrainingImage") or algorithm.get("AlgorithmName") or "")
    arguments = list(algorithm.get("ContainerArguments") or ())
    script = _text((request.get("HyperParameters") or {}).get(jobs.PROGRAM)) or environment.get(jobs.PROGRAM.upper())
    ours = layout.is_ours(image, "training")
    if entrypoint := list(algorithm.get("ContainerEntrypoint") or ()):
        python = python_of(shared, environment)
        command = [*entry_point(entrypoint, python, image), *arguments]
        return JobProgram(command=tuple(command), python=python, launched=False, note=_says(shared, image, python, "entry point"))
    if not script and not ours:
        raise CannotRun(
            f"image {image!r} cannot run in the local cloud, which pulls no images: it is none of this project's own "
            "(slipway-<stack>-training), and the job brings neither a script (hyperparameters sagemaker_program and "
            "sagemaker_submit_directory, or variables SAGEMAKER_PROGRAM and SAGEMAKER_SUBMIT_DIRECTORY) nor a ContainerEntrypoint"
        )
    if arguments and not ours and arguments != ["train"]:
        raise CannotRun(
            f"ContainerArguments {arguments} are for the entry point of image {image!r}, which is not known in the local cloud; "
            "name a ContainerEntrypoint that takes them"
        )
    launcher = (shared.python, "-I", "-u", "-c", LAUNCHER, str(shared.repository), *(arguments or ["train"]))
    if not script:
        return JobProgram(command=launcher, python=shared.python, ours=True)
    python = python_of(shared, environment)
    return JobProgram(command=launcher, python=python, note=_says(shared, image, python, "script"))


def python_of(shared: Shared, environment: Mapping[str, str]) -> str:
    """The Python that the user names, else this project's."""
    asked = environment.get(PYTHON_VARIABLE) or os.environ.get(PYTHON_VARIABLE)
    if not asked:
        return shared.python
    found = shutil.which(os.path.expanduser(asked))
    if found is None:
        raise CannotRun(f"{PYTHON_VARIABLE} is {asked!r}, which is no program of this machine; give the path of a Python 3")
    return os.path.abspath(found)


def entry_point(entrypoint: Sequence[str], python: str, image: str) -> list[str]:
    """An entry point with the program of this machine that stands for the image's. Raises CannotRun where none does."""
    program, *rest = entrypoint
    name = Path(program).name
    if PYTHONS.fullmatch(name):
        return [python, *rest]
    if name in SHELLS:
        found = shutil.which(name)
        if found is not None:
            return [found, *rest]
    if program.startswith(f"{layout.CONTRACT_ROOT}/"):
        return [program, *rest]  # the job brings it, in a channel
    path = os.pathsep.join((str(Path(python).parent), os.environ.get("PATH", os.defpath)))
    if shutil.which(program, path=path) is None:
        raise CannotRun(
            f"ContainerEntrypoint {program!r} is a program of image {image!r}, which the local cloud does not pull; use python "
            f"or a shell, a program of this machine, or one that the job brings below {layout.CONTRACT_ROOT}"
        )
    return [program, *rest]


def _text(value: str | None) -> str:
    """A hyperparameter that is text: the SDK sends it in quotes, and nothing as null or an empty pair of them."""
    if value is None:
        return ""
    try:
        parsed = json.loads(value)
    except ValueError:
        return value
    return "" if parsed is None else str(parsed)


def _says(shared: Shared, image: str, python: str, what: str) -> str:
    if python != shared.python:
        return f"the {what} of image {image!r} runs on this machine; its Python is {python} ({PYTHON_VARIABLE})"
    version = f", {platform.python_version()}" if python == sys.executable else ""
    return (
        f"the {what} of image {image!r} runs on this machine; its Python is this project's ({python}{version}); "
        f"{PYTHON_VARIABLE} names another"
    )
