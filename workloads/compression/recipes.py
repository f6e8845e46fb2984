"""The recipes that hyperparameter `recipe` can name: one typed row a step, joined by `+` into a sequence.

A row says what a step does, what it changes, where it runs and for which architectures; the code that does it is in `pruning.py`
and `quantization.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from itertools import pairwise
from typing import Final

import torch

from workloads.errors import HyperparameterError

JOINT: Final = "+"


class Kind(Enum):
    """What a step changes. The steps of a sequence follow this order: weights are removed while they are still plain numbers."""

    STRUCTURE = 1  # the architecture becomes smaller
    ZEROS = 2  # weights become zero, shapes stay
    DTYPE = 3  # all numbers become a narrower floating-point type
    INTEGERS = 4  # the weights of linear layers become integers with a scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    name: str
    kind: Kind
    architectures: frozenset[str]  # names in `workloads.models.ARCHITECTURES`
    device: str = "any"  # or "cuda"
    capability: tuple[int, int] = (0, 0)  # the least CUDA compute capability
    uses_sparsity: bool = False
    needs: str = ""  # a step that must be in the sequence too
    meaning: str


EVERY: Final = frozenset({"digits-cnn", "digits-depthwise", "decoder"})

STEPS: Final = (
    Step(
        name="prune-magnitude",
        kind=Kind.ZEROS,
        architectures=EVERY,
        uses_sparsity=True,
        meaning="the smallest weights of all layers together become zero (share `sparsity`); the shapes stay, so the archive "
        "shrinks, and neither memory nor time does",
    ),
    Step(
        name="prune-channels",
        kind=Kind.STRUCTURE,
        architectures=frozenset({"digits-cnn"}),
        uses_sparsity=True,
        meaning="whole channels of every convolution are removed (share `sparsity`, a multiple of the normalisation's groups)",
    ),
    Step(
        name="prune-neurons",
        kind=Kind.STRUCTURE,
        architectures=frozenset({"decoder"}),
        uses_sparsity=True,
        meaning="whole neurons of every feed-forward layer are removed (share `sparsity`, the same number in each block)",
    ),
    Step(
        name="prune-2-4",
        kind=Kind.ZEROS,
        architectures=frozenset({"decoder"}),
        device="cuda",
        capability=(8, 0),
        needs="bf16",
        meaning="two of every four neighbouring weights of the linear layers become zero and are stored as sparse tensors, which "
        "tensor cores multiply faster",
    ),
    Step(
        name="bf16",
        kind=Kind.DTYPE,
        architectures=EVERY,
        meaning="all numbers in bfloat16: half the bytes, and faster where the processor has it",
    ),
    Step(
        name="int8-weight-only",
        kind=Kind.INTEGERS,
        architectures=EVERY,
        meaning="weights of linear layers and embeddings as 8-bit integers with a scale a row; computed in the model's own "
        "precision",
    ),
    Step(
        name="int8-dynamic",
        kind=Kind.INTEGERS,
        architectures=EVERY,
        meaning="weights of linear layers as 8-bit integers, activations quantised as they come; fast where the processor "
        "multiplies 8-bit integers and the runtime has a kernel for it",
    ),
    Step(
        name="int4-weight-only",
        kind=Kind.INTEGERS,
        architectures=frozenset({"decoder"}),
        device="cuda",
        capability=(8, 0),
        needs="bf16",
        meaning="weights of linear layers as 4-bit integers in groups of 128 with a scale each",
    ),
)
BY_NAME: Final = {step.name: step for step in STEPS}


def parse(recipe: str) -> tuple[Step, ...]:
    """The steps of `a+b+c`. Raises `HyperparameterError` for a name that is none, twice, or after what it can't follow."""
    names = [name.strip() for name in recipe.split(JOINT)]
    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        close = get_close_matches(unknown[0], BY_NAME, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise HyperparameterError(
            f"recipe is {recipe!r}, and {unknown[0]!r} is no step; {hint}known ones are {', '.join(BY_NAME)}, "
            f"joined by {JOINT} for several in sequence"
        )
    steps = tuple(BY_NAME[name] for name in names)
    for before, after in pairwise(steps):
        if before.name == after.name or before.kind.value > after.kind.value or before.kind == after.kind == Kind.INTEGERS:
            raise HyperparameterError(
                f"recipe is {recipe!r}, and {after.name} cannot follow {before.name}: remove first, quantise once and last, "
                "each step once; for example prune-magnitude+int8-weight-only"
            )
    for step in steps:
        if step.needs and step.needs not in names:
            raise HyperparameterError(
                f"recipe is {recipe!r}, and the kernels of {step.name} compute in 16 bits; add {step.needs}: "
                f"{JOINT.join(other.name for other in sorted((step, BY_NAME[step.needs]), key=lambda one: one.kind.value))}"
            )
    return steps


def check(steps: tuple[Step, ...], architecture: str, device: torch.device) -> None:
    """Raises one `HyperparameterError` that names every step this model or this device has no use for."""
    faults = []
    for step in steps:
        if architecture not in step.architectures:
            fitting = ", ".join(other.name for other in STEPS if architecture in other.architectures and other.device == "any")
            faults.append(f"{step.name} is not for architecture {architecture!r}; for it there are {fitting}")
        elif step.device == "cuda" and device.type != "cuda":
            faults.append(
                f"{step.name} needs a CUDA GPU and this run computes on {device}; run the job on a GPU instance, or take "
                f"{'prune-magnitude' if step.kind is Kind.ZEROS else 'int8-weight-only'}"
            )
        elif step.device == "cuda" and torch.cuda.get_device_capability(device) < step.capability:
            have = torch.cuda.get_device_capability(device)
            faults.append(
                f"{step.name} needs compute capability {step.capability[0]}.{step.capability[1]}, and "
                f"{torch.cuda.get_device_name(device)} has {have[0]}.{have[1]}; take a newer GPU"
            )
    if faults:
        raise HyperparameterError("; ".join(faults))
