"""FSx."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card

LUSTRE_FILE_SYSTEM = Card(
    token="aws:fsx/lustreFileSystem:LustreFileSystem",
    taggable=True,
    holds="its files",
    stores=True,
)

CARDS: Final = (LUSTRE_FILE_SYSTEM,)
