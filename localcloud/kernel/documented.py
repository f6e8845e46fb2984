"""The documented limits that botocore's models do not hold (`catalog/limits`), for a request and for a declared resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from catalog.limits.every import by_call, by_type
from catalog.limits.row import values_at
from localcloud.kernel.recorded import ApiCall, Refusal

# Raises a Refusal where AWS refuses the call.
Refuse = Callable[[ApiCall], None]
Refusals = Mapping[tuple[str, str], tuple[Refuse, ...]]

_LIMITS: Final = by_call()


def obey_limits(service: str, operation: str, params: Mapping[str, Any]) -> None:
    """Raises the Refusal of the first documented limit that the parameters break."""
    for limit, path in _LIMITS.get((service, operation), ()):
        for value in values_at(params, path):
            if (says := limit.refused(value)) is not None:
                raise Refusal(limit.code, says)


def broken_by(token: str, inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(property, `CODE: words`) of each documented limit that a declared resource breaks."""
    found = []
    for limit, path in by_type().get(token, ()):
        for value in values_at(inputs, path):
            if (says := limit.refused(value)) is not None:
                found.append((path.partition(".")[0], f"{limit.code}: {says}"))
                break
    return found
