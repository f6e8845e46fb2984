"""Exports a model and checks each file against its source: opened in its own runtime, on real inputs, one row and several.

A file that answers otherwise than the model is worse than none, so a difference above the tolerance fails the job.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from workloads.compression.formats import BY_NAME, Format, Source
from workloads.errors import CompressionError, HyperparameterError, describe

FILE: Final = "model"
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
# The largest difference that counts as rounding, as a share of the largest logit: other runtimes sum in another order. Measured
# with float32: 4e-7. A bfloat16 number has 8 binary digits, so that one step is 4e-3, and a few layers add up some steps.
TOLERANCES: Final[Mapping[torch.dtype, float]] = {torch.float32: 1e-5, torch.bfloat16: 5e-2}
# The share of rows whose label must be the same: below 1, because two labels of equal likelihood may swap within the tolerance.
LEAST_AGREEMENT: Final = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How far a file's answers on one batch are from the model's."""

    shape: tuple[int, ...]
    max_abs: float
    max_relative: float  # max_abs over the largest logit of the source
    argmax_agreement: float

    def as_dict(self) -> dict[str, Any]:
        return {
            "shape": list(self.shape),
            "max_abs": self.max_abs,
            "max_relative": self.max_relative,
            "argmax_agreement": self.argmax_agreement,
        }


def parse(names: str) -> tuple[Format, ...]:
    """The formats of `onnx,executorch`; none for "". Raises `HyperparameterError` for a name that is none or twice."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for place, name in enumerate(wanted):
        if name not in BY_NAME:
            close = get_close_matches(name, BY_NAME, n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            raise HyperparameterError(f"export names {name!r}; {hint}formats are {', '.join(BY_NAME)}, with commas between")
        if name in wanted[:place]:
            raise HyperparameterError(f"export names {name} twice; name each format once")
    return tuple(BY_NAME[name] for name in wanted)


def export(
    model: nn.Module, formats: Sequence[Format], inputs: Sequence[torch.Tensor], folder: Path, *, tolerance: float = 0.0
) -> list[dict[str, Any]]:
    """Write `folder/model.<suffix>` in each format and check it on every one of `inputs`; the first has several rows.

    `tolerance` 0 takes that of the model's precision. Returns a description of each file. Raises `CompressionError` for a format
    that cannot be made here, and, once all are made, for those whose answers differ.
    """
    for item in formats:
        item.check()
    folder.mkdir(parents=True, exist_ok=True)
    model.requires_grad_(False)  # integers have no gradient, and an exporter would ask for it
    tolerance = tolerance or TOLERANCES.get(precision(model), max(TOLERANCES.values()))
    source = Source(model=model, example=inputs[0], most_rows=max(len(batch) for batch in inputs))
    return [_export_one(item, source, inputs, folder / f"{FILE}{item.suffix}", tolerance) for item in formats]


def faults(exported: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line for each file that answers otherwise than its source."""
    found = []
    for item in exported:
        for batch in item["checks"]:
            if not batch["max_relative"] <= item["tolerance"] or not batch["argmax_agreement"] >= LEAST_AGREEMENT:
                found.append(
                    f"export {item['format']} answers otherwise than the model: on a batch of shape {batch['shape']} logits "
                    f"differ by {batch['max_relative']:.2g} of the largest (tolerance {item['tolerance']:g}), and "
                    f"{batch['argmax_agreement']:.2%} of the labels agree (at least {LEAST_AGREEMENT:.0%}); do not ship it: "
                    "take another format, or raise export_tolerance if this is precise enough for you"
                )
                break
    return found


def precision(model: nn.Module) -> torch.dtype:
    """The type a model computes in: that of its narrowest floating-point weight (an integer tensor names its own)."""
    kinds = {parameter.dtype for parameter in model.parameters() if parameter.dtype.is_floating_point}
    return min(kinds, key=lambda kind: torch.finfo(kind).bits, default=torch.float32)


def difference(answer: torch.Tensor, wanted: torch.Tensor, shape: Sequence[int]) -> Difference:
    """How two answers differ. A NaN in one makes `max_abs` NaN, which no limit lets pass."""
    answer, wanted = answer.double(), wanted.double()
    if answer.shape != wanted.shape:
        return Difference(shape=tuple(shape), max_abs=float("inf"), max_relative=float("inf"), argmax_agreement=0.0)
    apart = float((answer - wanted).abs().max())
    return Difference(
        shape=tuple(shape),
        max_abs=apart,
        max_relative=apart / max(float(wanted.abs().max()), 1e-12),
        argmax_agreement=float((answer.argmax(-1) == wanted.argmax(-1)).double().mean()),
    )


def _export_one(item: Format, source: Source, inputs: Sequence[torch.Tensor], path: Path, tolerance: float) -> dict[str, Any]:
    started = time.monotonic()
    try:
        item.write(source, path)
        written = time.monotonic() - started
        runnable = item.open(path)
        with torch.inference_mode():
            checks = [difference(runnable(batch), source.model(batch), batch.shape) for batch in inputs]
    except Exception as error:  # exporters and runtimes raise errors of any type
        raise CompressionError(
            f"export {item.name} failed: {_cause(error)}. This model cannot leave in that format as it is; take another "
            "format, or export the model before it is quantised"
        ) from error
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return {
        "format": item.name,
        "file": path.name,
        "bytes": path.stat().st_size,
        "sha256": digest,
        "seconds": written,
        "runs_on": item.runs_on,
        "tolerance": tolerance,
        "checks": [check.as_dict() for check in checks],
    }


def _cause(error: BaseException) -> str:
    """The first line of the innermost error: exporters wrap it in pages about themselves."""
    while error.__cause__ is not None:
        error = error.__cause__
    return _COLOURS.sub("", describe(error).strip().splitlines()[0]).rstrip(".")
