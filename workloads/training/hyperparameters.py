"""The digits workload's hyperparameters: defaults, limits and meaning, once; for the contract, the command line and `--help`."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Final

from workloads.contract import SAGEMAKER_PREFIX, parse_hyperparameter
from workloads.errors import HyperparameterError

# Read by the launcher before the workload starts.
LAUNCHER_KEYS: Final = frozenset({"workload", "processes_per_host"})
DEVICES: Final = ("auto", "cpu", "cuda")


def _within(low: float, high: float, meaning: str) -> dict[str, Any]:
    return {"low": low, "high": high, "meaning": meaning}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameters:
    """One training run's settings. Every one has its limits beside its default."""

    epochs: int = field(default=15, metadata=_within(1, 10_000, "passes over the training data"))
    batch_size: int = field(default=64, metadata=_within(1, 65_536, "rows a step, over all processes together"))
    learning_rate: float = field(default=0.008, metadata=_within(1e-6, 1.0, "highest learning rate, after the warm-up"))
    weight_decay: float = field(default=0.01, metadata=_within(0.0, 1.0, "AdamW's decoupled weight decay"))
    warmup_steps: int = field(default=20, metadata=_within(0, 100_000, "steps over which the learning rate rises"))
    width: int = field(default=16, metadata=_within(4, 512, "channels of the first layer, a multiple of 4"))
    seed: int = field(default=0, metadata=_within(0, 2**31 - 1, "decides weights, order and augmentation"))
    checkpoint_every: int = field(default=1, metadata=_within(1, 10_000, "epochs between two checkpoints"))
    device: str = field(
        default="auto", metadata={"choices": DEVICES, "meaning": "where to train; auto takes GPUs if there are enough"}
    )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Hyperparameters:
        """Check values (JSON-parsed) and fill in defaults.

        `sagemaker_*` and the launcher's keys are left alone. Raises one `HyperparameterError` that names every fault.
        """
        known = {item.name: item for item in fields(cls)}
        mine = {key: value for key, value in values.items() if not key.startswith(SAGEMAKER_PREFIX) and key not in LAUNCHER_KEYS}
        faults = [_unknown(key, mine[key], known) for key in sorted(mine.keys() - known.keys())]
        taken: dict[str, Any] = {}
        for key in sorted(mine.keys() & known.keys()):
            fault, value = _check(key, mine[key], str(known[key].type), known[key].metadata)
            faults += [fault] if fault else []
            taken[key] = value
        if not faults and taken.get("width", 4) % 4:
            faults.append(f"width is {taken['width']}; it must be a multiple of 4 (the layers' groups)")
        if faults:
            raise HyperparameterError("; ".join(faults))
        return cls(**taken)

    def check_world(self, world_size: int) -> None:
        """Raises `HyperparameterError` when a batch cannot be dealt out evenly."""
        if self.batch_size % world_size:
            lower = max(1, self.batch_size // world_size) * world_size
            raise HyperparameterError(
                f"batch_size is {self.batch_size}, which {world_size} processes cannot share evenly; "
                f"make it a multiple, such as {lower}"
            )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A flag for every hyperparameter; the value is checked by `from_mapping`, so both ways in say the same."""
    group = parser.add_argument_group("hyperparameters")
    for item in fields(Hyperparameters):
        limits = item.metadata.get("choices") or f"{item.metadata['low']:g} to {item.metadata['high']:g}"
        group.add_argument(
            f"--{item.name.replace('_', '-')}",
            dest=item.name,
            type=parse_hyperparameter,
            metavar=str(item.type).upper(),
            help=f"{item.metadata['meaning']} ({limits}; default {item.default})",
        )


def from_arguments(arguments: argparse.Namespace) -> Hyperparameters:
    given = {item.name: getattr(arguments, item.name) for item in fields(Hyperparameters)}
    return Hyperparameters.from_mapping({key: value for key, value in given.items() if value is not None})


def _check(key: str, value: Any, kind: str, metadata: Mapping[str, Any]) -> tuple[str, Any]:
    """The fault ("" for none) and the value as the field's own type."""
    if "choices" in metadata:
        choices = metadata["choices"]
        return ("" if value in choices else f"{key} is {value!r}; choose one of {', '.join(choices)}"), value
    low, high = metadata["low"], metadata["high"]
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if number and kind == "int" and float(value).is_integer() and low <= value <= high:
        return "", int(value)
    if number and kind == "float" and low <= value <= high:
        return "", float(value)
    what = "a whole number" if kind == "int" else "a number"
    return f"{key} is {value!r}; it must be {what} from {low:g} to {high:g}", value


def _unknown(key: str, value: Any, known: Mapping[str, Any]) -> str:
    close = get_close_matches(key, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known ones are {', '.join(known)}"
    return f"{key} (given as {value!r}) is no hyperparameter of this workload; {hint}"
