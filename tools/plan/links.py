"""Finds related resources: which resource another one points to, and which resources point to it.

AWS splits one thing into several resources that point to each other by an id, a name or an arn, and at a first preview none of
these is known. A type's card names the properties by which it points to other types. The resource that a property points to is
decided by the first of these rules that applies:

1. The value is known and is the id, name, arn or logical name of a resource: the property points to that resource. A known value
   of no resource can only mean one whose own id and names are not known, and the next rules choose among those.
2. The pointing resource is a child of a candidate: it points to its parent.
3. The pointing resource has one candidate beside it, under the same parent, or, without any there, in the whole plan.
4. One candidate's name shares the most leading words with the pointing resource's name: `data-raw-policy` points to `data-raw`,
   not to `data`.
5. Otherwise all candidates beside the pointing resource are `possible`, and the caller decides what to do with several.

An absent value points to no resource. The rules are the same in both directions: the resources that point to an owner are those
whose target is the owner.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from catalog.types.card import Card
from catalog.types.every import CARDS
from tools.plan.reader import Block
from tools.plan.view import ENGINE_UNKNOWN, UNKNOWN, Plan, ResourceView, Secret

# pulumi-aws keeps the tokens of its v6 names as aliases: aws:s3/bucketV2:BucketV2 is aws:s3/bucket:Bucket.
_V2_TOKEN: Final = re.compile(r"^(aws:s3/\w+)V2:(\w+)V2$")
_NAME_PROPERTIES: Final = ("name", "bucket", "arn", "url", "keyId", "resourceId")
_ARN_END: Final = re.compile(r"^.*[/:]")
_WORD: Final = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Target:
    """The resource that a property points to: `found` where the rules decide on one, `possible` where they leave several."""

    found: ResourceView | None = None
    possible: tuple[ResourceView, ...] = ()

    @property
    def candidates(self) -> tuple[ResourceView, ...]:
        """The resource found, else all that are possible."""
        return (self.found,) if self.found else self.possible

    @property
    def best(self) -> ResourceView | None:
        """The resource found, else the first possible one, for estimates, which must take one."""
        return self.found or (self.possible[0] if self.possible else None)


@dataclass(slots=True)
class Companions:
    """The resources that point to an owner by their property `by`.

    `found` are those for which the rules decide on this owner, `possible` those for which they leave several owners.
    """

    by: str = ""
    found: list[ResourceView] = field(default_factory=list)
    possible: list[ResourceView] = field(default_factory=list)


class LinkedPlan(Plan):
    """A plan with its links. An index is made once for each type, so that a lookup for one resource is cheap."""

    __slots__ = ("_by_parent", "_companions", "_kin")

    def __init__(self, resources: Iterable[ResourceView], stack: str = "") -> None:
        super().__init__((_canonical(view) for view in resources), stack)
        self._kin: dict[str, _Kin] = {}
        self._by_parent: dict[Card, dict[str, list[ResourceView]]] = {}
        self._companions: dict[tuple[str, Card, Callable[[str], str]], dict[str, Companions]] = {}

    @classmethod
    def of_plan(cls, plan: Plan) -> LinkedPlan:
        """The plan with its links."""
        return plan if isinstance(plan, cls) else cls(plan.resources, plan.stack)

    def siblings(self, view: ResourceView, card: Card) -> list[ResourceView]:
        """The resources of a type under the same parent as `view`, or without parent where `view` has none."""
        if card not in self._by_parent:
            index = self._by_parent[card] = {}
            for other in self.of(card):
                index.setdefault(other.parent, []).append(other)
        return self._by_parent[card].get(view.parent, [])

    def named(self, card: Card, value: object) -> ResourceView | None:
        """The resource of a type whose id, name or arn is `value`; None where there is none, or where `value` is not known."""
        return self._kin_of(card.token).named(value) if isinstance(value, str) else None

    def target(self, view: ResourceView, card: Card) -> Target:
        """The resource of a type that `view` points to, by the first property that is set among those its card names."""
        own = CARDS.get(view.type)
        block = Block.of(view)
        values = (block.value(path, unknown=UNKNOWN) for path in (points_to(own, card.token) if own else ()))
        return self.meant(view, card, next((value for value in values if value is not None), None))

    def meant(self, view: ResourceView, card: Card, value: object, read: Callable[[str], str] = str) -> Target:
        """The resource of a type that `value`, a property of `view`, points to. `read` extracts the name from a longer value."""
        return self._meant(view, card.token, value, read)

    def companions(self, owner: ResourceView, card: Card, read: Callable[[str], str] = str) -> Companions:
        """The resources of a type that point to `owner`, by the property that their card names first for the owner's type."""
        key = (owner.type, card, read)
        if key not in self._companions:
            paths = points_to(card, owner.type)
            assert paths, f"the card of {card.token} names no property that points to {owner.type}; add it to its `points`"
            by = paths[0]
            links: dict[str, Companions] = {}
            for view in self.of(card):
                target = self._meant(view, owner.type, Block.of(view).value(by, unknown=UNKNOWN), read)
                if target.found:
                    links.setdefault(_key(target.found), Companions(by=by)).found.append(view)
                for candidate in target.possible:
                    links.setdefault(_key(candidate), Companions(by=by)).possible.append(view)
            self._companions[key] = links
        return self._companions[key].get(_key(owner)) or Companions()

    def _meant(self, view: ResourceView, token: str, value: object, read: Callable[[str], str]) -> Target:
        while isinstance(value, Secret):
            value = value.value
        kin = self._kin_of(token)
        known = isinstance(value, str) and ENGINE_UNKNOWN not in value
        if known and isinstance(value, str):
            if found := kin.named(value) or kin.named(read(value)):
                return Target(found)
        elif value is not UNKNOWN and not isinstance(value, str):
            return Target()
        near = kin.nameless if known else kin.everyone
        owner = near.owner_of(view)
        return Target(owner) if owner else Target(possible=tuple(near.beside(view)))

    def _kin_of(self, token: str) -> _Kin:
        if token not in self._kin:
            self._kin[token] = _Kin(self.of_type(token))
        return self._kin[token]


