"""How the processes of a run are dealt out over the axes of parallelism: decided and checked without importing PyTorch.

Rank = ((pipeline stage x replicate + copy) x shard + shard) x tensor + part: neighbours, which talk fastest, share a layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from workloads.errors import HyperparameterError
from workloads.models.decoder_config import DecoderConfig
from workloads.training.settings import TrainerSettings

COMBINATIONS_SHOWN: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Degrees:
    """Processes along each axis of parallelism. `microbatches` is what a pipeline cuts a batch into (0 without one)."""

    replicate: int = 1
    shard: int = 1
    tensor: int = 1
    pipeline: int = 1
    microbatches: int = 0

    @property
    def data(self) -> int:
        """Processes that see different rows."""
        return self.replicate * self.shard

    @property
    def world_size(self) -> int:
        return self.data * self.tensor * self.pipeline

    @property
    def cuts_the_model(self) -> bool:
        """Whether no process holds all weights."""
        return self.world_size > self.replicate

    @property
    def axes(self) -> int:
        """How many of the four axes are in use."""
        return sum(degree > 1 for degree in (self.replicate, self.shard, self.tensor, self.pipeline))

    def data_rank(self, rank: int) -> int:
        """Which of the `data` shares of a batch is this rank's; processes that share layers share it."""
        return rank // self.tensor % self.data

    def stage(self, rank: int) -> int:
        return rank // (self.data * self.tensor)

    def __str__(self) -> str:
        """`replicate=2 shard=2`; `replicate=1` alone."""
        parts = [f"{name}={getattr(self, name)}" for name in ("replicate", "shard", "tensor", "pipeline")]
        return " ".join(part for part in parts if not part.endswith("=1")) or "replicate=1"


def resolve(settings: TrainerSettings, world_size: int, sizes: DecoderConfig | None, sequence_length: int = 0) -> Degrees:
    """The degrees that `settings` ask for on `world_size` processes; `sizes` is None for a model that only data is dealt over.

    Raises one `HyperparameterError` that names every fault, and the combinations that fit where the product does not.
    """
    fixed = settings.shard * settings.tensor * settings.pipeline
    replicate = settings.replicate or max(1, world_size // fixed)
    microbatches = (settings.pipeline_microbatches or settings.pipeline) if settings.pipeline > 1 else 0
    degrees = Degrees(
        replicate=replicate,
        shard=settings.shard,
        tensor=settings.tensor,
        pipeline=settings.pipeline,
        microbatches=microbatches,
    )
    faults = []
    if degrees.world_size != world_size:
        faults.append(_misfit(settings, degrees, world_size, sizes, sequence_length))
    if sizes is not None:
        faults += _model_faults(degrees, sizes, sequence_length)
    faults += batch_faults(settings, degrees)
    if faults:
        raise HyperparameterError("; ".join(faults))
    return degrees


def batch_faults(settings: TrainerSettings, degrees: Degrees) -> list[str]:
    """What keeps a batch from being dealt out evenly."""
    parts = settings.accumulation * (degrees.microbatches or 1)
    unit = degrees.data * parts
    if settings.batch_size % unit == 0:
        return []
    cut = f" in {parts} parts each ({'pipeline_microbatches' if degrees.microbatches else 'accumulation'})" if parts > 1 else ""
    such_as = max(1, settings.batch_size // unit) * unit
    many = "es" if degrees.data > 1 else ""
    return [
        f"batch_size is {settings.batch_size}, which {degrees.data} process{many}{cut} cannot share evenly; "
        f"make it a multiple of {unit}, such as {such_as}"
    ]


def fitting(world_size: int, sizes: DecoderConfig | None, sequence_length: int = 0) -> Iterator[Degrees]:
    """Every way to deal `world_size` processes that the model allows, the simplest first."""
    found = []
    divisors = [number for number in range(1, world_size + 1) if world_size % number == 0]
    for tensor in divisors if sizes else (1,):
        for pipeline in divisors if sizes else (1,):
            for shard in divisors:
                rest, left = divmod(world_size, tensor * pipeline * shard)
                if left or not rest:
                    continue
                degrees = Degrees(replicate=rest, shard=shard, tensor=tensor, pipeline=pipeline)
                if sizes is None or not _model_faults(degrees, sizes, sequence_length):
                    found.append(degrees)
    yield from sorted(found, key=lambda one: (one.axes, one.pipeline, one.tensor, one.shard))


def _misfit(settings: TrainerSettings, degrees: Degrees, world_size: int, sizes: DecoderConfig | None, length: int) -> str:
    axes = "replicate x shard x tensor x pipeline" if sizes else "replicate x shard"
    numbers = [degrees.replicate, degrees.shard, degrees.tensor, degrees.pipeline][: 4 if sizes else 2]
    asked = " x ".join(str(number) for number in numbers)
    fits = list(fitting(world_size, sizes, length))
    shown = "; ".join(str(one) for one in fits[:COMBINATIONS_SHOWN]) + ("; …" if len(fits) > COMBINATIONS_SHOWN else "")
    there = f"there are {world_size} processes" if world_size > 1 else "there is 1 process"
    return f"{axes} is {asked} = {degrees.world_size}, and {there}; fitting are {shown}"


def _model_faults(degrees: Degrees, sizes: DecoderConfig, sequence_length: int) -> list[str]:
    faults = []
    if degrees.tensor > 1:  # a vocabulary is a multiple of 64, so what divides the heads divides it
        shared = {
            "heads": sizes.heads,
            "kv_heads": sizes.kv_heads,
            "feed_forward": sizes.feed_forward,
            "sequence_length": sequence_length,
        }
        faults += [
            f"tensor is {degrees.tensor}, which does not divide the model's {name} ({size})"
            for name, size in shared.items()
            if size % degrees.tensor
        ]
    if degrees.pipeline > sizes.layers:
        faults.append(f"pipeline is {degrees.pipeline}, and the model has {sizes.layers} layers; a stage needs one at least")
    if degrees.microbatches and degrees.microbatches < degrees.pipeline:
        faults.append(
            f"pipeline_microbatches is {degrees.microbatches}, fewer than the {degrees.pipeline} stages; "
            f"set it to {degrees.pipeline} or more"
        )
    return faults
