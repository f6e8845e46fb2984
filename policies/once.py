"""The SDK makes Python values of a resource's properties anew for every policy: most of the time of a pack of this size.

`read_once()` has it do so once a resource. It wraps three names that the SDK's module uses; where a later SDK has them no more,
it leaves that SDK as it is (a test says so).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

import pulumi_policy.policy as sdk

# More resources than a stack has. What is kept is let go when there are more.
_KEPT: Final = 10_000
# Each takes one value and gives another, which no policy changes.
PLAIN: Final = ("deserialize_properties", "unknown_checking_proxy")
OF_MESSAGES: Final = "MessageToDict"


def once(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` with its answer for the very same object kept, and the object too: no other can then take its identity."""
    kept: dict[int, tuple[Any, Any]] = {}

    @functools.wraps(function)
    def answer(value: Any, *rest: Any, **named: Any) -> Any:
        if rest or named:
            return function(value, *rest, **named)
        found = kept.get(id(value))
        if found is None:
            if len(kept) >= _KEPT:
                kept.clear()
            found = kept[id(value)] = (value, function(value))
        return found[1]

    return answer


def read_once() -> bool:
    """Has the SDK read each resource once; whether it could."""
    messages = getattr(sdk, "json_format", None)
    if not hasattr(messages, OF_MESSAGES) or not all(hasattr(sdk, name) for name in PLAIN):
        return False
    for name in PLAIN:
        setattr(sdk, name, once(getattr(sdk, name)))
    reader = SimpleNamespace(**{**vars(messages), OF_MESSAGES: once(getattr(messages, OF_MESSAGES))})
    setattr(sdk, "json_format", reader)  # noqa: B010
    return True
