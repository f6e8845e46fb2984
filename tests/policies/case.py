"""Changes of the valid stack, and the rules that each breaks: `Case("kms-key-rotates", "key", without("enableKeyRotation"))`.

A change is made to the resource that the case names; `of` makes it to another resource.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from tools.plan.view import UNKNOWN

Resources = dict[str, tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: what is done at a dotted path of a resource, or ("" for the path) to the resource as a whole."""

    does: Literal["set", "without", "append", "add", "remove"]
    path: str = ""
    value: Any = None
    name: str = ""

    def apply(self, resources: Resources, name: str) -> None:
        """Makes the change in `resources`, to the resource of this name unless the change names another one. It changes a copy of
        the resource, which may be shared with the valid stack."""
        name = self.name or name
        if self.does == "add":
            resources[name] = self.value
        elif self.does == "remove":
            del resources[name]
        else:
            resources[name] = copy.deepcopy(resources[name])
            self._put(resources[name][1])

    def _put(self, props: dict[str, Any]) -> None:
        node: Any = props
        *way, last = self.path.split(".")
        for key in way:
            node = node[int(key)] if isinstance(node, list) else node.setdefault(key, {})
        at = int(last) if isinstance(node, list) else last
        if self.does == "without":
            del node[at]
        elif self.does == "append":
            node[at].append(self.value)
        else:
            node[at] = self.value


def set_(path: str, value: Any) -> Change:
    """The property at a path has this value."""
    return Change(does="set", path=path, value=value)


def unknown(path: str) -> Change:
    """The property at a path is known at `up` only."""
    return Change(does="set", path=path, value=UNKNOWN)


def without(path: str) -> Change:
    """The property at a path is missing."""
    return Change(does="without", path=path)


def append(path: str, value: Any) -> Change:
    """The list at a path has one item more."""
    return Change(does="append", path=path, value=value)


def added(type_: str, props: Mapping[str, Any]) -> Change:
    """The stack has a resource that the valid stack lacks."""
    return Change(does="add", value=(type_, props))


def removed() -> Change:
    """The stack lacks the resource."""
    return Change(does="remove")


def of(name: str, change: Change) -> Change:
    """The change, made to the resource of this name."""
    return replace(change, name=name)


@dataclass(frozen=True, slots=True)
class Case:
    """One change of a resource of the valid stack and the rule that it breaks; `after` is a change that is made before it.

    The rule "" stands for none. `also` names the rules that the change necessarily breaks as well.
    """

    rule: str
    resource: str
    change: Change
    also: tuple[str, ...] = ()
    after: Change | None = None

    @property
    def decides(self) -> bool:
        """Whether the value of one property decides the rule."""
        return bool(self.change.path)

    def __str__(self) -> str:
        return f"{self.rule}:{self.resource}.{self.change.path or self.change.does}"


def harmless(resource: str, change: Change, after: Change | None = None) -> Case:
    """A change that comes near to breaking a rule and breaks none."""
    return Case("", resource, change, after=after)
