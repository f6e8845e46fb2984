"""Reading a resource's properties where any value, at any depth, may be unknown, secret, missing or of another type.

A rule asks for what it needs; meeting an unknown raises `Undecided` with the property's path, which `Rule.check` turns into the
verdict UNKNOWN. So no rule can take an unknown for a value, and none has to say so line by line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tools.plan.view import ENGINE_UNKNOWN, UNKNOWN, ResourceView, Secret


class Undecided(Exception):
    """A value that the verdict hangs on is not known yet; `path` is where it is."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Block:
    """A node of a resource's properties and its path from the root ("" for the root)."""

    __slots__ = ("_node", "path")

    def __init__(self, node: Any, path: str = "") -> None:
        self._node = node
        self.path = path

    @classmethod
    def of(cls, resource: ResourceView) -> Block:
        return cls(resource.props)

    def value(self, path: str = "") -> Any:
        """The plain value at a dotted path, None where there is none. Raises Undecided where the path meets an unknown."""
        node = _plain(self._node, self.path)
        walked = self.path
        for key in path.split(".") if path else ():
            walked = f"{walked}.{key}" if walked else key
            if isinstance(node, (list, tuple)) and len(node) == 1 and not key.isdigit():
                node = _plain(node[0], walked)  # a single nested block is written as a list of one by some providers
            if isinstance(node, Mapping):
                node = _plain(node.get(key), walked)
            elif isinstance(node, (list, tuple)) and key.isdigit() and int(key) < len(node):
                node = _plain(node[int(key)], walked)
            else:
                return None
        return node

    def has(self, path: str) -> bool:
        """Whether something is set there (empty strings, lists and objects are not)."""
        value = self.value(path)
        return value is not None and value != "" and value != [] and value != {}

    def known(self, path: str) -> bool:
        """Whether something is set there, be it unknown: for rules that ask whether, not what."""
        try:
            return self.has(path)
        except Undecided:
            return True

    def flag(self, path: str, *, default: bool = False) -> bool:
        """A boolean; launch templates write theirs as strings."""
        value = self.value(path)
        return default if value is None or value == "" else value is True or value == "true"

    def number(self, path: str) -> float | None:
        value = self.value(path)
        if isinstance(value, str):
            try:
                return float(value)
            except ValueError:
                return None
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def text(self, path: str = "") -> str:
        """A string, "" where there is none."""
        value = self.value(path)
        return value if isinstance(value, str) else ""

    def strings(self, path: str) -> list[str]:
        """The strings of a list (or the one string given in its place)."""
        value = self.value(path)
        if isinstance(value, str):
            return [value]
        if not isinstance(value, (list, tuple)):
            return []
        texts = [_plain(item, f"{self.path}.{path}".lstrip(".")) for item in value]
        return [text for text in texts if isinstance(text, str)]

    def rows(self, path: str) -> list[Block]:
        """The objects of a list (or the one object given in its place); one that is unknown raises only when it is read."""
        value = self.value(path)
        full = f"{self.path}.{path}".lstrip(".")
        if isinstance(value, Mapping):
            return [Block(value, full)]
        if not isinstance(value, (list, tuple)):
            return []
        return [Block(item, f"{full}.{number}") for number, item in enumerate(value)]

    def names(self, path: str) -> list[str]:
        """The keys of an object, such as a tag map."""
        value = self.value(path)
        return [str(key) for key in value] if isinstance(value, Mapping) else []


def _plain(value: Any, path: str) -> Any:
    while isinstance(value, Secret):
        value = value.value
    if value is UNKNOWN or (isinstance(value, str) and value == ENGINE_UNKNOWN):
        raise Undecided(path)
    return value


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value below that is no map and no list, with its path: texts and numbers, `UNKNOWN` and `Secret` among them."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}".lstrip("."))
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from leaves(item, f"{path}.{number}")
    else:
        yield path, value
