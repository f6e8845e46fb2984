"""First weights, and weights from elsewhere, into a model that may be cut over many processes.

Every parameter is drawn by itself, from a generator keyed on seed and name. So a model starts with the same numbers however it
is cut, on any number of processes, and also when it was made on the meta device, without memory: one parameter at a time is
whole, in the CPU's memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from workloads.errors import ModelError


def draw(model: nn.Module, seed: int, device: torch.device) -> None:
    """Give every parameter its first value, on `device`. The model has `draw(name, weight, generator)`."""
    drawer: Any = model

    def one(name: str, shape: torch.Size) -> torch.Tensor:
        whole = torch.empty(shape)
        drawer.draw(name, whole, torch.Generator().manual_seed(_key(seed, name)))
        return whole

    fill(model, one, device)


def load(model: nn.Module, state: Mapping[str, torch.Tensor], device: torch.device, *, source: str) -> None:
    """Take the weights from `state`, a whole model's. Raises `ModelError` when a parameter is missing or of another shape."""
    faults = [
        f"{name} is {list(state[name].shape)} instead of {list(wanted.shape)}" if name in state else f"{name} is missing"
        for name, wanted in model.named_parameters()
        if name not in state or state[name].shape != wanted.shape
    ]
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise ModelError(f"the weights of {source} do not fit this model: {', '.join(faults[:3])}{more}")
    fill(model, lambda name, _: state[name], device)


@torch.no_grad()
def fill(model: nn.Module, value: Callable[[str, torch.Size], torch.Tensor], device: torch.device) -> None:
    """Set each parameter to `value(name, whole shape)`, of which this process keeps its part; then the buffers."""
    if any(tensor.is_meta for tensor in (*model.parameters(), *model.buffers())):
        model.to_empty(device=device)
    else:
        model.to(device)
    for name, parameter in model.named_parameters():
        local_part(parameter).copy_(part_of(value(name, parameter.shape), parameter))
    for module in model.modules():
        if callable(reset := getattr(module, "reset_buffers", None)):
            reset()


def is_cut(tensor: torch.Tensor) -> bool:
    """Whether a tensor is a DTensor, found out without importing `torch.distributed.tensor`."""
    return hasattr(tensor, "placements")


def local_part(tensor: torch.Tensor) -> torch.Tensor:
    """The part of a tensor that this process holds: all of it where it is not cut."""
    anything: Any = tensor
    return anything.to_local() if is_cut(tensor) else tensor


def part_of(whole: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """This process's part of a whole tensor that every process has, cut as `like` is."""
    if not is_cut(like):
        return whole
    from torch.distributed.tensor import distribute_tensor

    cut: Any = like
    whole = whole.to(cut.to_local().device, cut.dtype)
    # No source rank: every process has the same whole, so nothing need be sent.
    return local_part(distribute_tensor(whole, cut.device_mesh, cut.placements, src_data_rank=None))


def _key(seed: int, name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "little") >> 1
