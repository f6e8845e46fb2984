"""Glue."""

from __future__ import annotations

from typing import Final

from catalog.types.card import NOT_CHARGED, Card, Points

CATALOG_DATABASE = Card(
    token="aws:glue/catalogDatabase:CatalogDatabase",
    holds="its tables",
    free=NOT_CHARGED,
)
CATALOG_TABLE = Card(
    token="aws:glue/catalogTable:CatalogTable",
    holds="its schema",
    points=(Points(path="databaseName", to="aws:glue/catalogDatabase:CatalogDatabase"),),
)

CARDS: Final = (
    CATALOG_DATABASE,
    CATALOG_TABLE,
)
