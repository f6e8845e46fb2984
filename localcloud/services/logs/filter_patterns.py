"""The patterns by which CloudWatch Logs filters events: words, JSON and columns.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from localcloud.kernel.recorded import Refusal

Matches = Callable[[str], bool]

_WORD: Final = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|(\S+))')
_TOKEN: Final = re.compile(
    r'\s*(?:(&&|\|\||<=|>=|!=|=|<|>|\(|\))|"((?:[^"\\]|\\.)*)"|%([^%]+)%'
    r"|(\$(?:\.?\[(?:'[^']*'|\"[^\"]*\"|\d+|\*)\]|\.[\w-]+)+)|([^\s()=!<>&|,]+))"
)
_STEP: Final = re.compile(r"\[(\d+|\*)\]|\[['\"]([^'\"]*)['\"]\]|\.?([\w-]+)")
_FIELD: Final = re.compile(r'\[([^\]]*)\]|"((?:[^"\\]|\\.)*)"|(\S+)')


@lru_cache(maxsize=256)
def matcher(pattern: str) -> Matches:
    """Whether a message passes the pattern. Raises the Refusal of a pattern that CloudWatch Logs cannot read."""
    text = pattern.strip()
    if not text:
        return lambda message: True
    if text.startswith("{"):
        return _json(text)
    if text.startswith("["):
        return _columns(text)
    return _words(text)


def _invalid() -> Refusal:
    return Refusal("InvalidParameterException", "Invalid filter pattern")


def _words(text: str) -> Matches:
    """All words, any of the words with `?`, none of those with `-`; `?` counts only where all words have it."""
    words: dict[str, list[Matches]] = {"": [], "?": [], "-": []}
    for sign, quoted, regex, bare in _WORD.findall(text):
        words[sign].append(_contains(quoted.replace('\\"', '"') if quoted else bare, regex))
    wanted, any_of, unwanted = words[""], words["?"], words["-"]

    def matches(message: str) -> bool:
        if any(each(message) for each in unwanted) or not all(each(message) for each in wanted):
            return False
        return bool(wanted or unwanted) or any(each(message) for each in any_of)

    return matches


def _contains(word: str, regex: str) -> Matches:
    if regex:
        compiled = _regex(regex)
        return lambda message: compiled.search(message) is not None
    return lambda message: word in message


def _regex(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error:
        raise _invalid() from None


# A condition on the fields of a message: (what finds a field's value by its name) -> whether it holds.
Condition = Callable[[Callable[[str], Any]], bool]
_ABSENT: Final = object()


def _json(text: str) -> Matches:
    if not text.endswith("}"):
        raise _invalid()
    condition = _Parser(text[1:-1]).whole()

    def matches(message: str) -> bool:
        try:
            document = json.loads(message)
        except ValueError:
            return False
        return isinstance(document, dict | list) and condition(lambda path: _at(document, path))

    return matches


def _columns(text: str) -> Matches:
    """`[host, , code = 4*, ...]`: a condition a column, all of which must hold; `...` stands for any number of columns."""
    if not text.endswith("]"):
        raise _invalid()
    columns = [column.strip() for column in text[1:-1].split(",")]
    open_at = columns.index("...") if "..." in columns else None
    names = [re.split(r"[\s=!<>]", column, maxsplit=1)[0] for column in columns]
    conditions = [_Parser(column).whole() for column in columns if re.search(r"[=<>]", column)]

    def matches(message: str) -> bool:
        values = [bracketed or quoted or bare for bracketed, quoted, bare in _FIELD.findall(message)]
        if open_at is None and len(values) != len(columns):
            return False
        if open_at is not None and len(values) < len(columns) - 1:
            return False
        fields: dict[str, Any] = dict(zip(names[:open_at], values, strict=False))
        if open_at is not None and (after := names[open_at + 1 :]):
            fields |= dict(zip(after, values[-len(after) :], strict=True))
        return all(condition(lambda name: fields.get(name, _ABSENT)) for condition in conditions)

    return matches


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


class _Parser:
    """A condition in words: comparisons with && and ||, of which && binds closer, and parentheses."""

    def __init__(self, text: str) -> None:
        self._tokens: list[_Token] = []
        self._at, place, text = 0, 0, text.rstrip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise _invalid()
            kind = ("sign", "quoted", "regex", "path", "bare")[(found.lastindex or 1) - 1]
            self._tokens.append(_Token(kind, found[found.lastindex or 1]))
            place = found.end()

    def whole(self) -> Condition:
        condition = self._either()
        if self._at != len(self._tokens):
            raise _invalid()
        return condition

    def _next(self, *expected: str) -> _Token | None:
        """The next token, if it is one of these signs or words."""
        token = self._tokens[self._at] if self._at < len(self._tokens) else None
        if token is None or token.kind not in ("sign", "bare") or token.text.upper() not in expected:
            return None
        self._at += 1
        return token

    def _take(self) -> _Token:
        if self._at >= len(self._tokens):
            raise _invalid()
        self._at += 1
        return self._tokens[self._at - 1]

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._next("||"):
            parts.append(self._both())
        return lambda find: any(part(find) for part in parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._next("&&"):
            parts.append(self._one())
        return lambda find: all(part(find) for part in parts)

    def _one(self) -> Condition:
        if self._next("("):
            inner = self._either()
            if not self._next(")"):
                raise _invalid()
            return inner
        name = self._take()
        if name.kind not in ("path", "bare"):
            raise _invalid()
        if self._next("IS"):
            wanted = {"NULL": None, "TRUE": True, "FALSE": False}
            given = self._take().text.upper()
            if given not in wanted:
                raise _invalid()
            return lambda find: find(name.text) is wanted[given]
        if self._next("NOT"):
            if not self._next("EXISTS"):
                raise _invalid()
            return lambda find: find(name.text) is _ABSENT
        if self._next("EXISTS"):
            return lambda find: find(name.text) is not _ABSENT
        sign, value = self._take(), self._take()
        if sign.text not in _SIGNS:
            raise _invalid()
        return _comparison(name.text, sign.text, value)


_SIGNS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
}


def _comparison(name: str, sign: str, value: _Token) -> Condition:
    """A field against a number, a text with `*`, or an expression between `%`."""
    if value.kind == "regex":
        compiled = _regex(value.text)
        return lambda find: _is_text(found := find(name)) and (compiled.search(str(found)) is not None) == (sign == "=")
    try:
        number = float(value.text) if value.kind == "bare" else None
    except ValueError:
        number = None

    def holds(find: Callable[[str], Any]) -> bool:
        found = find(name)
        if found is _ABSENT or found is None:
            return False
        if number is not None:
            try:
                return _SIGNS[sign](float(found), number)
            except (TypeError, ValueError):
                return sign == "!="
        same = fnmatch.fnmatchcase(str(found), re.sub(r"([\[?])", r"[\1]", value.text))
        return same if sign == "=" else not same if sign == "!=" else False

    return holds


def _is_text(value: Any) -> bool:
    return value is not _ABSENT and value is not None


def _at(document: Any, path: str) -> Any:
    """The value at `$.a.b[0]['c.d']`; `[*]` is the first of a list."""
    for index, quoted, name in _STEP.findall(path[1:]):
        if index:
            place = 0 if index == "*" else int(index)
            document = document[place] if isinstance(document, list) and place < len(document) else _ABSENT
        else:
            document = document.get(quoted or name, _ABSENT) if isinstance(document, dict) else _ABSENT
        if document is _ABSENT:
            return _ABSENT
    return document
