"""Has the SDK decode a resource's properties once for all policies.

The SDK decodes them again for every policy, which is most of the time that a pack of this size takes. `read_once()` wraps three
names that the SDK's module uses. An SDK that lacks one of these names is left as it is, and a test fails so that we notice.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

import pulumi_policy.policy as sdk

# A bound on memory: more than the resources of any stack. All answers are dropped when it is reached.
_MOST_ANSWERS: Final = 10_000
# Functions of the SDK of one argument, whose results no policy changes.
PLAIN: Final = ("deserialize_properties", "unknown_checking_proxy")
OF_MESSAGES: Final = "MessageToDict"


def once(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` with a memory of its answers by the identity of the argument. The argument is kept alive as long as the answer,
    so that no other object can take over its identity."""
    answers: dict[int, tuple[Any, Any]] = {}

    @functools.wraps(function)
    def answer(value: Any, *rest: Any, **named: Any) -> Any:
        if rest or named:
            return function(value, *rest, **named)
        found = answers.get(id(value))
        if found is None:
            if len(answers) >= _MOST_ANSWERS:
                answers.clear()
            found = answers[id(value)] = (value, function(value))
        return found[1]

    return answer


def read_once() -> bool:
    """Has the SDK decode each resource once. Returns False for an SDK that has other names, and changes nothing there."""
    messages = getattr(sdk, "json_format", None)
    if not hasattr(messages, OF_MESSAGES) or not all(hasattr(sdk, name) for name in PLAIN):
        return False
    for name in PLAIN:
        setattr(sdk, name, once(getattr(sdk, name)))
    reader = SimpleNamespace(**{**vars(messages), OF_MESSAGES: once(getattr(messages, OF_MESSAGES))})
    setattr(sdk, "json_format", reader)  # noqa: B010
    return True
