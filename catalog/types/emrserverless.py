"""EMR Serverless."""

from __future__ import annotations

from typing import Final

from catalog.types.card import NOT_CHARGED, Card

APPLICATION = Card(
    token="aws:emrserverless/application:Application",
    free=NOT_CHARGED,  # the jobs cost, while they run
)

CARDS: Final = (APPLICATION,)
