"""The decoder's tensor-parallel plan. Between layers a process has a share of the positions, within them of the channels."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.distributed.tensor import Replicate, Shard
from torch.distributed.tensor.parallel import (
    ColwiseParallel,
    PrepareModuleInput,
    RowwiseParallel,
    SequenceParallel,
    parallelize_module,
)

# Positions are the second dimension of what flows: (rows, positions, width).
POSITIONS = Shard(1)


def apply(model: nn.Module, mesh: Any, *, whole_logits: bool) -> None:
    """Cut every layer of a decoder, or of a pipeline's stage of one, over the one-dimensional `mesh`.

    The head gives each process the logits of its share of the vocabulary, for `loss_parallel`; with `whole_logits`, all of them.
    """
    decoder: Any = model
    logits = Replicate() if whole_logits else Shard(-1)
    plan: dict[str, Any] = {
        "embed": RowwiseParallel(input_layouts=Replicate(), output_layouts=POSITIONS),
        "norm": SequenceParallel(),
        "head": ColwiseParallel(input_layouts=POSITIONS, output_layouts=logits, use_local_output=whole_logits),
    }
    parallelize_module(model, mesh, {name: style for name, style in plan.items() if getattr(decoder, name) is not None})
    for block in decoder.blocks.values():
        parallelize_module(block, mesh, _block_plan())


def _block_plan() -> dict[str, Any]:
    def whole(inputs: int) -> PrepareModuleInput:
        """All positions, for a layer that mixes or multiplies them; each process has the rotary tables whole."""
        others = (None,) * (inputs - 1)
        return PrepareModuleInput(input_layouts=(POSITIONS, *others), desired_input_layouts=(Replicate(), *others))

    return {
        "attention_norm": SequenceParallel(),
        "attention": whole(3),
        "attention.query": ColwiseParallel(),
        "attention.key": ColwiseParallel(),
        "attention.value": ColwiseParallel(),
        "attention.output": RowwiseParallel(output_layouts=POSITIONS),
        "feed_forward_norm": SequenceParallel(),
        "feed_forward": whole(1),
        "feed_forward.gate": ColwiseParallel(),
        "feed_forward.up": ColwiseParallel(),
        "feed_forward.down": RowwiseParallel(output_layouts=POSITIONS),
    }
