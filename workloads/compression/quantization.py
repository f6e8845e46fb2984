"""Fewer bits a weight: bfloat16 by PyTorch, integers by torchao. The model is changed in place.

torchao's tensors carry their integers and scales and know how to multiply; a state dict of them is read with `weights_only`
once torchao is imported, which makes its classes known as safe.
"""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any, Final

import torch
from torch import nn

from workloads.errors import ModelError

# How many weights share a scale in int4: torchao's own default, the second largest that its CUDA kernel takes.
GROUP: Final = 128


def to_bf16(model: nn.Module) -> nn.Module:
    """Hold all parameters in bfloat16; tables that a model computes itself, such as rotary positions, stay in float32."""
    for parameter in model.parameters():
        parameter.data = parameter.data.to(torch.bfloat16)
    return model


def quantize(model: nn.Module, step: str) -> nn.Module:
    """Linear layers become integers as `step` says. Raises `ModelError` when there is none that fits."""
    if importlib.util.find_spec("torchao") is None:
        raise ModelError(f"{step} needs torchao, which this image does not have. Use the image for training and compression.")
    from torchao.quantization import quantize_  # 4 s of CPU to import, so only where it is used

    chosen = [name for name, module in model.named_modules() if _takes(module, step)]
    if not chosen:
        raise ModelError(f"{step} found no linear layer whose shape fits in this model; use bf16, or a larger model.")
    names = frozenset(chosen)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torchao warns about its own next version
        quantize_(model, _config(step), filter_fn=lambda _module, name: name in names)
    return model


def _takes(module: nn.Module, step: str) -> bool:
    if step == "int8-weight-only":
        return isinstance(module, (nn.Linear, nn.Embedding))
    if step == "int4-weight-only":
        return isinstance(module, nn.Linear) and module.in_features % GROUP == 0
    return isinstance(module, nn.Linear)


def _config(step: str) -> Any:
    from torchao import quantization

    if step == "int8-weight-only":
        return quantization.Int8WeightOnlyConfig(set_inductor_config=False)
    if step == "int8-dynamic":
        return quantization.Int8DynamicActivationInt8WeightConfig(set_inductor_config=False)
    # PyTorch's own kernel; torchao's other packings need a library that we do not have.
    return quantization.Int4WeightOnlyConfig(group_size=GROUP, int4_packing_format="tile_packed_to_4d", set_inductor_config=False)
