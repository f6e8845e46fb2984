"""Pipeline parallelism: which layers a stage keeps, and the schedule its microbatches go through it in (1F1B)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.distributed.pipelining import PipelineStage, Schedule1F1B

from workloads.training.degrees import Degrees
from workloads.training.pipeline_stages import stage_layers


def keep_stage(model: nn.Module, stage: int, stages: int) -> None:
    """Drop from a whole decoder all that is not this stage's. What stays keeps its name."""
    decoder: Any = model
    mine = stage_layers(len(decoder.blocks), stage, stages)
    for number in [number for number in decoder.blocks if int(number) not in mine]:
        del decoder.blocks[number]
    if stage > 0:
        decoder.embed = None
    if stage < stages - 1:
        decoder.norm = decoder.head = None


def make_schedule(
    model: nn.Module,
    device: torch.device,
    degrees: Degrees,
    mesh: Any,
    *,
    stage: int,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> Schedule1F1B:
    """One forward, one backward in turn, so that a stage keeps the activations of few microbatches. Gradients are their mean."""
    part = PipelineStage(model, stage, degrees.pipeline, device, group=mesh.get_group())
    return Schedule1F1B(part, degrees.microbatches, loss_fn=loss)
