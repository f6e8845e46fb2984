"""Hash-locked requirements (pip-compile form): read, and cut down for the images that hold less.

The locks in `workloads/images/` are cut out of those in `requirements/`: a version is decided once. They lie there because the
tag of an image is a hash of `workloads/`; `locks.sha256` brings the whole lock into it too. After a lock was renewed:

    python -m tools.images.locks
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_REPOSITORY: Final = Path(__file__).resolve().parents[2]
FULL: Final = "requirements/workloads.txt"
_COMPRESSION: Final = "requirements/compression.txt"
SERVING_CPU: Final = "workloads/images/serving-cpu.txt"
NEURON: Final = "workloads/images/neuron.txt"
CHECKSUMS: Final = "workloads/images/locks.sha256"
# ONNX Runtime and what it imports: a model server without PyTorch, 40 MB of wheels where PyPI's PyTorch brings 2.5 GB with CUDA.
RUNTIME: Final = ("flatbuffers", "numpy", "onnxruntime", "packaging", "protobuf")
# What AWS's Neuron image brings itself, in builds of its own. numpy among it: the Neuron compiler pins it.
BROUGHT_BY_NEURON: Final = re.compile(r"torch|triton|numpy|cuda-.*|nvidia-.*")
_PIN: Final = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;\\]+)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One locked package. `hashes` are sha256 (hex) of every file that may be it; `text` is its part of the lock."""

    name: str
    version: str
    hashes: tuple[str, ...]
    text: str


def read(text: str, where: str = "the lock") -> tuple[Pin, ...]:
    """The packages of a lock. Raises ValueError for a line that pins nothing, or has no hash."""
    pins = []
    for block in re.split(r"(?<!\\)\n", text):
        if not block.strip() or block.lstrip().startswith("#"):
            continue
        found, hashes = _PIN.match(block), tuple(_HASH.findall(block))
        if not found or not hashes:
            raise ValueError(f"{where}: {block.splitlines()[0].strip()!r} is no name==version with --hash=sha256:...; lock it")
        pins.append(Pin(name=normal(found["name"]), version=found["version"], hashes=hashes, text=block))
    return tuple(pins)


def normal(name: str) -> str:
    """A package's name as the index knows it. https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return re.sub(r"[-_.]+", "-", name).lower()


def derived(root: Path = _REPOSITORY) -> Mapping[str, str]:
    """What the files beside the Dockerfile must hold, by path below `root`."""
    full, compression = (read((root / path).read_text(encoding="utf-8"), path) for path in (FULL, _COMPRESSION))
    runtime = [pin for pin in compression if pin.name in RUNTIME]
    if missing := set(RUNTIME) - {pin.name for pin in runtime}:
        raise ValueError(f"{_COMPRESSION} has no {', '.join(sorted(missing))}; onnxruntime needs it")
    neuron = [pin for pin in full if not BROUGHT_BY_NEURON.fullmatch(pin.name)]
    digest = hashlib.sha256((root / FULL).read_bytes()).hexdigest()
    return {
        SERVING_CPU: "".join(f"{pin.text}\n" for pin in runtime),
        NEURON: "".join(f"{pin.text}\n" for pin in neuron),
        CHECKSUMS: f"{digest}  {FULL}\n",
    }


def main() -> int:
    """Writes what is no longer so, and says which."""
    for path, text in derived().items():
        file = _REPOSITORY / path
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
