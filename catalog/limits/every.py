"""Every documented limit, by the operation that it holds and by the type that declares it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from catalog.limits import compute, identity, messaging, storage
from catalog.limits.row import Limit

EVERY: Final[tuple[Limit, ...]] = (*identity.LIMITS, *compute.LIMITS, *messaging.LIMITS, *storage.LIMITS)


@cache
def by_call() -> Mapping[tuple[str, str], tuple[tuple[Limit, str], ...]]:
    """(service, operation) -> its limits, each with the path of its member."""
    found: dict[tuple[str, str], tuple[tuple[Limit, str], ...]] = {}
    for limit in EVERY:
        for operation, path in limit.calls.items():
            key = (limit.service, operation)
            found[key] = (*found.get(key, ()), (limit, path))
    return found


@cache
def by_type() -> Mapping[str, tuple[tuple[Limit, str], ...]]:
    """A type's token -> its limits, each with the path of its property."""
    found: dict[str, tuple[tuple[Limit, str], ...]] = {}
    for limit in EVERY:
        for at in limit.at:
            found[at.card.token] = (*found.get(at.card.token, ()), (limit, at.path))
    return found
