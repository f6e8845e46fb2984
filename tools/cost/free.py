"""Types that cost nothing by themselves, with the reason. A type that is neither here nor in `rows` is reported as unpriced."""

from __future__ import annotations

from typing import Final

from catalog.types.card import NO_CLOUD_RESOURCE, ON_NODES
from catalog.types.every import CARDS

FREE: Final[dict[str, str]] = {card.token: card.free for card in CARDS.values() if card.free}

# Families of types that have no cards, by the start of the type.
FREE_PREFIXES: Final[dict[str, str]] = {
    "pulumi:": NO_CLOUD_RESOURCE,
    "slipway:": "a component; its children are charged",
    "random:": NO_CLOUD_RESOURCE,
    "tls:": NO_CLOUD_RESOURCE,
    "time:": NO_CLOUD_RESOURCE,
    "command:": NO_CLOUD_RESOURCE,
    "kubernetes:": ON_NODES,
}


def reason_free(type_: str) -> str | None:
    """Why a type costs nothing; None for a type that is not known to be free."""
    if type_ in FREE:
        return FREE[type_]
    return next((reason for prefix, reason in FREE_PREFIXES.items() if type_.startswith(prefix)), None)
