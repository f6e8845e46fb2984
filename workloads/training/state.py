"""A run's state: cut as the run is, for a checkpoint; whole on the leader, for an artifact."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import nn

from workloads.training.parallel import Parallel
from workloads.training.weights import is_cut


def for_checkpoint(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """{"model": …, "optimizer": …} by the parameters' names, so that a run cut another way reads them too."""
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_state_dict

    weights, steps = get_state_dict(model, optimizer, options=StateDictOptions(flatten_optimizer_state_dict=True))
    return {"model": weights, "optimizer": steps}


def from_checkpoint(model: nn.Module, optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Put the state that `Checkpoints.load` has read into model and optimizer."""
    from torch.distributed.checkpoint.state_dict import StateDictOptions, set_state_dict

    set_state_dict(
        model,
        optimizer,
        model_state_dict=state["model"],
        optim_state_dict=state["optimizer"],
        options=StateDictOptions(flatten_optimizer_state_dict=True),
    )


@torch.no_grad()
def whole(parallel: Parallel, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The whole model's state dict on the leader's CPU, from every process's part; {} on the others.

    Tensor by tensor, so that no device holds more than one of them whole.
    """
    leads = parallel.place.leads
    full: dict[str, torch.Tensor] = {}
    for name, tensor in state.items():
        part: Any = tensor
        if is_cut(tensor):
            part = part.full_tensor()
        if leads or parallel.degrees.pipeline > 1:
            full[name] = part.detach().cpu()
    if parallel.degrees.pipeline > 1:
        full = _from_stages(parallel, full)
    return full if leads else {}


def _from_stages(parallel: Parallel, mine_whole: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Every pipeline stage's tensors, on the leader; one process of each stage sends them."""
    place, degrees = parallel.place, parallel.degrees
    per_stage = degrees.data * degrees.tensor
    sends = place.rank % per_stage == 0
    names: list[Any] = [None] * place.world_size
    told = {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in mine_whole.items()} if sends else {}
    dist.all_gather_object(names, told)
    for rank in range(per_stage, place.world_size, per_stage):
        for name, (shape, dtype) in names[rank].items():
            if place.leads:
                box = torch.empty(shape, dtype=dtype, device=place.device)
                dist.recv(box, src=rank)
                mine_whole[name] = box.cpu()
            elif place.rank == rank:
                dist.send(mine_whole[name].to(place.device).contiguous(), dst=0)
    return mine_whole
