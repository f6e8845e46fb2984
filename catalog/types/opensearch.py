"""OpenSearch."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card

DOMAIN = Card(
    token="aws:opensearch/domain:Domain",
    taggable=True,
    holds="its documents",
    stores=True,
)
SERVERLESS_SECURITY_POLICY = Card(
    token="aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy",
)

CARDS: Final = (
    DOMAIN,
    SERVERLESS_SECURITY_POLICY,
)
