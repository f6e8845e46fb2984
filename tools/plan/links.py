"""The one finder of related resources: which resource another one points to, and which ones point to it.

AWS splits one thing into several resources that point at each other by an id, a name or an arn, and at a first preview none of
these is known. By which property a type points to another one is a fact of the type, which its card names. What the property
points to is settled by the first of these rules that can say:

1. A known value is the id, name, arn or logical name of a resource: that one. A known value of no resource of the plan is of
   nobody in it, but for a resource whose own id and names are not known: then what follows decides among those.
2. The resource is a child of the one that it points to.
3. There is one candidate beside it, under the same parent; without any under the same parent, one in the whole plan.
4. One candidate's name shares the most leading words with its own: `data-raw` is meant by `data-raw-policy`, `data` is not.
5. Otherwise it may be any of those beside it: they are `possible`, and who cannot live with that says so.

An absent value points to nobody. The rules are the same in both directions: what points to a resource is found by asking each.
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
    """What a property points to: `found` for certain or by kinship, `possible` where the rules leave several."""

    found: ResourceView | None = None
    possible: tuple[ResourceView, ...] = ()

    @property
    def candidates(self) -> tuple[ResourceView, ...]:
        """The one found, else all that are possible."""
        return (self.found,) if self.found else self.possible

    @property
    def best(self) -> ResourceView | None:
        """The one found, else the first that is possible: for an estimate, which must take one."""
        return self.found or (self.possible[0] if self.possible else None)


@dataclass(slots=True)
class Companions:
    """What points to a resource by its property `by`: `found` for certain or by kinship, `possible` where the rules leave several
    owners."""

    by: str = ""

    found: list[ResourceView] = field(default_factory=list)
    possible: list[ResourceView] = field(default_factory=list)


class LinkedPlan(Plan):
    """A plan that knows its links. Each index is made once a type, so a question is cheap per resource."""

    __slots__ = ("_by_parent", "_companions", "_kin")

    def __init__(self, resources: Iterable[ResourceView], stack: str = "") -> None:
        super().__init__((_canonical(view) for view in resources), stack)
        self._kin: dict[str, _Kin] = {}
        self._by_parent: dict[Card, dict[str, list[ResourceView]]] = {}
        self._companions: dict[tuple[str, Card, Callable[[str], str]], dict[str, Companions]] = {}

    @classmethod
    def of_plan(cls, plan: Plan) -> LinkedPlan:
        """The same plan with its links."""
        return plan if isinstance(plan, cls) else cls(plan.resources, plan.stack)

    def siblings(self, view: ResourceView, card: Card) -> list[ResourceView]:
        """The resources of a type under the same parent; of a view without parent, all of the type that have none either."""
        if card not in self._by_parent:
            index = self._by_parent[card] = {}
            for other in self.of(card):
                index.setdefault(other.parent, []).append(other)
        return self._by_parent[card].get(view.parent, [])

    def named(self, card: Card, value: object) -> ResourceView | None:
        """The resource of a type whose id, name or arn is `value`; None where there is none, or the value is not known."""
        return self._kin_of(card.token).named(value) if isinstance(value, str) else None

    def target(self, view: ResourceView, card: Card) -> Target:
        """The resource of a type that `view` points to by the first property that is given, of those that its own card names."""
        own = CARDS.get(view.type)
        block = Block.of(view)
        values = (block.value(path, unknown=UNKNOWN) for path in (points_to(own, card.token) if own else ()))
        return self.meant(view, card, next((value for value in values if value is not None), None))

    def meant(self, view: ResourceView, card: Card, value: object, read: Callable[[str], str] = str) -> Target:
        """The resource of a type that `value`, a property of `view`, points to; `read` takes the name out of a longer value."""
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
    """The properties by which a type points to another one, as its card names them."""
    return tuple(points.path for points in card.points if points.to == token)


class _Kin:
    """The resources of a type that others may point to: by what they are called, and by kinship."""

    __slots__ = ("_by_identity", "everyone", "nameless")

    def __init__(self, owners: list[ResourceView]) -> None:
        self._by_identity: dict[str, ResourceView] = {}
        for view in owners:
            self._by_identity.update(dict.fromkeys(_identities(view), view))
        for view in owners:
            self._by_identity.setdefault(view.name, view)
        self.everyone = _Kinship(owners)
        # A known value that names no resource can only be the id of one whose own id is not given here.
        self.nameless = _Kinship([view for view in owners if not _identities(view) or _has_unknown_name(view)])

    def named(self, value: str) -> ResourceView | None:
        return self._by_identity.get(value)


class _Kinship:
    """Owners by parent and by the leading words of their names."""

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
        """The owners under the same parent, or all of them where there are none."""
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
                # "data" beats "data-raw" for "data-block".
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
    # The engine shows a stack policy no ids, but an arn ends in one: arn:aws:ec2:us-east-1:123456789012:vpc/vpc-0a1b.
    return found | {_ARN_END.sub("", value) for value in found if value.startswith("arn:")}


def _has_unknown_name(view: ResourceView) -> bool:
    return any(view.props.get(key) is UNKNOWN for key in _NAME_PROPERTIES)


def _canonical(view: ResourceView) -> ResourceView:
    match = _V2_TOKEN.match(view.type)
    return replace(view, type=f"{match[1]}:{match[2]}") if match else view
