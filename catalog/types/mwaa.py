"""Managed Airflow."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card

ENVIRONMENT = Card(
    token="aws:mwaa/environment:Environment",
    taggable=True,
)

CARDS: Final = (ENVIRONMENT,)
