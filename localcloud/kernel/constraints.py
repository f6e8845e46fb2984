"""botocore's own constraints as AWS applies them: one compiled validator an operation, made when it is first asked for.

botocore itself checks only part of its models (no greatest length, no pattern, no enum), and nothing at all for a client that has
switched parameter validation off; AWS checks all of it and answers with one sentence for every value that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, Literal

from localcloud.kernel import model_gaps

Kind = Literal["null", "enum", "pattern", "length", "range", "inner"]
# Stands for a value that the model calls sensitive: it is in no sentence, as in none of AWS's.
_HIDDEN: Final = object()
# A pattern is not tried on a longer text: no name of AWS's is one, and a regular expression must not be a way to stop the cloud.
_LONGEST_MATCHED: Final = 65_536
_TOKENS: Final = {str: "STRING_VALUE", bool: "TRUE_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE"}
_NAMES: Final[Mapping[str, tuple[type | tuple[type, ...], str]]] = {
    "string": (str, "a String"),
    "integer": (int, "an Integer"),
    "long": (int, "a Long"),
    "float": ((int, float), "a Float"),
    "double": ((int, float), "a Double"),
    "boolean": (bool, "a Boolean"),
}


class WrongType(ValueError):
    """A value that is not of its member's type: AWS's parser gives up before anything is validated."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One value that breaks its model: where it is (`tags.1.member.key`), the kind of constraint, the value, what it must be."""

    path: str
    kind: Kind
    value: Any
    constraint: str

    @property
    def told(self) -> str:
        """The value as a sentence may quote it."""
        return "" if self.value is _HIDDEN else str(self.value)

    @property
    def sentence(self) -> str:
        return f"Value{_shown(self.value)} at '{self.path}' failed to satisfy constraint: {self.constraint}"


Validator = Callable[[Any, str, list[Violation]], None]


def violations(service: str, operation: str, shape: Any, params: Mapping[str, Any]) -> list[Violation]:
    """Every constraint of the operation's input shape that the parameters break, in the model's order. Raises WrongType."""
    found: list[Violation] = []
    if shape is not None:
        _validator(service, operation, shape)(params, "", found)
    return found


@cache
def _compiled() -> dict[tuple[str, str], Validator]:
    return {}


def _validator(service: str, operation: str, shape: Any) -> Validator:
    made = _compiled()
    key = (service, operation)
    if key not in made:
        made[key] = _Compiler(service).structure(shape)
    return made[key]


