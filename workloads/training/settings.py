"""A training run's settings: defaults, limits and meaning, once; for the contract, the command line and `--help`.

What every task has is here, `settings_tasks.py` adds each task's own. Imports no PyTorch: who starts jobs reads it for free.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Final, Self

from workloads.contract import SAGEMAKER_PREFIX, parse_hyperparameter
from workloads.errors import HyperparameterError

# Read by the launcher before the workload starts.
LAUNCHER_KEYS: Final = frozenset({"workload", "processes_per_host"})
DEVICES: Final = ("auto", "cpu", "cuda")
PRECISIONS: Final = ("fp32", "bf16", "float8")
# As `--help` groups them.
LENGTH, OPTIMIZER, COMPUTE, PARALLEL, CHECKPOINTS, DATA, START = (
    "length and batches",
    "optimizer",
    "precision and memory",
    "parallelism (the degrees multiply to the number of processes)",
    "checkpoints",
    "data",
    "starting from another model",
)


def within(low: float, high: float, group: str, meaning: str) -> dict[str, Any]:
    """Metadata of a number's field."""
    return {"low": low, "high": high, "group": group, "meaning": meaning}


def one_of(choices: tuple[str, ...], group: str, meaning: str) -> dict[str, Any]:
    return {"choices": choices, "group": group, "meaning": meaning}


def about(group: str, meaning: str) -> dict[str, Any]:
    """Metadata of a switch's or a text's field."""
    return {"group": group, "meaning": meaning}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerSettings:
    """One training run's settings. Every one has its limits beside its default."""

    epochs: int = field(default=1, metadata=within(1, 10_000, LENGTH, "passes over the training data"))
    max_steps: int = field(default=0, metadata=within(0, 100_000_000, LENGTH, "end after so many steps; 0: epochs decide"))
    batch_size: int = field(default=64, metadata=within(1, 65_536, LENGTH, "rows a step, over all processes together"))
    accumulation: int = field(default=1, metadata=within(1, 4096, LENGTH, "parts a step's batch is computed in, to save memory"))
    log_every: int = field(default=10, metadata=within(1, 1_000_000, LENGTH, "steps between two lines of the log"))
    seed: int = field(default=0, metadata=within(0, 2**31 - 1, LENGTH, "decides weights, order and augmentation"))
    learning_rate: float = field(default=0.001, metadata=within(1e-6, 1.0, OPTIMIZER, "highest learning rate, after the warm-up"))
    warmup_steps: int = field(default=20, metadata=within(0, 100_000, OPTIMIZER, "steps over which the learning rate rises"))
    min_learning_rate_ratio: float = field(
        default=0.0, metadata=within(0.0, 1.0, OPTIMIZER, "where the cosine ends, as a share of learning_rate")
    )
    weight_decay: float = field(default=0.01, metadata=within(0.0, 1.0, OPTIMIZER, "AdamW's decoupled weight decay"))
    clip_norm: float = field(default=0.0, metadata=within(0.0, 1e6, OPTIMIZER, "largest norm of all gradients; 0: no clipping"))
    device: str = field(default="auto", metadata=one_of(DEVICES, COMPUTE, "where to train; auto takes GPUs if there are enough"))
    precision: str = field(
        default="fp32", metadata=one_of(PRECISIONS, COMPUTE, "what is computed in; weights stay fp32, float8 needs its GPU")
    )
    activation_checkpointing: bool = field(
        default=False, metadata=about(COMPUTE, "compute a block's activations again instead of keeping them")
    )
    compile: bool = field(default=False, metadata=about(COMPUTE, "torch.compile, block by block"))
    replicate: int = field(
        default=0, metadata=within(0, 65_536, PARALLEL, "data-parallel copies (DDP; with shard: HSDP); 0: what is left")
    )
    shard: int = field(
        default=1, metadata=within(1, 65_536, PARALLEL, "processes over which weights and optimizer are sharded (FSDP2)")
    )
    tensor: int = field(default=1, metadata=within(1, 64, PARALLEL, "processes that share each layer (tensor parallelism)"))
    pipeline: int = field(default=1, metadata=within(1, 256, PARALLEL, "stages the layers are dealt to (pipeline parallelism)"))
    pipeline_microbatches: int = field(
        default=0, metadata=within(0, 4096, PARALLEL, "parts a batch goes through the stages in; 0: as many as stages")
    )
    checkpoint_every: int = field(
        default=0,
        metadata=within(0, 100_000_000, CHECKPOINTS, "steps between two checkpoints; 0: only checkpoint_seconds decides"),
    )
    checkpoint_seconds: float = field(
        default=60.0,
        metadata=within(0.0, 86_400.0, CHECKPOINTS, "seconds between two checkpoints; 0: only checkpoint_every decides"),
    )
    checkpoint_keep: int = field(default=2, metadata=within(1, 100, CHECKPOINTS, "checkpoints kept, the newest"))
    checkpoint_uri: str = field(
        default="", metadata=about(CHECKPOINTS, "folder or s3:// address; empty: the job's checkpoints folder")
    )
    data_uri: str = field(
        default="", metadata=about(DATA, "folder or s3:// address with train and test; empty: channels of that name")
    )
    start_from: str = field(
        default="", metadata=about(START, "artifact whose weights to go on from (fine-tuning); in a job channel `model`")
    )
    lora_rank: int = field(default=0, metadata=within(0, 1024, START, "rank of LoRA's adapters; 0: all weights learn"))
    lora_alpha: float = field(default=16.0, metadata=within(0.0, 4096.0, START, "LoRA's scale, divided by its rank"))
    lora_dropout: float = field(default=0.0, metadata=within(0.0, 0.9, START, "dropout before LoRA's adapters"))
    teacher: str = field(
        default="", metadata=about(START, "artifact of a model to learn from (distillation); in a job channel `teacher`")
    )
    distillation_weight: float = field(
        default=0.5, metadata=within(0.0, 1.0, START, "share of the teacher's word in the loss; the rest is the data's")
    )
    distillation_temperature: float = field(
        default=2.0, metadata=within(0.1, 100.0, START, "softens both distributions before they are compared")
    )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
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
        settings = None if faults else cls(**taken)
        if settings is not None:
            faults = settings.faults()
        if settings is None or faults:
            raise HyperparameterError("; ".join(faults))
        return settings

    def faults(self) -> list[str]:
        """What two settings say together and cannot both have, each with the way out."""
        faults = []
        if self.batch_size % self.accumulation:
            faults.append(f"batch_size is {self.batch_size}, which accumulation ({self.accumulation}) does not divide")
        if self.pipeline > 1 and self.accumulation > 1:
            faults.append(
                f"accumulation is {self.accumulation} and pipeline {self.pipeline}; stages work in parts anyway, "
                "set pipeline_microbatches instead"
            )
        if self.pipeline_microbatches and self.pipeline == 1:
            faults.append(f"pipeline_microbatches is {self.pipeline_microbatches}, and pipeline is 1; set pipeline to 2 or more")
        if self.lora_rank and not self.start_from:
            faults.append(f"lora_rank is {self.lora_rank} without start_from; adapters need a trained model to adapt")
        if self.lora_rank and (self.tensor > 1 or self.pipeline > 1):
            faults.append(f"lora_rank is {self.lora_rank} with tensor or pipeline above 1; use shard or replicate with LoRA")
        if self.teacher and self.pipeline > 1:
            faults.append(f"teacher is given and pipeline is {self.pipeline}; distil with shard, replicate or tensor")
        if self.precision == "float8" and self.tensor > 1:
            faults.append(f"precision is 'float8' and tensor is {self.tensor}; use shard with float8, or bf16 with tensor")
        return faults

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def add_arguments(parser: argparse.ArgumentParser, kind: type[TrainerSettings]) -> None:
    """A flag for every setting; the value is checked by `from_mapping`, so both ways in say the same."""
    groups: dict[str, argparse._ArgumentGroup] = {}
    for item in fields(kind):
        name = item.metadata["group"]
        group = groups[name] if name in groups else groups.setdefault(name, parser.add_argument_group(name))
        default = repr(item.default) if item.default == "" else str(item.default)
        group.add_argument(
            f"--{item.name.replace('_', '-')}",
            dest=item.name,
            type=parse_hyperparameter,
            metavar=str(item.type).upper(),
            help=f"{item.metadata['meaning']} ({_limits(str(item.type), item.metadata)}default {default.lower()})",
        )


