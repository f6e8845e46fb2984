"""What differs in a resource that is updated or replaced: property paths, old and new, and never a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tools.plan.view import UNKNOWN, Secret, decode

# The engine's paths: `tags.Owner`, `rules[0].status`, `tags["a.b"]`. Source: pulumi sdk/go/common/resource/property_path.go.
_PART: Final = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')
_ABSENT: Final = object()
# A longer value (a policy document, a script) is cut: the reader is told that it differs, the diff of it is in the source.
LONGEST: Final = 120
# What the engine writes in an event for a value that it keeps secret.
MASK: Final = "[secret]"


def properties(paths: Iterable[str], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, str]]:
    """`{"path", "old", "new"}` of each path; without `old` and `new` where a value, or anything in or around it, is secret, and
    without the one that is not there."""
    decoded = decode(before), decode(after)
    found = []
    for path in paths:
        old, new = (at(value, path) for value in decoded)
        entry = {"path": path}
        if not (_secret(old) or _secret(new)):
            entry |= {key: _words(value) for key, value in (("old", old), ("new", new)) if value is not _ABSENT}
        found.append(entry)
    return found


def at(value: Any, path: str) -> Any:
    """The value at an engine's path; the secret itself where the path runs into one, `_ABSENT` where there is nothing."""
    for match in _PART.finditer(path):
        if isinstance(value, Secret) or value is UNKNOWN or value == MASK:
            return value
        quoted, number, plain = match.groups()
        key = quoted.replace('\\"', '"') if quoted is not None else plain
        if number is not None and isinstance(value, list) and int(number) < len(value):
            value = value[int(number)]
        elif key is not None and isinstance(value, Mapping) and key in value:
            value = value[key]
        else:
            return _ABSENT
    return value


def _secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(_secret(item) for item in value)
    return isinstance(value, Secret) or (isinstance(value, str) and MASK in value)


def _words(value: Any) -> str:
    plain = value if isinstance(value, str) else json.dumps(value, default=lambda _: "[unknown]", ensure_ascii=False)
    if value is UNKNOWN:
        plain = "[unknown]"
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"
