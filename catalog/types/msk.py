"""Managed Kafka."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card

CLUSTER = Card(
    token="aws:msk/cluster:Cluster",
    taggable=True,
    holds="the records of its topics",
)

CARDS: Final = (CLUSTER,)
