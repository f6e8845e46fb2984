"""What the Pulumi engine itself has in a stack."""

from __future__ import annotations

from typing import Final

from catalog.types.card import NO_CLOUD_RESOURCE, Card

AWS_PROVIDER = Card(
    token="pulumi:providers:aws",
    free=NO_CLOUD_RESOURCE,
)
STACK = Card(
    token="pulumi:pulumi:Stack",
    free=NO_CLOUD_RESOURCE,
)

CARDS: Final = (
    AWS_PROVIDER,
    STACK,
)
