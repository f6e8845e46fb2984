"""Which resource belongs to which, when a preview does not know the ids yet.

In a first preview a node group's launch template id is unknown. What the plan does say is the parent: a component's children
belong together. So: the value if it is known, else the sibling with the most similar name, else the only one of its type.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from typing import Any

from tools.plan.view import ResourceView

_NAMES = ("id", "name", "arn", "bucket")


class Links:
    """Finds related resources among `views` (those that will be there); every look-up is from an index made once per type."""

    __slots__ = ("_by_parent", "_by_value", "_live")

    def __init__(self, views: Iterable[ResourceView]) -> None:
        self._live: dict[str, list[ResourceView]] = {}
        for view in views:
            self._live.setdefault(view.type, []).append(view)
        self._by_value: dict[str, dict[str, ResourceView]] = {}
        self._by_parent: dict[str, dict[str, list[ResourceView]]] = {}

    def of(self, type_: str) -> list[ResourceView]:
        """The resources of a type, in plan order."""
        return self._live.get(type_, [])

    def siblings(self, view: ResourceView, type_: str) -> list[ResourceView]:
        """The resources of `type_` under the same parent; of a view without parent, all of the type that have none either."""
        if type_ not in self._by_parent:
            index: dict[str, list[ResourceView]] = {}
            for other in self.of(type_):
                index.setdefault(other.parent, []).append(other)
            self._by_parent[type_] = index
        return self._by_parent[type_].get(view.parent, [])

    def named(self, type_: str, value: Any) -> ResourceView | None:
        """The resource of `type_` whose id, name or arn is `value`; None where there is none, or the value is not known."""
        return self._values(type_).get(value) if isinstance(value, str) else None

    def find(self, view: ResourceView, type_: str, value: Any) -> ResourceView | None:
        """The resource of `type_` that `value` (an id, name or arn, perhaps unknown) of `view` means; None if nobody can tell."""
        if found := self.named(type_, value):
            return found
        near = self.siblings(view, type_) or self.of(type_)
        if len(near) == 1:
            return near[0]
        return max(near, key=lambda other: _likeness(other.name, view.name), default=None)

    def _values(self, type_: str) -> dict[str, ResourceView]:
        if type_ not in self._by_value:
            index: dict[str, ResourceView] = {}
            for other in self.of(type_):
                given = [source.get(key) for source in (other.props, other.outputs) for key in _NAMES]
                for value in (other.id, other.name, *given):
                    if isinstance(value, str) and value:
                        index.setdefault(value, other)
            self._by_value[type_] = index
        return self._by_value[type_]


def _likeness(one: str, other: str) -> int:
    """How many leading characters two names share."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
