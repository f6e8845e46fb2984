"""The digits model, nothing else."""

from __future__ import annotations

import torch
from torch import nn

from workloads.data.schema import CLASSES, PIXEL_MAX, SIDE

# Channels a GroupNorm group has. Group and not batch norm: its result does not depend on how many processes share a batch.
GROUPS = 4


class DigitsNet(nn.Module):
    """Three small convolutions over an 8 x 8 image. 15 thousand weights at width 16."""

    name = "digits-cnn"

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.layers = nn.Sequential(
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

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Grey values of 0 to 16, float32 (rows, 64) -> logits (rows, 10)."""
        images = pixels.view(-1, 1, SIDE, SIDE) / PIXEL_MAX
        logits: torch.Tensor = self.layers(images)
        return logits
