"""A stack's export without secrets, time stamps, and paths and ports of one machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from tools.plan.view import SECRET_SIGNATURE, SPECIAL_KEY

# Keys of a resource with the place in the program and the time of its making. They are half of a state's size, and no decision
# of the engine uses them.
DROPPED: Final = ("created", "modified", "sourcePosition", "stackTrace")
SOME_TIME: Final = "2000-01-01T00:00:00Z"
SOME_PORT: Final = "4566"
# The secrets of a recorded state are not encrypted, which the engine accepts, so a state needs no key of another machine.
SECRET: Final = {SPECIAL_KEY: SECRET_SIGNATURE, "plaintext": '"[secret]"'}
_TIME: Final = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)")
_PORT: Final = re.compile(r"(?<=//127\.0\.0\.1:)\d+")


def scrubbed(document: Mapping[str, Any], folders: Iterable[Path]) -> dict[str, Any]:
    """The document to record. A path below one of `folders` (the checkout, the home) becomes relative to that folder."""
    prefixes = tuple(f"{folder}/" for folder in folders)
    deployment = {key: value for key, value in document["deployment"].items() if key != "secrets_providers"}
    deployment["resources"] = [
        {key: value for key, value in item.items() if key not in DROPPED} for item in deployment["resources"]
    ]
    return {**document, "deployment": _clean(deployment, prefixes)}


def _clean(value: Any, prefixes: tuple[str, ...]) -> Any:
    if isinstance(value, Mapping):
        if value.get(SPECIAL_KEY) == SECRET_SIGNATURE:
            return dict(SECRET)
        return {key: _clean(item, prefixes) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item, prefixes) for item in value]
    if not isinstance(value, str):
        return value
    for prefix in prefixes:
        value = value.replace(prefix, "")
    return _PORT.sub(SOME_PORT, _TIME.sub(SOME_TIME, value))
