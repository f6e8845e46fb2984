"""Values of the engine as JSON can have them: nothing secret, and what is not known yet named so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.plan.view import UNKNOWN, Secret


def plain_value(value: Any) -> Any:
    """A decoded value as JSON can have it: `[unknown]` and `[secret]` in place of what is not to be shown."""
    if value is UNKNOWN:
        return "[unknown]"
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, Mapping):
        return {key: plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    return value
