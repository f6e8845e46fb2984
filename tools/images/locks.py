"""Reads hash-locked requirements (pip-compile form), and cuts them down for images that hold fewer packages.

The locks in `workloads/images/` are parts of those in `requirements/`, so that a version is decided once. They lie in
`workloads/`, whose hash is the tag of an image; `locks.sha256` makes the tag depend on the whole lock as well. After a change of
a lock in `requirements/`, run:

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
# The packages of a model server without PyTorch: ONNX Runtime and what it imports. They are 40 MB of wheels; PyPI's PyTorch with
# CUDA would be 2.5 GB.
RUNTIME: Final = ("flatbuffers", "numpy", "onnxruntime", "packaging", "protobuf")
# Packages that AWS's Neuron image contains in builds of its own, and numpy, whose version the Neuron compiler pins.
BROUGHT_BY_NEURON: Final = re.compile(r"torch|triton|numpy|cuda-.*|nvidia-.*")
_PIN: Final = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;\\]+)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One locked package. `hashes` are the sha256 (hex) of each of its files; `text` is its part of the lock."""

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
    """Path below `root` -> the text that the file beside the Dockerfile must have."""
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
    """Writes the files that differ from `derived`, and prints their paths."""
    for path, text in derived().items():
        file = _REPOSITORY / path
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
