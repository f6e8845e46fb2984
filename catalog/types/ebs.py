"""EBS volumes."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card

VOLUME = Card(
    token="aws:ebs/volume:Volume",
    taggable=True,
    holds="what is written on it",
    unit="GiB a month, and what is above the included IOPS and throughput",
)

CARDS: Final = (VOLUME,)
