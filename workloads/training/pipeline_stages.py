"""Which layers a pipeline's stage has: decided without importing what runs them."""

from __future__ import annotations


def stage_layers(layers: int, stage: int, stages: int) -> range:
    """Neighbouring layers, as many for each stage as can be; the first stages have one more where it does not come out even."""
    each, more = divmod(layers, stages)
    start = stage * each + min(stage, more)
    return range(start, start + each + (stage < more))
