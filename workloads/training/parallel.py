"""Puts a model onto its processes: pipeline stage, tensor plan, memory, compiler, shards, in the order PyTorch needs.

What a run does not use is not imported: FSDP, tensor and pipeline parallelism cost seconds each.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from workloads.errors import HyperparameterError
from workloads.training.degrees import Degrees
from workloads.training.distributed import Place
from workloads.training.settings import TrainerSettings

# float8 matrix products came with Ada and Hopper. Source: torchao/float8/README.md.
FLOAT8_CAPABILITY: Final = (8, 9)
# What a float8 matrix product needs its sides to be a multiple of.
FLOAT8_MULTIPLE: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel:
    """A model on its processes. `model` holds the weights that are this process's; `module` is called to compute."""

    model: nn.Module
    module: nn.Module
    degrees: Degrees
    place: Place
    mesh: Any = None  # DeviceMesh over the axes above 1; None without any
    autocast: bool = False
    vocabulary_cut: bool = False  # whether a process's logits are those of its share of the vocabulary alone
    schedule: Any = None  # the pipeline's schedule; None without a pipeline

    @property
    def reports_loss(self) -> bool:
        """Whether this process computes the loss: with a pipeline, only its last stage does."""
        return self.degrees.stage(self.place.rank) == self.degrees.pipeline - 1

    @property
    def loss_reporters(self) -> int:
        """How many processes compute the loss of their rows."""
        return self.degrees.data * self.degrees.tensor

    @property
    def embeds(self) -> bool:
        """Whether this process reads the batch's inputs: with a pipeline, only its first stage does."""
        return self.degrees.stage(self.place.rank) == 0

    def casting(self) -> AbstractContextManager[Any]:
        """The context of every forward pass: lower precision, where FSDP does not cast itself."""
        return torch.autocast(self.place.device.type, torch.bfloat16) if self.autocast else contextlib.nullcontext()

    def computing(self) -> AbstractContextManager[Any]:
        """The context of every forward and backward pass with its loss: losses of a vocabulary that is cut."""
        if not self.vocabulary_cut:
            return contextlib.nullcontext()
        from torch.distributed.tensor.parallel import loss_parallel

        return loss_parallel()

    def part(self, *, last: bool) -> AbstractContextManager[None]:
        """The context of a part of an accumulated batch: only the last part exchanges gradients."""
        module: Any = self.module
        if isinstance(module, DistributedDataParallel):
            return contextlib.nullcontext() if last else module.no_sync()
        if hasattr(module, "set_requires_gradient_sync"):
            module.set_requires_gradient_sync(last)
        return contextlib.nullcontext()


def prepare(
    model: nn.Module,
    settings: TrainerSettings,
    place: Place,
    degrees: Degrees,
    *,
    fill: Callable[[nn.Module], None],
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    whole_logits: bool = False,
) -> Parallel:
    """`model`, perhaps on the meta device, cut as `degrees` say, then filled by `fill`.

    `loss(logits, targets)` is a pipeline's; `whole_logits` keeps the vocabulary whole on every process (for a teacher).
    Raises `HyperparameterError` when the device cannot do what is asked.
    """
    low = settings.precision != "fp32"
    if settings.precision == "float8":
        require_float8(place.device)
    # FSDP also casts for a model that is only cut by layers: autocast does not reach into every cut operation.
    sharded = degrees.shard > 1 or (degrees.cuts_the_model and (degrees.data > 1 or low))
    mesh: Any = make_mesh(degrees, place, sharded=sharded) if degrees.cuts_the_model else None
    if degrees.pipeline > 1:
        from workloads.training.pipeline import keep_stage

        keep_stage(model, degrees.stage(place.rank), degrees.pipeline)
    vocabulary_cut = degrees.tensor > 1 and not whole_logits
    if degrees.tensor > 1:
        from workloads.training.tensor_plan import apply

        apply(model, mesh["tensor"], whole_logits=whole_logits)
    if settings.precision == "float8":
        _use_float8(model)
    blocks = _blocks(model)
    if settings.activation_checkpointing:
        for block in blocks:
            block.recompute = True
    if settings.compile:
        for block in blocks or [model]:
            block.compile()
    module = model
    if sharded:
        _shard(model, blocks, mesh, degrees, low=low)
    fill(model)
    if degrees.replicate > 1 and not sharded:
        device_ids = [place.device.index] if place.device.type == "cuda" else None
        module = DistributedDataParallel(model, device_ids=device_ids, gradient_as_bucket_view=True)
    schedule = None
    if degrees.pipeline > 1:
        from workloads.training.pipeline import make_schedule

        schedule = make_schedule(model, place.device, degrees, mesh["pipeline"], stage=degrees.stage(place.rank), loss=loss)
    return Parallel(
        model=model,
        module=module,
        degrees=degrees,
        place=place,
        mesh=mesh,
        autocast=low and not sharded,
        vocabulary_cut=vocabulary_cut and (degrees.pipeline == 1 or degrees.stage(place.rank) == degrees.pipeline - 1),
        schedule=schedule,
    )


def make_mesh(degrees: Degrees, place: Place, *, sharded: bool) -> Any:
    """A DeviceMesh over the axes above 1, outermost first; with `sharded` always one named `shard`."""
    from torch.distributed.device_mesh import init_device_mesh

    sizes = {
        name: getattr(degrees, name)
        for name in ("pipeline", "replicate", "shard", "tensor")
        if getattr(degrees, name) > 1 or (sharded and name == "shard")
    }
    return init_device_mesh(place.device.type, tuple(sizes.values()), mesh_dim_names=tuple(sizes))


def require_float8(device: torch.device) -> None:
    """Raises `HyperparameterError` on a device without float8 matrix products."""
    if device.type == "cuda" and torch.cuda.get_device_capability(device) >= FLOAT8_CAPABILITY:
        return
    what = f"{torch.cuda.get_device_name(device)} (compute capability " if device.type == "cuda" else "the CPU"
    if device.type == "cuda":
        what += ".".join(str(number) for number in torch.cuda.get_device_capability(device)) + ")"
    raise HyperparameterError(
        f"precision is 'float8', and {what} has no float8 matrix products (they need a GPU of compute capability 8.9 or more, "
        "such as L4, L40S, H100); choose bf16"
    )


def _use_float8(model: nn.Module) -> None:
    from torchao.float8 import convert_to_float8_training

    def fits(module: nn.Module, name: str) -> bool:
        if not isinstance(module, nn.Linear) or name.endswith("head"):
            return False  # the head in float8 would gain a few percent of speed, and cost more in quality than all other layers
        return module.in_features % FLOAT8_MULTIPLE == 0 and module.out_features % FLOAT8_MULTIPLE == 0

    convert_to_float8_training(model, module_filter_fn=fits)


def _blocks(model: nn.Module) -> list[Any]:
    """The decoder's blocks, also inside an adapter's wrapping; none for a model that has no blocks."""
    return [module for module in model.modules() if hasattr(module, "recompute")]


def _shard(model: nn.Module, blocks: list[Any], mesh: Any, degrees: Degrees, *, low: bool) -> None:
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    options: dict[str, Any] = {
        "mesh": mesh["replicate", "shard"] if degrees.replicate > 1 else mesh["shard"],
        # Gradients add up in fp32 over the processes, whatever they were computed in.
        "mp_policy": MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
        if low
        else MixedPrecisionPolicy(),
        # A pipeline would gather a block's weights again for each microbatch.
        "reshard_after_forward": degrees.pipeline == 1,
    }
    for block in blocks:
        fully_shard(block, **options)
    fully_shard(model, **options)
