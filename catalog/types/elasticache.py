"""ElastiCache."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card

REPLICATION_GROUP = Card(
    token="aws:elasticache/replicationGroup:ReplicationGroup",
    taggable=True,
    holds="what it caches",
)

CARDS: Final = (REPLICATION_GROUP,)
