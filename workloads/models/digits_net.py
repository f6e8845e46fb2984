"""The digits models: the usual one, and a light one of depthwise convolutions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
from torch import nn

from workloads.data.schema import CLASSES, PIXEL_MAX, SIDE

# Channels a GroupNorm group has. Group and not batch norm: its result does not depend on how many processes share a batch.
GROUPS = 4


class DigitsNet(nn.Module):
    """Three small convolutions over an 8 x 8 image. 15 thousand weights at width 16."""

    name: ClassVar[str] = "digits-cnn"

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.layers = self._layers(width)

    @classmethod
    def from_configuration(cls, configuration: Mapping[str, Any]) -> Self:
        return cls(**configuration)

    def architecture(self) -> dict[str, Any]:
        """The configuration from which `workloads.models.build` makes this model again."""
        return {"name": self.name, "width": self.width}

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Grey values of 0 to 16, float32 (rows, 64) -> logits (rows, 10)."""
        # Computed in the weights' own type, which is bfloat16 in a compressed model.
        images = (pixels.view(-1, 1, SIDE, SIDE) / PIXEL_MAX).to(next(self.parameters()).dtype)
        logits: torch.Tensor = self.layers(images)
        return logits

    def draw(self, name: str, weight: torch.Tensor, generator: torch.Generator) -> None:
        """Fill `weight`, the whole parameter `name`: uniform within 1 / sqrt(inputs) as PyTorch's own layers, norms neutral."""
        layer = self.get_submodule(name.rpartition(".")[0])
        if isinstance(layer, nn.GroupNorm):
            weight.fill_(1.0 if name.endswith("weight") else 0.0)
            return
        bound = 1.0 / math.sqrt(math.prod(self.get_parameter(f"{name.rpartition('.')[0]}.weight").shape[1:]))
        weight.uniform_(-bound, bound, generator=generator)

    @staticmethod
    def _layers(width: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1),
            nn.GroupNorm(GROUPS, width),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, padding=1),
            nn.GroupNorm(GROUPS, 2 * width),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(2 * width, 2 * width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(2 * width * (SIDE // 4) ** 2, CLASSES),
        )


class DepthwiseDigitsNet(DigitsNet):
    """The same plan with depthwise-separable convolutions: 3 thousand weights at width 16."""

    name: ClassVar[str] = "digits-depthwise"

    @staticmethod
    def _layers(width: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1),
            nn.GroupNorm(GROUPS, width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, groups=width),
            nn.Conv2d(width, 2 * width, 1),
            nn.GroupNorm(GROUPS, 2 * width),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(2 * width, 2 * width, 3, padding=1, groups=2 * width),
            nn.Conv2d(2 * width, 2 * width, 1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(2 * width * (SIDE // 4) ** 2, CLASSES),
        )
