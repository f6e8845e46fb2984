"""The norm of all gradients and clipping to it, right however the model is cut."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist

from workloads.training.parallel import Parallel
from workloads.training.weights import is_cut, local_part


@torch.no_grad()
def clip(parallel: Parallel, limit: float) -> torch.Tensor:
    """Scale all gradients so that their norm over the whole model is at most `limit`. Returns the norm before, a scalar."""
    gradients = [_settled(parameter) for parameter in parallel.model.parameters() if parameter.grad is not None]
    norm = _norm(parallel, gradients)
    scale = (limit / (norm + 1e-6)).clamp(max=1.0)
    # A factor of 1 changes nothing: no branch, so a GPU need not be waited for.
    torch._foreach_mul_([local_part(gradient) for gradient in gradients], scale)
    return norm


def _norm(parallel: Parallel, gradients: list[torch.Tensor]) -> torch.Tensor:
    """The norm of all gradients: the sum over processes of the squares each holds, divided by how many hold the same."""
    device = parallel.place.device
    total = torch.zeros((), dtype=torch.float64, device=device)
    by_copies: dict[int, list[torch.Tensor]] = {}
    for gradient in gradients:
        by_copies.setdefault(_copies(parallel, gradient), []).append(local_part(gradient))
    for copies, parts in by_copies.items():
        norms = torch.stack(torch._foreach_norm([part.float() for part in parts])).double()
        total += norms.square().sum() / copies
    if parallel.degrees.cuts_the_model:
        dist.all_reduce(total)
    return total.sqrt().float()


def _copies(parallel: Parallel, gradient: torch.Tensor) -> int:
    """How many processes hold the same numbers; 1 where nothing is cut, since there the norm is not summed over processes."""
    degrees = parallel.degrees
    if not degrees.cuts_the_model:
        return 1
    parts = degrees.pipeline
    if is_cut(gradient):
        cut: Any = gradient
        for size, placement in zip(cut.device_mesh.shape, cut.placements, strict=True):
            parts *= 1 if placement.is_replicate() else size
    return degrees.world_size // parts


def _settled(parameter: torch.Tensor) -> torch.Tensor:
    """The gradient, laid out as its parameter: tensor parallelism may leave it as terms that are still to be added up."""
    gradient: Any = parameter.grad
    like: Any = parameter
    if is_cut(gradient) and gradient.placements != like.placements:
        gradient = gradient.redistribute(placements=like.placements)
        parameter.grad = gradient
    settled: torch.Tensor = gradient
    return settled
