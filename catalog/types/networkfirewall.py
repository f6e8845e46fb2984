"""Network Firewall."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card

FIREWALL = Card(
    token="aws:networkfirewall/firewall:Firewall",
    unit="hour of an endpoint, and GB processed",
)

CARDS: Final = (FIREWALL,)
