"""The images that can be built (two, in three variants each), and the arguments that each variant gives the Dockerfile."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.images.errors import ImageError
from tools.images.locks import FULL, NEURON, SERVING_CPU
from workloads.catalog import IMAGES

DOCKERFILE: Final = "workloads/images/Dockerfile"
# The user (uid:gid) of an image for Kubernetes, given as `RUN_AS`; the Dockerfile creates the user.
NON_ROOT: Final = "10001:10001"
# 1980-01-01: the first day that a zip file, and so a wheel, can name. SOURCE_DATE_EPOCH in the environment overrides it.
EPOCH: Final = 315_532_800
_PINNED: Final = re.compile(r"[a-z0-9][\w./:-]*@sha256:[0-9a-f]{64}")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to build an image. `suffix` ends its tag; the stack's jobs and endpoints name the variant without suffix."""

    name: str
    suffix: str
    requirements: Mapping[str, str]  # image -> lock, below the repository
    note: Mapping[str, str]  # image -> what to know before choosing it
    needs_base: str = ""  # why there is no default base
    venv_options: str = ""
    visible_gpus: str = "void"


_BOTH_FULL: Final = dict.fromkeys(IMAGES, FULL)
VARIANTS: Final = (
    Variant(
        name="cuda",
        suffix="",
        requirements=_BOTH_FULL,
        visible_gpus="all",
        note=dict.fromkeys(IMAGES, "runs on a GPU and on a CPU; the tag that the stack asks for"),
    ),
    Variant(
        name="cpu",
        suffix="-cpu",
        requirements={"training": FULL, "serving": SERVING_CPU},
        note={
            "training": "as large as cuda: PyPI's PyTorch for x86-64 is the CUDA build; --requirements takes a lock with another",
            "serving": "ONNX Runtime and no PyTorch: serves models exported to model.onnx, and no others",
        },
    ),
    Variant(
        name="neuron",
        suffix="-neuron",
        requirements=dict.fromkeys(IMAGES, NEURON),
        venv_options="--system-site-packages",
        needs_base="PyTorch for Neuron is not on PyPI, so the base must bring it: give --base the digest of an "
        "AWS Deep Learning Container for PyTorch with Neuron (docs/images.md)",
        note=dict.fromkeys(IMAGES, "our code over an AWS Deep Learning Container, Python 3.11; built by nobody here yet"),
    ),
)
DEFAULT: Final = "cuda"


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One build with every decision taken. `arguments` are the Dockerfile's build arguments by name."""

    image: str
    variant: str
    tag: str
    base: str
    requirements: str
    given_requirements: Path | None
    arguments: Mapping[str, str]
    note: str

    @property
    def reference(self) -> str:
        """The name of the image in the tool's store."""
        return f"slipway-{self.image}:{self.tag}"


def decide(
    image: str,
    variant: str = DEFAULT,
    *,
    source: str,
    root: Path,
    base: str = "",
    tag: str = "",
    requirements: Path | None = None,
    non_root: bool = False,
    version: str = "",
    url: str = "",
    epoch: int = EPOCH,
    built: bool = False,
) -> Build:
    """The build of one image. `source` is the tag of the code (`src-...`); `requirements` a lock in place of the variant's own.

    `built` says that the image is built already, so that a variant without a default base needs none.

    Raises ValueError for an invalid name, base or tag, ImageError where the variant needs a base and has none.
    """
    if image not in IMAGES:
        raise ValueError(f"{image!r} is no image; there are {' and '.join(IMAGES)}")
    row = next((row for row in VARIANTS if row.name == variant), None)
    if row is None:
        raise ValueError(f"--variant {variant!r} is none; there are {', '.join(row.name for row in VARIANTS)}")
    if base and not _PINNED.fullmatch(base):
        raise ValueError(f"--base {base!r} names no digest; write image@sha256:<64 hex digits>, so that it is the same tomorrow")
    if tag and not _TAG.fullmatch(tag):
        raise ValueError(f"--tag {tag!r} is no tag; use letters, digits, dots, hyphens and underscores, 128 at most")
    if row.needs_base and not (base or built):
        raise ImageError(f"{image} {variant} has no base: {row.needs_base}")
    lock = "requirements/given.txt" if requirements else row.requirements[image]
    suffix = row.suffix + (f"-{_short(requirements)}" if requirements else "") + ("-nonroot" if non_root else "")
    found = base or default_base(root)
    return Build(
        image=image,
        variant=variant,
        tag=tag or f"{source}{suffix}",
        base=found,
        requirements=lock,
        given_requirements=requirements,
        note=row.note[image],
        arguments={
            "BASE_IMAGE": found,
            "REQUIREMENTS": lock,
            "VENV_OPTIONS": row.venv_options,
            "VISIBLE_GPUS": row.visible_gpus,
            "RUN_AS": NON_ROOT if non_root else "0:0",
            "SOURCE_DATE_EPOCH": str(epoch),
            "SOURCE_DIGEST": source.partition("-")[2],
            "SOURCE_URL": url,
            "VERSION": version,
        },
    )


def default_base(root: Path) -> str:
    """The base image that the Dockerfile names."""
    line = re.search(r"^ARG BASE_IMAGE=(\S+)", (root / DOCKERFILE).read_text(encoding="utf-8"), re.MULTILINE)
    if not line:
        raise ImageError(f"{DOCKERFILE} gives BASE_IMAGE no default; name one by digest, or give --base")
    return line[1]


def _short(lock: Path) -> str:
    """Eight hex digits of a lock's hash, so that an image with other packages has another tag."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()[:8]
