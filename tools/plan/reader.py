"""Reads properties of resources, for rules, prices, the preflight and pages alike.

Any value, at any depth, may be unknown, secret, absent or of another type than its schema says. Only an unknown value makes
reading raise. The rules of reading:

- **Paths** are dotted: `rules.0.status`. A key that contains dots is read through `entries`.
- **Unknown**: reading a value that is known at `up` only raises `Undecided` with the value's path; with `unknown=` the reader
  returns that argument instead. A text that contains the engine's marker is unknown, as the marker alone is.
- **Absent** is a property that is not there or is null. `has` also counts an empty text, list or object as absent.
- **Blocks**: a list of one block is read as the block, because pulumi-aws and Terraform write a block that may occur once as a
  list; and one value in the place of a list is read as a list of one.
- **Numbers and flags** may be written as text (`"42"`, `"true"`), as launch templates do.
- **Secrets** are opened, so that rules can judge them. A secret text or number compares by its value and prints as `[secret]`.
  `Block.printable` reads secrets as absent.
- **Spelling**: a dynamic resource's inputs may be spelt as in boto3 (`VpcConfig`) or Python (`vpc_config`); `vpcConfig` reads
  both.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar, overload

from tools.plan.view import ENGINE_UNKNOWN, UNKNOWN, ResourceView, Secret

_Other = TypeVar("_Other")
# The default of `unknown=`, which makes a reader raise Undecided.
_RAISE: Final[Any] = object()
# The types of Pulumi's dynamic resources, whose inputs have no schema that would fix their spelling.
_DYNAMIC: Final = "pulumi-python:dynamic"


class Undecided(Exception):
    """A value is not known yet, so nothing that depends on it can be decided. `path` is the value's path."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class SecretText(str):
    """A secret text, which compares by its value and prints as `[secret]`."""

    __slots__ = ()

    def __str__(self) -> str:
        return "[secret]"

    def __repr__(self) -> str:
        return "[secret]"

    def __format__(self, spec: str) -> str:
        return "[secret]"


class SecretNumber(float):
    """A secret number, which compares by its value and prints as `[secret]`."""

    __slots__ = ()

    def __str__(self) -> str:
        return "[secret]"

    def __repr__(self) -> str:
        return "[secret]"

    def __format__(self, spec: str) -> str:
        return "[secret]"


