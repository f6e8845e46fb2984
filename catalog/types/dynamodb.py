"""DynamoDB."""

from __future__ import annotations

from typing import Final

from catalog.types.card import NOT_CHARGED, Card

TABLE = Card(
    token="aws:dynamodb/table:Table",
    taggable=True,
    holds="its items",
    stores=True,
    unit="GB kept a month, and reads and writes",
    room="data",
)
TAG = Card(
    token="aws:dynamodb/tag:Tag",
    free=NOT_CHARGED,
    room="data",
)

CARDS: Final = (
    TABLE,
    TAG,
)
