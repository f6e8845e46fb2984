"""Which resources belong to which: a bucket and its public access block, a VPC and its flow log.

AWS splits one thing into several resources that point at it by an id, and at a first preview no id is known. So a link is
settled by the first of these that can say:

1. a known value equal to the owner's id, arn, physical or logical name: linked; a known value of another owner: not linked;
2. the companion's parent is the owner: linked;
3. among owners beside it (same parent), the one whose name shares the most leading words with its own, if only one does;
4. the only owner there is;
5. otherwise it could be any of them: `possible`, and a rule that finds nothing better says UNKNOWN, never PASS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from tools.plan.view import ENGINE_UNKNOWN, UNKNOWN, Plan, ResourceView, Secret

# pulumi-aws keeps the tokens of its v6 names as aliases: aws:s3/bucketV2:BucketV2 is aws:s3/bucket:Bucket.
_V2_TOKEN: Final = re.compile(r"^(aws:s3/\w+)V2:(\w+)V2$")
_NAME_PROPERTIES: Final = ("name", "bucket", "arn", "url", "keyId", "resourceId")
_ARN_END: Final = re.compile(r"^.*[/:]")
_WORD: Final = re.compile(r"[A-Za-z0-9]+")


@dataclass(slots=True)
class Companions:
    """What points at a resource: `found` for certain (or by kinship), `possible` where nothing tells."""

    found: list[ResourceView] = field(default_factory=list)
    possible: list[ResourceView] = field(default_factory=list)


class LinkedPlan(Plan):
    """A plan that knows its links. Each kind of link is worked out once for all owners, so a rule is cheap per resource."""

    __slots__ = ("_links",)

    def __init__(self, resources: Iterable[ResourceView], stack: str = "") -> None:
        super().__init__((_canonical(view) for view in resources), stack)
        self._links: dict[tuple[str, str, str, Callable[[str], str]], dict[str, Companions]] = {}

    @classmethod
    def of_plan(cls, plan: Plan) -> LinkedPlan:
        return plan if isinstance(plan, cls) else cls(plan.resources, plan.stack)

    def companions(self, owner: ResourceView, type_: str, by: str, read: Callable[[str], str] = str) -> Companions:
        """The resources of a type whose property `by` names `owner`; `read` takes the owner's name out of a longer value."""
        key = (owner.type, type_, by, read)
        if key not in self._links:
            self._links[key] = self._work_out(owner.type, type_, by, read)
        return self._links[key].get(_key(owner)) or Companions()

    def _work_out(self, owner_type: str, type_: str, by: str, read: Callable[[str], str]) -> dict[str, Companions]:
        owners = self.of(owner_type)
        links = {_key(owner): Companions() for owner in owners}
        by_identity: dict[str, ResourceView] = {}
        for view in owners:
            by_identity.update(dict.fromkeys(_identities(view), view))
        for view in owners:
            by_identity.setdefault(view.name, view)
        everyone = _Kinship(owners)
        # A literal that names no owner can only be the id of one whose own id is not given here.
        anonymous = _Kinship([view for view in owners if not _identities(view) or _has_unknown_name(view)])

        for companion in self.of(type_):
            value = companion.get(by)
            value = value.value if isinstance(value, Secret) else value
            known = isinstance(value, str) and ENGINE_UNKNOWN not in value
            owner = _named(by_identity, value, read) if isinstance(value, str) and known else None
            if owner is None and (known or value is UNKNOWN or isinstance(value, str)):
                kin = anonymous if known else everyone
                owner = kin.owner_of(companion)
                if owner is None:
                    for candidate in kin.beside(companion):
                        links[_key(candidate)].possible.append(companion)
            if owner is not None:
                links[_key(owner)].found.append(companion)
        return links


def _named(by_identity: dict[str, ResourceView], value: str, read: Callable[[str], str]) -> ResourceView | None:
    return by_identity.get(value) or by_identity.get(read(value))


class _Kinship:
    """Owners by parent and by the leading words of their names."""

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

    def beside(self, companion: ResourceView) -> list[ResourceView]:
        """The owners under the same parent, or all of them where there are none."""
        return self._by_parent.get(companion.parent) or self._owners

    def owner_of(self, companion: ResourceView) -> ResourceView | None:
        if companion.parent in self._by_urn:
            return self._by_urn[companion.parent]
        near = self.beside(companion)
        if len(near) == 1:
            return near[0]
        words = _words(companion.name)
        return self._closest(words, companion.parent if near is not self._owners else None) or self._closest(words, None)

    def _closest(self, words: tuple[str, ...], parent: str | None) -> ResourceView | None:
        for length in range(len(words), 0, -1):
            sharing = self._by_words.get((parent, words[:length]))
            if sharing:
                whole = [
                    owner for owner in sharing if len(_words(owner.name)) == length
                ]  # "data" beats "data-raw" for "data-pab"
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
