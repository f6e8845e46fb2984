"""Redaction for pages and comments: hides values that look like keys and values of secret names, and cuts long values."""

from __future__ import annotations

import re
from typing import Final

HIDDEN: Final = "[hidden]"
# A property of such a name has a secret value.
_SECRET_NAME: Final = re.compile(r"(?i)secret|passw|credential|private|api_?key|access_?key|(^|[_-])(token|key|auth)$")
# Text of such a form is a key or a password, whatever the property's name.
_SECRET_VALUE: Final = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bhf_[A-Za-z0-9]{20,}\b|(?i:\b(?:password|secret|token|api_?key)=)[^\s&;,]+"
    r"|(?i:X-Amz-(?:Signature|Security-Token|Credential)=)[^\s&]+|(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"
)


def shown(name: str, value: object) -> str:
    """A value as a page shows it: hidden where its name or its form says that the value is secret."""
    return HIDDEN if _SECRET_NAME.search(name) else scrubbed(str(value))


def last_name(path: str) -> str:
    """The last name of a property path, by which `shown` decides: `password` of `spec.users[0]["password"]`."""
    return re.split(r"[.\[\]\"]+", path.rstrip('."[]'))[-1]


def scrubbed(text: str) -> str:
    """Text without what looks like a key or a password."""
    return _SECRET_VALUE.sub(HIDDEN, text)


def cut(text: str, longest: int) -> str:
    """Text cut to `longest` characters, with an ellipsis where it was longer."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
