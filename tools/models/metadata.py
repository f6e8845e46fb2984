"""A version's facts as SageMaker's CustomerMetadataProperties: `name` or `kind:name`, text, within AWS's limits.

They are what a console, the aws CLI and a person can read without fetching a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tools.models.errors import RegistryError

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html (CustomerMetadataProperties)
PROPERTIES_LIMIT: Final = 50
KEY_LIMIT: Final = 128
VALUE_LIMIT: Final = 256
# Its pattern is letters, spaces, digits and these, in any script; Python writes \p{L}\p{N} and `_` as \w.
_TEXT: Final = re.compile(r"[\w\s.:/=+\-@]+")
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Facts:
    """Properties as they were read."""

    properties: Mapping[str, str]

    def one(self, name: str) -> str:
        return self.properties.get(name, "")

    def count(self, name: str) -> int | None:
        """A number of things or bytes; None where nobody wrote one, or wrote what is none. No archive has 0 bytes."""
        text = self.one(name)
        return int(text) or None if text.isascii() and text.isdecimal() else None

    def many(self, kind: str) -> dict[str, str]:
        """`{name: value}` of every `kind:name`."""
        start = f"{kind}:"
        return {key.removeprefix(start): value for key, value in sorted(self.properties.items()) if key.startswith(start)}

    def numbers(self, kind: str) -> dict[str, float]:
        """The same as numbers; what is none is left out."""
        found = {}
        for name, text in self.many(kind).items():
            try:
                found[name] = float(text)
            except ValueError:
                continue
        return found


def read(properties: Mapping[str, str]) -> Facts:
    return Facts(properties)


def write(one: Mapping[str, object], many: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """The properties of these facts; empty ones are left out. Raises RegistryError with everything that AWS would not take."""
    flat = {**one, **{f"{kind}:{name}": value for kind, values in many.items() for name, value in values.items()}}
    properties = {key: _text(value) for key, value in flat.items() if value not in ("", None)}
    check(properties)
    return properties


def check(properties: Mapping[str, str]) -> None:
    """Raises RegistryError with every property that AWS would not take, and when there are too many."""
    faults = [fault for key, value in properties.items() for fault in _faults(key, value)]
    if len(properties) > PROPERTIES_LIMIT:
        faults.append(
            f"there are {len(properties)}, SageMaker keeps {PROPERTIES_LIMIT} of a version; name fewer `metrics` in the job"
        )
    if faults:
        raise RegistryError("\n".join(["what is to be kept of the model does not fit SageMaker's metadata:", *faults]))


def _faults(key: str, value: str) -> list[str]:
    found = []
    for what, text, limit in (("name", key, KEY_LIMIT), ("value", value, VALUE_LIMIT)):
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        if len(text) > limit:
            found.append(f"{key[:_SHOWN]}: its {what} {shown!r} has {len(text)} characters, at most {limit} are kept; shorten it")
        elif not _TEXT.fullmatch(text):
            strange = "".join(sorted(set(_TEXT.sub("", text)))) or "nothing in it"
            found.append(f"{key[:_SHOWN]}: its {what} {shown!r} has {strange!r}; letters, digits, spaces and _.:/=+-@ are kept")
    return found


def _text(value: object) -> str:
    # repr is the shortest text that reads back as the same number.
    return repr(value) if isinstance(value, float) else str(value)
