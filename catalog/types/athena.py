"""Athena."""

from __future__ import annotations

from typing import Final

from catalog.types.card import NOT_CHARGED, Card

WORKGROUP = Card(
    token="aws:athena/workgroup:Workgroup",
    free=NOT_CHARGED,  # the queries cost, by the byte that each scans
)

CARDS: Final = (WORKGROUP,)
