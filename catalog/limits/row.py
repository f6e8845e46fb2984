"""One documented limit of AWS that botocore's models do not hold: where its value stands, what it may be, how AWS refuses it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from catalog.types.card import Card

Measure = Literal["characters", "bytes", "without_spaces", "decoded", "number", "items", "text", "base64"]
_SPACES: Final = str.maketrans("", "", " \t\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """Where a declared type has the value: a property by its dotted path, through lists; "*" is every value of a map."""

    card: Card
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit of one member.

    service     boto3's name; `calls`: operation -> the member's dotted path in its input, read as `At.path` is
    at          the properties of declared types that end in this member
    measure     what of the value is counted: its characters, UTF-8 bytes, characters without white space, bytes once decoded from
                base64, the number itself, how many there are, or nothing but its form (text, base64)
    least, most what it may be; `allowed`: the only values; `pattern`: the form of a whole text; `never`: a form that is refused
    code, says  AWS's error, by {value}, {size}, {least} and {most}
    source      the page that says so
    """

    service: str
    calls: Mapping[str, str]
    measure: Measure
    code: str
    says: str
    source: str
    at: tuple[At, ...] = ()
    least: float | None = None
    most: float | None = None
    allowed: tuple[Any, ...] = ()
    pattern: str = ""
    never: str = ""

    def refused(self, value: Any) -> str | None:
        """AWS's words for a value that breaks the limit; None for one that keeps it, or that is of another kind altogether."""
        size = _MEASURES[self.measure](value)
        if size is None:
            return self._sentence(value, value) if self.measure == "base64" else None
        if (
            (self.least is not None and size < self.least)
            or (self.most is not None and size > self.most)
            or (self.allowed and size not in self.allowed)
            or (self.pattern and not _matcher(self.pattern)(str(value)))
            or (self.never and _matcher(self.never)(str(value)))
        ):
            return self._sentence(value, size)
        return None

    def _sentence(self, value: Any, size: Any) -> str:
        allowed = ", ".join(str(each) for each in self.allowed)
        return self.says.format(value=value, size=size, least=self.least, most=self.most, allowed=allowed)


def values_at(value: Any, path: str) -> Iterator[Any]:
    """Every value at a dotted path. Lists are walked through where the path goes on, maps by `*`; a missing member has none."""
    if not path:
        if value is not None:
            yield value
        return
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from values_at(item, path)
        return
    if not isinstance(value, Mapping):
        return
    head, _, rest = path.partition(".")
    for item in value.values() if head == "*" else (value.get(head),):
        yield from values_at(item, rest)


def _decoded(value: Any) -> int | None:
    """The bytes that a text of base64 stands for; None for a text that is no base64."""
    if not isinstance(value, str):
        return len(value) if isinstance(value, bytes) else 0
    try:
        return len(base64.b64decode("".join(value.split()), validate=True))
    except (binascii.Error, ValueError):
        return None


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _of_text(measure: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda value: measure(value) if isinstance(value, str) else None


_MEASURES: Final[Mapping[Measure, Callable[[Any], Any]]] = {
    "characters": _of_text(len),
    "bytes": _of_text(lambda text: len(text.encode())),
    "without_spaces": _of_text(lambda text: len(text.translate(_SPACES))),
    "decoded": _decoded,
    "base64": _decoded,
    "number": _number,
    "items": lambda value: len(value) if isinstance(value, (list, tuple, Mapping)) else None,
    "text": _of_text(str),
}


@cache
def _matcher(pattern: str) -> Callable[[str], Any]:
    return re.compile(pattern, re.DOTALL).fullmatch
