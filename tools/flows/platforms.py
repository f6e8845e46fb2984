"""What a kind of machine cannot do here, and what was never run on it."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A system and processor. `locked` says that the locks have wheels for it, `run` that the tests pass on it here."""

    system: str
    machine: str
    locked: bool
    run: bool
    lacks: tuple[str, ...] = ()


PLATFORMS: Final = (
    Platform(system="Linux", machine="x86_64", locked=True, run=True),
    Platform(system="Linux", machine="aarch64", locked=True, run=False),
    Platform(
        system="Darwin",
        machine="arm64",
        locked=True,
        run=False,
        lacks=(
            "macOS 14 or newer, for PyTorch's wheels",
            "no CUDA: jobs and endpoints run on the CPU, their processes talk by gloo and not NCCL",
            "images are built for Linux, by Docker or buildah in a virtual machine",
        ),
    ),
)


def here(system: str = platform.system(), machine: str = platform.machine()) -> Platform:
    """The platform of this machine; one that no lock is made for lacks everything that is not pure Python."""
    found = next((one for one in PLATFORMS if (one.system, one.machine) == (system, machine)), None)
    lacks = ("the locks have no wheels for it; take Linux or macOS on arm64, or a Linux container or WSL 2",)
    return found or Platform(system=system, machine=machine, locked=False, run=False, lacks=lacks)


def described(found: Platform) -> str:
    """A line for the doctor: the platform, whether it is run, what it cannot do."""
    tried = "run and tested" if found.run else "resolved, never run" if found.locked else "not supported"
    return "; ".join([f"{found.system} {found.machine}: {tried}", *found.lacks])
