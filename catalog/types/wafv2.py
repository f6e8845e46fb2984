"""WAF."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card

WEB_ACL = Card(
    token="aws:wafv2/webAcl:WebAcl",
    unit="list, rule and month, and requests",
)

CARDS: Final = (WEB_ACL,)