class Block:
    """A resource's properties, or the part of them at `path`, read by typed methods."""

    __slots__ = ("_any_spelling", "_node", "path")

    def __init__(self, node: Any, path: str = "", any_spelling: bool = False) -> None:
        self._node = node
        self._any_spelling = any_spelling
        self.path = path

    @classmethod
    def of(cls, view: ResourceView) -> Block:
        """The properties of a resource."""
        return cls(view.props, "", view.type.startswith(_DYNAMIC))

    @classmethod
    def printable(cls, view: ResourceView) -> Block:
        """The properties of a resource for a page that others see: without secrets and everything below them."""
        return cls(_without_secrets(view.props), any_spelling=view.type.startswith(_DYNAMIC))

    def __repr__(self) -> str:
        return f"<Block {self.path or 'of a resource'}>"

    def value(self, path: str = "", *, unknown: Any = _RAISE) -> Any:
        """The value at `path` as it is; None where it is absent. A typed method is better wherever one fits."""
        node = self._node
        secret = False
        keys = path.split(".") if path else ()
        # This loop runs for every rule on every resource. For speed it compares types, and tests the commonest first.
        for number, key in enumerate(keys):
            kind = type(node)
            if kind is Secret:
                node, secret = _opened(node), True
                kind = type(node)
            if kind is list or kind is tuple:
                if key.isdecimal():
                    node = node[int(key)] if int(key) < len(node) else None
                    continue
                if len(node) != 1:
                    return None
                node = node[0]
                kind = type(node)
                if kind is Secret:
                    node, secret = _opened(node), True
                    kind = type(node)
            if kind is dict or isinstance(node, Mapping):
                found = node.get(key)
                if found is None and key not in node:
                    if key == "0":
                        continue
                    found = _spelt_otherwise(node, key) if self._any_spelling else None
                if found is None:
                    return None
                node = found
            elif node is UNKNOWN or (kind is str and ENGINE_UNKNOWN in node):
                return self._unknown(keys[:number], unknown)
            elif key != "0":
                return None
        kind = type(node)
        if kind is Secret:
            node, secret = _opened(node), True
            kind = type(node)
        if node is UNKNOWN or (kind is str and ENGINE_UNKNOWN in node):
            return self._unknown(keys, unknown)
        return _hidden(node) if secret else node

    def _unknown(self, keys: list[str] | tuple[str, ...], answer: Any) -> Any:
        if answer is _RAISE:
            raise Undecided(self.full_path(".".join(keys)))
        return answer

    def full_path(self, path: str) -> str:
        """The path from the resource to `path` below this block."""
        return f"{self.path}.{path}" if self.path and path else self.path or path

    def has(self, path: str = "") -> bool:
        """Whether `path` is set to something other than an empty text, list or object. Raises Undecided."""
        return not _is_nothing(self.value(path))

    def given(self, path: str = "") -> bool:
        """Whether `path` is set to something, even to a value that is not known yet."""
        value = self.value(path, unknown=UNKNOWN)
        return value is UNKNOWN or not _is_nothing(value)

    @overload
    def text(self, path: str = "") -> str: ...
    @overload
    def text(self, path: str = "", *, unknown: _Other) -> str | _Other: ...
    def text(self, path: str = "", *, unknown: Any = _RAISE) -> Any:
        """The text at `path`; "" where there is none."""
        value = self.value(path, unknown=_RAISE if unknown is _RAISE else UNKNOWN)
        if value is UNKNOWN:
            return unknown
        return value if isinstance(value, str) else ""

    def in_words(self, path: str = "") -> str:
        """The text, number or flag at `path` as text; "" where there is none. Raises Undecided."""
        value = self.value(path)
        return value if isinstance(value, str) else "" if value is None else str(value)

    @overload
    def number(self, path: str = "") -> float | None: ...
    @overload
    def number(self, path: str = "", *, unknown: None) -> float | None: ...
    @overload
    def number(self, path: str = "", *, unknown: _Other) -> float | _Other | None: ...
    def number(self, path: str = "", *, unknown: Any = _RAISE) -> Any:
        """The finite number at `path`, which may be written as text; None where there is no number."""
        value = self.value(path, unknown=_RAISE if unknown is _RAISE else UNKNOWN)
        return unknown if value is UNKNOWN else as_number(value)

    @overload
    def flag(self, path: str = "", *, default: bool = False) -> bool: ...
    @overload
    def flag(self, path: str = "", *, default: bool = False, unknown: _Other) -> bool | _Other: ...
    def flag(self, path: str = "", *, default: bool = False, unknown: Any = _RAISE) -> Any:
        """Whether the flag at `path` is true; `default` where it is not set."""
        value = self.value(path, unknown=_RAISE if unknown is _RAISE else UNKNOWN)
        if value is UNKNOWN:
            return unknown
        return default if value is None or value == "" else value is True or value == "true"

    def block(self, path: str) -> Block:
        """The block at `path`; an empty block where there is none. An unknown block raises only when it is read."""
        value = self.value(path, unknown=UNKNOWN)
        if isinstance(value, list | tuple) and len(value) == 1:
            value = value[0]
        return Block(value, self.full_path(path), any_spelling=self._any_spelling)

    @overload
    def items(self, path: str = "") -> list[Block]: ...
    @overload
    def items(self, path: str = "", *, unknown: _Other) -> list[Block] | _Other: ...
    def items(self, path: str = "", *, unknown: Any = _RAISE) -> Any:
        """The items of the list at `path`, or the one value in its place. An unknown item raises only when it is read."""
        value = self.value(path, unknown=_RAISE if unknown is _RAISE else UNKNOWN)
        if value is UNKNOWN:
            return unknown
        full = self.full_path(path)
        if isinstance(value, list | tuple):
            return [Block(item, f"{full}.{number}", any_spelling=self._any_spelling) for number, item in enumerate(value)]
        return [] if value is None or value == "" else [Block(value, full, any_spelling=self._any_spelling)]

    def strings(self, path: str = "") -> list[str]:
        """The texts of the list at `path`, or the one text in its place. Raises Undecided where any of them is unknown."""
        value = self.value(path)
        if isinstance(value, str):
            return [value]
        if not isinstance(value, list | tuple):
            return []
        full = self.full_path(path)
        return [text for item in value if isinstance(text := Block(item, full).value(), str)]

    @overload
    def entries(self, path: str = "") -> dict[str, Block]: ...
    @overload
    def entries(self, path: str = "", *, unknown: _Other) -> dict[str, Block] | _Other: ...
    def entries(self, path: str = "", *, unknown: Any = _RAISE) -> Any:
        """The values of the map at `path` by key, such as tags or labels. An unknown value raises only when it is read."""
        value = self.value(path, unknown=_RAISE if unknown is _RAISE else UNKNOWN)
        if isinstance(value, list | tuple) and len(value) == 1:
            value = Block(value[0], self.full_path(path)).value(unknown=_RAISE if unknown is _RAISE else UNKNOWN)
        if value is UNKNOWN:
            return unknown
        if not isinstance(value, Mapping):
            return {}
        full = self.full_path(path)
        return {
            str(name): Block(item, f"{full}.{name}".lstrip("."), any_spelling=self._any_spelling) for name, item in value.items()
        }


def _is_nothing(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, list | tuple | Mapping) and not value)


def as_number(value: Any) -> float | None:
    """A value as a finite number; None for any other value, such as a flag."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(found):
        return None
    return SecretNumber(found) if isinstance(value, SecretText | SecretNumber) else found


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value inside `value` that is no map and no list, with its path; `UNKNOWN` and `Secret` are among them."""
    if type(value) is str:  # tested first, because most values are texts
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            below = f"{path}.{key}" if path else str(key).lstrip(".")
            if type(item) is str:
                yield below, item
            else:
                yield from leaves(item, below)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from leaves(item, f"{path}.{number}")
    else:
        yield path, value


@lru_cache(maxsize=4096)
def folded(key: str) -> str:
    """A property's name without its spelling, for comparison: `vpcconfig` of vpcConfig, VpcConfig and vpc_config."""
    return key.replace("_", "").lower()


def _opened(secret: Any) -> Any:
    while isinstance(secret, Secret):
        secret = secret.value
    return secret


def _spelt_otherwise(node: Mapping[str, Any], key: str) -> Any:
    wanted = folded(key)
    return next((item for name, item in node.items() if isinstance(name, str) and folded(name) == wanted), None)


def _hidden(value: Any) -> Any:
    """The content of a secret, marked so that none of its texts and numbers print."""
    if isinstance(value, str):
        return SecretText(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return SecretNumber(value) if as_number(value) is not None else None
    if isinstance(value, Mapping):
        return {key: _again(item) for key, item in value.items()}
    return [_again(item) for item in value] if isinstance(value, list | tuple) else value


def _again(item: Any) -> Any:
    return item if item is UNKNOWN or isinstance(item, Secret) else Secret(item)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Secret):
        return None
    if isinstance(value, Mapping):
        return {key: _without_secrets(item) for key, item in value.items()}
    return [_without_secrets(item) for item in value] if isinstance(value, list | tuple) else value
