"""Which layers a pipeline's stage has: decided without importing what runs them."""

from __future__ import annotations


def stage_layers(layers: int, stage: int, stages: int) -> range:
    """The neighbouring layers of a stage: equally many for each, one more for the first stages where the number is uneven."""
    each, more = divmod(layers, stages)
    start = stage * each + min(stage, more)
    return range(start, start + each + (stage < more))
