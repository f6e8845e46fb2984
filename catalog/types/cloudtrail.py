"""CloudTrail."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card

TRAIL = Card(
    token="aws:cloudtrail/trail:Trail",
    taggable=True,
    unit="event after the first copy of management events",
)

CARDS: Final = (TRAIL,)
