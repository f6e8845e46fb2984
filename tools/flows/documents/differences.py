"""What differs in a resource that is updated or replaced: property paths, old and new, and never a secret."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, NotRequired, TypedDict

from tools.plan.paths import at
from tools.plan.view import UNKNOWN, Secret, decode

_ABSENT: Final = object()
# A longer value (a policy document, a script) is cut: the reader is told that it differs, the diff of it is in the source.
LONGEST: Final = 120
# What the engine writes in an event for a value that it keeps secret.
MASK: Final = "[secret]"


class PropertyDocument(TypedDict):
    """A property that a change sets to another value. A secret has neither `old` nor `new`."""

    path: Annotated[str, "The property, as the engine writes it: `tags.Owner`, `ingress[0].fromPort`."]
    old: NotRequired[Annotated[str, "The value before, as text (cut after 120 letters); not there where it was not set."]]
    new: NotRequired[Annotated[str, "The value after; `[unknown]` where only `up` can tell."]]


def properties(paths: Iterable[str], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[PropertyDocument]:
    """`{"path", "old", "new"}` of each path; without `old` and `new` where a value, or anything in or around it, is secret, and
    without the value that is not there."""
    decoded = decode(before), decode(after)
    found = []
    for path in paths:
        old, new = (at(value, path, absent=_ABSENT, ends=_ends) for value in decoded)
        entry: PropertyDocument = {"path": path}
        if not (_secret(old) or _secret(new)):
            if old is not _ABSENT:
                entry["old"] = _words(old)
            if new is not _ABSENT:
                entry["new"] = _words(new)
        found.append(entry)
    return found


def _ends(value: Any) -> bool:
    """Whether a path that runs into this value has its answer: it is secret, or not known yet."""
    return isinstance(value, Secret) or value is UNKNOWN or value == MASK


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
