"""Redaction of pages and comments that are passed on: values that are keys, values of secret names, and values too long."""

from __future__ import annotations

import re
from typing import Final

HIDDEN: Final = "[hidden]"
# Names whose values are secret, and values that are keys wherever they stand.
_SECRET_NAME: Final = re.compile(r"(?i)secret|passw|credential|private|api_?key|access_?key|(^|[_-])(token|key|auth)$")
_SECRET_VALUE: Final = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bhf_[A-Za-z0-9]{20,}\b|(?i:\b(?:password|secret|token|api_?key)=)[^\s&;,]+"
    r"|(?i:X-Amz-(?:Signature|Security-Token|Credential)=)[^\s&]+|(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"
)


def shown(name: str, value: object) -> str:
    """A value as a page shows it: hidden where its name or its form says that it is secret."""
    return HIDDEN if _SECRET_NAME.search(name) else scrubbed(str(value))


def last_name(path: str) -> str:
    """`password` of `spec.users[0]["password"]`: the name by which a value is taken for secret where nothing declares it so."""
    return re.split(r"[.\[\]\"]+", path.rstrip('."[]'))[-1]


def scrubbed(text: str) -> str:
    """Text without what looks like a key or a password."""
    return _SECRET_VALUE.sub(HIDDEN, text)


def cut(text: str, longest: int) -> str:
    """Text of so many characters at most."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