def given_arguments(arguments: argparse.Namespace, kind: type[TrainerSettings]) -> dict[str, Any]:
    """The settings that the command line gives, not yet checked."""
    given = {item.name: getattr(arguments, item.name) for item in fields(kind)}
    return {key: value for key, value in given.items() if value is not None}


def _limits(kind: str, metadata: Mapping[str, Any]) -> str:
    if "choices" in metadata:
        return f"{' | '.join(metadata['choices'])}; "
    if "low" in metadata:
        return f"{_number(kind, metadata['low'])} to {_number(kind, metadata['high'])}; "
    return "true | false; " if kind == "bool" else ""


def _check(key: str, value: Any, kind: str, metadata: Mapping[str, Any]) -> tuple[str, Any]:
    """The fault ("" for none) and the value as the field's own type."""
    if "choices" in metadata:
        choices = metadata["choices"]
        return ("" if value in choices else f"{key} is {value!r}; choose one of {', '.join(choices)}"), value
    if kind == "bool":
        return ("" if isinstance(value, bool) else f"{key} is {value!r}; it must be true or false"), value
    if kind == "str":
        return ("" if isinstance(value, str) else f"{key} is {value!r}; it must be text"), value
    low, high = metadata["low"], metadata["high"]
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if number and kind == "int" and float(value).is_integer() and low <= value <= high:
        return "", int(value)
    if number and kind == "float" and low <= value <= high:
        return "", float(value)
    what = "a whole number" if kind == "int" else "a number"
    return f"{key} is {value!r}; it must be {what} from {_number(kind, low)} to {_number(kind, high)}", value


def _number(kind: str, value: float) -> str:
    return str(int(value)) if kind == "int" else f"{value:g}"


def _unknown(key: str, value: Any, known: Mapping[str, Any]) -> str:
    close = get_close_matches(key, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known ones are {', '.join(known)}"
    return f"{key} (given as {value!r}) is no hyperparameter of this workload; {hint}"
