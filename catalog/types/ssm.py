"""Systems Manager."""

from __future__ import annotations

from typing import Final

from catalog.types.card import NOT_CHARGED, Card

PARAMETER = Card(
    token="aws:ssm/parameter:Parameter",
    name="name",
    free=NOT_CHARGED,  # in the standard tier
)

CARDS: Final = (PARAMETER,)
