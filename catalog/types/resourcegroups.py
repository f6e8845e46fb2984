"""Resource groups."""

from __future__ import annotations

from typing import Final

from catalog.types.card import NOT_CHARGED, Card

GROUP = Card(
    token="aws:resourcegroups/group:Group",
    free=NOT_CHARGED,
)

CARDS: Final = (GROUP,)
