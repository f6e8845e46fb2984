"""A plan as data: the resources as policies, cost, preflight and report read them.

The same view is made from a preview, a state file, a JSON list or Pulumi's mocks, so that a rule or a price is written once and
works on all of them. Property names are pulumi-aws's own (camelCase); types are tokens such as `aws:ec2/vpc:Vpc`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from catalog.types.card import Card

# The engine writes this string for a value that it does not know yet; source: pulumi sdk `rpc.py` UNKNOWN.
ENGINE_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# The engine marks secrets, assets and archives with this key; source: pulumi sdk `rpc.py` _special_sig_key.
SPECIAL_KEY: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"


class _Unknown:
    """The value of a property that is known at `up` only, such as an id that AWS has not given yet."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("UNKNOWN is neither true nor false; compare with `is UNKNOWN` first")


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret value. Its `repr` never shows what it holds."""

    value: Any = field(repr=False)

    def __repr__(self) -> str:
        return "[secret]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceView:
    """One resource of a plan.

    `op` is one of create, update, replace, delete, same, read. `parent` is the parent's urn ("" for none). `props` are the inputs
    that the program declares, with `UNKNOWN` and `Secret` in them. `outputs` are those in the state (empty in a first preview).
    `before` are the old inputs, in an update or a replacement.
    """

    type: str
    name: str
    props: Mapping[str, Any] = field(default_factory=dict)
    urn: str = ""
    parent: str = ""
    op: str = "create"
    id: str = ""
    custom: bool = True
    outputs: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)


class Plan:
    """All resources of one stack in plan order, indexed by type and urn."""

    __slots__ = ("_by_type", "_by_urn", "resources", "stack")

    def __init__(self, resources: Iterable[ResourceView], stack: str = "") -> None:
        self.resources: tuple[ResourceView, ...] = tuple(resources)
        self.stack = stack
        self._by_type: dict[str, list[ResourceView]] = {}
        self._by_urn: dict[str, ResourceView] = {}
        for resource in self.resources:
            self._by_type.setdefault(resource.type, []).append(resource)
            self._by_urn[resource.urn or resource.name] = resource

    def __iter__(self) -> Iterator[ResourceView]:
        return iter(self.resources)

    def __len__(self) -> int:
        return len(self.resources)

    def of(self, *cards: Card) -> list[ResourceView]:
        """The resources of these types, one type after the other, each in plan order."""
        return [view for card in cards for view in self._by_type.get(card.token, ())]

    def of_type(self, token: str) -> list[ResourceView]:
        """The resources of a type by its token, for types that may have no card, in plan order."""
        return list(self._by_type.get(token, ()))

    def by_urn(self, urn: str) -> ResourceView | None:
        """The resource with this urn or, where a file has no urns, with this name."""
        return self._by_urn.get(urn)


def decode(value: Any) -> Any:
    """A value of the engine with `UNKNOWN` and `Secret` in place of the engine's markers."""
    if value == ENGINE_UNKNOWN:
        return UNKNOWN
    if isinstance(value, Mapping):
        if value.get(SPECIAL_KEY) == SECRET_SIGNATURE:
            return Secret(decode(value.get("value", value.get("plaintext"))))
        return {key: decode(item) for key, item in value.items() if not key.startswith("__")}
    if isinstance(value, (list, tuple)):
        return [decode(item) for item in value]
    return value


def from_json(items: Iterable[Mapping[str, Any]]) -> Plan:
    """A plan from a JSON list of `{"type", "name", "props"}` (also `urn`, `parent`, `op`).

    Raises ValueError naming the item that has no `type` or whose `props` is no object.
    """
    views = []
    for number, item in enumerate(items):
        if not isinstance(item, Mapping) or not isinstance(item.get("type"), str):
            raise ValueError(
                f"resource {number}: expected an object with a string `type`, got {item!r:.80}; give type, name and props"
            )
        props = item.get("props", {})
        if not isinstance(props, Mapping):
            raise ValueError(f"resource {number} ({item['type']}): `props` must be an object, got {type(props).__name__}")
        name = str(item.get("name", f"resource-{number}"))
        views.append(
            ResourceView(
                type=item["type"],
                name=name,
                props=decode(props),
                urn=str(item.get("urn", "")) or f"urn:pulumi:file::slipway::{item['type']}::{name}",
                parent=str(item.get("parent", "")),
                op=str(item.get("op", "create")),
            )
        )
    return Plan(views)