def points_to(card: Card, token: str) -> tuple[str, ...]:
    """The properties by which, according to its card, a type points to the type `token`."""
    return tuple(points.path for points in card.points if points.to == token)


class _Kin:
    """The resources of one type that others may point to, indexed by id, name and arn, and by parent and name."""

    __slots__ = ("_by_identity", "everyone", "nameless")

    def __init__(self, owners: list[ResourceView]) -> None:
        self._by_identity: dict[str, ResourceView] = {}
        for view in owners:
            self._by_identity.update(dict.fromkeys(_identities(view), view))
        for view in owners:
            self._by_identity.setdefault(view.name, view)
        self.everyone = _Kinship(owners)
        # A known value that names no resource can only be the id of a resource whose own id is not known here.
        self.nameless = _Kinship([view for view in owners if not _identities(view) or _has_unknown_name(view)])

    def named(self, value: str) -> ResourceView | None:
        return self._by_identity.get(value)


class _Kinship:
    """Owners, indexed by parent and by the leading words of their names."""

    __slots__ = ("_by_parent", "_by_urn", "_by_words", "_owners")

    def __init__(self, owners: list[ResourceView]) -> None:
        self._owners = owners
        self._by_urn = {_key(owner): owner for owner in owners}
        self._by_parent: dict[str, list[ResourceView]] = {}
        self._by_words: dict[tuple[str | None, tuple[str, ...]], list[ResourceView]] = {}
        for owner in owners:
            self._by_parent.setdefault(owner.parent, []).append(owner)
            words = _words(owner.name)
            for length in range(1, len(words) + 1):
                for parent in (owner.parent, None):
                    self._by_words.setdefault((parent, words[:length]), []).append(owner)

    def beside(self, view: ResourceView) -> list[ResourceView]:
        """The owners under the same parent as `view`, or all owners where none is under it."""
        return self._by_parent.get(view.parent) or self._owners

    def owner_of(self, view: ResourceView) -> ResourceView | None:
        if view.parent in self._by_urn:
            return self._by_urn[view.parent]
        near = self.beside(view)
        if len(near) == 1:
            return near[0]
        words = _words(view.name)
        return self._closest(words, view.parent if near is not self._owners else None) or self._closest(words, None)

    def _closest(self, words: tuple[str, ...], parent: str | None) -> ResourceView | None:
        for length in range(len(words), 0, -1):
            sharing = self._by_words.get((parent, words[:length]))
            if sharing:
                # An owner whose whole name is shared wins: `data-block` points to `data`, not to `data-raw`.
                whole = [owner for owner in sharing if len(_words(owner.name)) == length]
                return whole[0] if len(whole) == 1 else sharing[0] if len(sharing) == 1 else None
        return None


@cache
def _words(name: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(name.lower()))


def _key(view: ResourceView) -> str:
    return view.urn or view.name


def _identities(view: ResourceView) -> set[str]:
    candidates: list[Any] = [view.id, *(view.props.get(key) for key in _NAME_PROPERTIES)]
    candidates += [view.outputs.get(key) for key in ("id", *_NAME_PROPERTIES)]
    found = {value for value in candidates if isinstance(value, str) and value and ENGINE_UNKNOWN not in value}
    # The engine gives stack policies no ids, but an arn ends with one: arn:aws:ec2:us-east-1:123456789012:vpc/vpc-0a1b.
    return found | {_ARN_END.sub("", value) for value in found if value.startswith("arn:")}


def _has_unknown_name(view: ResourceView) -> bool:
    return any(view.props.get(key) is UNKNOWN for key in _NAME_PROPERTIES)


def _canonical(view: ResourceView) -> ResourceView:
    match = _V2_TOKEN.match(view.type)
    return replace(view, type=f"{match[1]}:{match[2]}") if match else view
