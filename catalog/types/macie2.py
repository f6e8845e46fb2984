"""Macie."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card

ACCOUNT = Card(
    token="aws:macie2/account:Account",
)

CARDS: Final = (ACCOUNT,)
