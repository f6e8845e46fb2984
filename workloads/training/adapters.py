"""Fine-tuning with LoRA: small trainable matrices beside the frozen layers of a trained model, put there by peft.

    model = adapters.wrap(model, settings)       # still the same model, its layers replaced one by one; shard it after this
    adapters.merged_state(model)                 # the plain model's state dict, the adapters added into its weights
    adapters.save(folder / "adapter", model)     # the adapters alone, as `peft.PeftModel.from_pretrained` reads them

The last two are collective: every process of a sharded model calls them.
"""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol

import torch
from torch import nn
from torch.nn import functional as F

from workloads.errors import HyperparameterError

ADAPTER: Final = "default"  # peft's own name for the first adapter
DOWN, UP, BASE = "lora_A", "lora_B", "base_layer"
# Architecture -> the names a layer's path ends in. Of a decoder: attention and feed-forward, not the embedding and the head.
TARGETS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"decoder": ("query", "key", "value", "output", "gate", "up", "down")}
)
# What peft prefixes the paths of a wrapped model with, in its files.
PEFT_PREFIX: Final = "base_model.model."


class LoraSettings(Protocol):
    @property
    def lora_rank(self) -> int: ...
    @property
    def lora_alpha(self) -> float: ...
    @property
    def lora_dropout(self) -> float: ...
    @property
    def seed(self) -> int: ...


def wrap(model: nn.Module, settings: LoraSettings) -> nn.Module:
    """Put adapters into `model`, in place, and freeze all else. The answers stay the same: an adapter starts at nothing.

    Same seed, same first adapters, whatever the process. Raises `HyperparameterError` when peft or a layer for it is missing.
    """
    if importlib.util.find_spec("peft") is None:
        raise HyperparameterError(
            f"lora_rank is {settings.lora_rank}, and this image has no peft; use the image for training and compression, or set "
            "lora_rank to 0 to train all weights"
        )
    names = targets(model)
    if not names:
        raise HyperparameterError(
            f"lora_rank is {settings.lora_rank}, and {type(model).__name__} has no layer for adapters; set lora_rank to 0"
        )
    from peft import LoraConfig, inject_adapter_in_model  # 13 s of CPU, only for whom it serves

    config = LoraConfig(
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,  # type: ignore[arg-type]  # peft only divides it
        lora_dropout=settings.lora_dropout,
        target_modules=names,
    )
    wrapped: nn.Module = inject_adapter_in_model(config, model, ADAPTER)
    generator = torch.Generator()
    for place, (name, weight) in enumerate(wrapped.named_parameters()):
        if is_adapter(name) and not weight.is_meta:
            draw(name, weight, generator.manual_seed(settings.seed * 1_000_003 + place))
    return wrapped


def targets(model: nn.Module) -> list[str]:
    """Paths of the layers that get an adapter."""
    endings = TARGETS.get(getattr(model, "name", ""))
    return [
        path
        for path, layer in model.named_modules()
        # peft would have to split an adapter over a convolution's groups.
        if (isinstance(layer, nn.Linear) or (isinstance(layer, nn.Conv2d) and layer.groups == 1))
        and (endings is None or path.rpartition(".")[2] in endings)
    ]


def is_adapter(name: str) -> bool:
    """Whether a parameter's name is an adapter's."""
    return f".{DOWN}." in name or f".{UP}." in name


def draw(name: str, weight: torch.Tensor, generator: torch.Generator) -> None:
    """Fill an adapter's whole parameter as peft does: the way down as a linear layer's, the way up zero."""
    with torch.no_grad():
        if f".{UP}." in name:
            weight.zero_()
            return
        bound = 1.0 / math.sqrt(math.prod(weight.shape[1:]))
        weight.copy_(torch.empty(weight.shape).uniform_(-bound, bound, generator=generator))


def merged_state(model: nn.Module) -> dict[str, torch.Tensor]:
    """The plain model's state dict, whole and on the CPU: each adapted weight is `base + scale * up @ down`."""
    layers = {path: layer for path, layer in _plain(model).named_modules() if hasattr(layer, DOWN)}
    merged = {}
    for name, tensor in _plain(model).state_dict().items():
        if is_adapter(name):
            continue
        whole = _whole(tensor)
        path, _, last = name.rpartition(".")
        layer = layers.get(path.removesuffix(f".{BASE}"))
        if layer is not None and last == "weight":
            whole = (whole.float() + _delta(layer)).to(whole.dtype)
        merged[name.replace(f".{BASE}.", ".")] = whole
    return merged


def adapter_state(model: nn.Module) -> dict[str, torch.Tensor]:
    """The adapters alone, whole and on the CPU, by the names of peft's files."""
    return {
        PEFT_PREFIX + name.replace(f".{ADAPTER}.", "."): _whole(tensor)
        for name, tensor in _plain(model).state_dict().items()
        if is_adapter(name)
    }


def save(folder: Path, model: nn.Module, *, state: Mapping[str, torch.Tensor] | None = None) -> None:
    """Write `adapter_model.safetensors` and `adapter_config.json` into `folder`, in peft's format.

    `state` is `adapter_state(model)` where the caller has gathered it already, because one process writes for all.
    """
    from safetensors.torch import save_file

    plain: Any = _plain(model)
    config = plain.peft_config[ADAPTER].to_dict()
    folder.mkdir(parents=True, exist_ok=True)
    tensors = adapter_state(model) if state is None else dict(state)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "adapter_model.safetensors")
    # peft keeps the names in a set; sorted, the same run writes the same bytes.
    known = {key: sorted(value) if isinstance(value, set) else value for key, value in config.items()}
    text = json.dumps({**known, "inference_mode": True}, indent=2, sort_keys=True, default=str)
    (folder / "adapter_config.json").write_text(text + "\n", encoding="utf-8")


def _delta(layer: Any) -> torch.Tensor:
    """What an adapter adds to its layer's weight, float32 on the CPU. peft's own formulas, on whole tensors."""
    down, up = (_whole(part[ADAPTER].weight).float() for part in (layer.lora_A, layer.lora_B))
    scale = float(layer.scaling[ADAPTER])
    if down.ndim == 2:
        return (up @ down) * scale
    return F.conv2d(down.transpose(0, 1), up).transpose(0, 1) * scale


def _whole(tensor: torch.Tensor) -> torch.Tensor:
    """All of a tensor, on the CPU, also of one that is sharded over the processes."""
    if hasattr(tensor, "full_tensor"):
        tensor = tensor.full_tensor()
    return tensor.detach().cpu().clone()


def _plain(model: nn.Module) -> nn.Module:
    """The model without the wrapper of data parallelism."""
    inner = getattr(model, "module", None)
    return inner if isinstance(inner, nn.Module) and hasattr(model, "require_backward_grad_sync") else model