class _Compiler:
    """The validators of one service's shapes. A shape that holds itself is looked up again when it is reached."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.made: dict[str, Validator] = {}

    def of(self, shape: Any) -> Validator:
        if shape.name in self.made:
            return self.made[shape.name]
        name = shape.name
        self.made[name] = lambda value, path, found: self.made[name](value, path, found)
        make = {"structure": self.structure, "list": self._list, "map": self._map}.get(shape.type_name, self._scalar)
        self.made[name] = make(shape)
        return self.made[name]

    def structure(self, shape: Any) -> Validator:
        required = frozenset(shape.required_members) - model_gaps.NOT_REQUIRED.get((self.service, shape.name), frozenset())
        members = [(name, _lower(name), self.of(member)) for name, member in shape.members.items()]

        def check(value: Any, path: str, found: list[Violation]) -> None:
            if not isinstance(value, Mapping):
                raise WrongType(
                    "Expected a structure or null" if not isinstance(value, list) else "Expected structure, found list"
                )
            dotted = f"{path}." if path else ""
            for name, lower, validate in members:
                item = value.get(name)
                if item is not None:
                    validate(item, dotted + lower, found)
                elif name in required:
                    found.append(Violation(dotted + lower, "null", None, "Member must not be null"))

        return check

    def _list(self, shape: Any) -> Validator:
        lengths = _lengths(shape)
        item = shape.member
        inner = self.of(item)
        says = tuple(_sentences(self.service, item))
        scalar = item.type_name not in ("structure", "list", "map")

        def check(value: Any, path: str, found: list[Violation]) -> None:
            if not isinstance(value, (list, tuple)):
                raise WrongType("Expected list or null")
            _measure(lengths, len(value), value, path, found)
            if scalar:
                broken: list[Violation] = []
                for each in value:
                    if each is not None:
                        inner(each, path, broken)
                if broken:
                    told = _HIDDEN if item.metadata.get("sensitive") else value
                    found.append(Violation(path, "inner", told, f"Member must satisfy constraint: [{', '.join(says)}]"))
                return
            for number, each in enumerate(value, 1):
                if each is not None:
                    inner(each, f"{path}.{number}.member", found)

        return check

    def _map(self, shape: Any) -> Validator:
        lengths = _lengths(shape)
        keys, values = self.of(shape.key), self.of(shape.value)
        of_keys, of_values = ", ".join(_sentences(self.service, shape.key)), ", ".join(_sentences(self.service, shape.value))
        scalar = shape.value.type_name not in ("structure", "list", "map")

        def check(value: Any, path: str, found: list[Violation]) -> None:
            if not isinstance(value, Mapping):
                raise WrongType("Expected a map or null")
            _measure(lengths, len(value), value, path, found)
            broken: list[Violation] = []
            for key in value:
                keys(key, path, broken)
            if broken:
                found.append(Violation(path, "inner", value, f"Map keys must satisfy constraint: [{of_keys}]"))
            broken = []
            for key, each in value.items():
                if each is not None:
                    values(each, path if scalar else f"{path}.{key}.member", broken if scalar else found)
            if broken:
                told = _HIDDEN if shape.value.metadata.get("sensitive") else value
                found.append(Violation(path, "inner", told, f"Map value must satisfy constraint: [{of_values}]"))

        return check

    def _scalar(self, shape: Any) -> Validator:
        kind = shape.type_name
        if kind in ("timestamp", "blob") or kind not in _NAMES:
            lengths = _lengths(shape) if kind == "blob" else (None, None)
            sensitive = bool(shape.metadata.get("sensitive"))

            def check_other(value: Any, path: str, found: list[Violation]) -> None:
                if isinstance(value, (str, bytes)) and lengths != (None, None):
                    # JSON holds bytes as base64
                    size = len(value) if isinstance(value, bytes) else len(value.rstrip("=")) * 3 // 4
                    _measure(lengths, size, _HIDDEN if sensitive else value, path, found)
                elif kind == "timestamp" and isinstance(value, (list, Mapping)):
                    raise WrongType("Start of structure or map found where not expected.")

            return check_other
        expected, called = _NAMES[kind]
        if kind == "string":
            return self._string(shape)
        least, most = shape.metadata.get("min"), shape.metadata.get("max")

        def check_number(value: Any, path: str, found: list[Violation]) -> None:
            if isinstance(value, datetime):
                return
            if isinstance(value, float) and kind in ("integer", "long") and value.is_integer():
                value = int(value)  # JSON writes 60 as 60.0 where a client counts in floats
            if not isinstance(value, expected) or (isinstance(value, bool) and kind != "boolean"):
                raise WrongType(_unlike(value, called))
            if least is not None and value < least:
                found.append(Violation(path, "range", value, _at_least_value(least)))
            if most is not None and value > most:
                found.append(Violation(path, "range", value, _at_most_value(most)))

        return check_number

    def _string(self, shape: Any) -> Validator:
        least, most = _lengths(shape)
        pattern, enum = model_gaps.pattern(shape), model_gaps.enum(self.service, shape)
        matches = pattern[1] if pattern else None
        of_pattern = f"Member must satisfy regular expression pattern: {pattern[0]}" if pattern else ""
        values = ", ".join(enum)
        allowed, sensitive = frozenset(enum), bool(shape.metadata.get("sensitive"))

        def check(value: Any, path: str, found: list[Violation]) -> None:
            if not isinstance(value, str):
                raise WrongType(_unlike(value, "a String"))
            size, told = len(value), _HIDDEN if sensitive else value
            if allowed and value not in allowed:
                found.append(Violation(path, "enum", told, f"Member must satisfy enum value set: [{values}]"))
            if most is not None and size > most:
                found.append(Violation(path, "length", told, _at_most_length(most)))
            elif least is not None and size < least:
                found.append(Violation(path, "length", told, _at_least_length(least)))
            elif matches is not None and size <= _LONGEST_MATCHED and not matches(value):
                found.append(Violation(path, "pattern", told, of_pattern))

        return check


def _measure(lengths: tuple[int | None, int | None], size: int, value: Any, path: str, found: list[Violation]) -> None:
    least, most = lengths
    if most is not None and size > most:
        found.append(Violation(path, "length", value, _at_most_length(most)))
    elif least is not None and size < least:
        found.append(Violation(path, "length", value, _at_least_length(least)))


def _lengths(shape: Any) -> tuple[int | None, int | None]:
    return shape.metadata.get("min"), shape.metadata.get("max")


def _sentences(service: str, shape: Any) -> list[str]:
    """Everything that AWS asks of one value inside a list or a map, as its sentence lists it."""
    least, most = _lengths(shape)
    number = shape.type_name in ("integer", "long", "float", "double")
    says = []
    if most is not None:
        says.append(_at_most_value(most) if number else _at_most_length(most))
    if least is not None:
        says.append(_at_least_value(least) if number else _at_least_length(least))
    if shape.type_name == "string":
        pattern, enum = model_gaps.pattern(shape), model_gaps.enum(service, shape)
        if pattern:
            says.append(f"Member must satisfy regular expression pattern: {pattern[0]}")
        if enum:
            says.append(f"Member must satisfy enum value set: [{', '.join(enum)}]")
    return says


def _at_most_length(most: int) -> str:
    return f"Member must have length less than or equal to {most}"


def _at_least_length(least: int) -> str:
    return f"Member must have length greater than or equal to {least}"


def _at_most_value(most: float) -> str:
    return f"Member must have value less than or equal to {most}"


def _at_least_value(least: float) -> str:
    return f"Member must have value greater than or equal to {least}"


def _lower(name: str) -> str:
    """A member as AWS's sentences name it: `RoleName` is roleName, `VPCId` is vPCId, `KMSKeyId` likewise."""
    return name[:1].lower() + name[1:]


def _unlike(value: Any, called: str) -> str:
    if isinstance(value, Mapping):
        return "Start of structure or map found where not expected."
    if isinstance(value, (list, tuple)):
        return "Start of list found where not expected."
    token = "FALSE_VALUE" if value is False else _TOKENS.get(type(value), "NULL_VALUE")
    return f"{token} can not be converted to {called}"


def _shown(value: Any) -> str:
    if value is _HIDDEN:
        return ""
    return " null" if value is None else f" '{_java(value)}'"


def _java(value: Any) -> str:
    """A value as Java prints it, which AWS's sentences quote."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_java(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_java(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    return str(value)
