"""The learning rate over a run."""

from __future__ import annotations

import math

from workloads.training.settings import TrainerSettings


def learning_rate(settings: TrainerSettings, step: int, steps: int) -> float:
    """Rises over the warm-up, then falls along a cosine to its floor at the last of `steps` steps. `step` counts from 0."""
    warm = min(1.0, (step + 1) / max(1, settings.warmup_steps))
    floor = settings.min_learning_rate_ratio
    return settings.learning_rate * warm * (floor + (1.0 - floor) * 0.5 * (1.0 + math.cos(math.pi * step / steps)))
