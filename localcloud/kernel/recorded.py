"""What a service adds to moto: recorded kinds of resources, single operations, mended methods, and what a count must know.

A service's `beside_moto.py` says it in one `ADDITION`. The `Recorder` answers what is recorded and what is extra.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from moto.core.exceptions import ServiceException

from localcloud.kernel.context import Clients
from localcloud.kernel.store import Store

Verb = Literal["create", "describe", "list", "update", "delete"]


class Refusal(ServiceException):
    """An error in AWS's words. moto finds an exception's service by its module, so the class must not be in moto."""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One parsed request to AWS's API: which operation, where, with what, and the store that keeps the items."""

    service: str
    operation: str
    region: str
    params: Mapping[str, Any]
    store: Store

    def new_id(self, prefix: str = "", digits: int = 17) -> str:
        return f"{prefix}{uuid.uuid4().hex[:digits]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A kind of resource that moto lacks.

    key        members that identify one, in requests and in the item
    operations operation -> verb
    output     the member of the answer that holds the item (create, describe, update, delete); "" = the answer is empty
    listed     the member of a List answer, and the item member listed there ("" = whole items)
    made       what AWS adds on create: (call) -> members
    arn        the item member that holds the arn, by which TagResource finds it
    id         the item member that holds the id, by which EC2's CreateTags finds it ("" = tagged by the arn alone)
    missing    (error code, message template) when it is not there; exists: when it already is
    filters    List/Describe parameters that select by an item's member: parameter -> member
    drop       create parameters that are not part of the item
    inside     the create parameter that holds the item ("" = the parameters are the item)
    tags       the member that tags are asked and answered by: a map, or a list of keys and values
    """

    service: str
    noun: str
    key: tuple[str, ...]
    operations: Mapping[str, Verb]
    output: str
    listed: tuple[str, str]
    made: Callable[[ApiCall], Mapping[str, Any]]
    arn: str
    id: str = ""
    missing: tuple[str, str]
    exists: tuple[str, str]
    parent: Callable[[ApiCall], Any] | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    drop: frozenset[str] = frozenset({"clientRequestToken", "DryRun", "TagSpecifications"})
    inside: str = ""
    tags: Literal["tags", "ResourceTags"] = "tags"
    wrap: Callable[[ApiCall, dict[str, Any]], Mapping[str, Any]] | None = None


# Answers an operation on moto's own resources that moto lacks or does only in part; None when moto shall answer after all.
Extra = Callable[[ApiCall], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What one service adds to moto.

    service       boto3's name of the service; its arns have it
    signed_as     the name in its requests' signatures, where that is another
    recorded      kinds of resources that moto lacks
    extras        operation -> what answers it before moto is asked
    patches       called once before moto answers anything: they put right methods of moto's own
    only_a_record kind in an arn -> (clients, region, arn) -> whether the resource is deleted, or waits for it, and AWS only still
                  lists it: such a one is no orphan
    named_after   (clients, region, stack) -> ids of the stack's resources that carry no tags and are known by their names
    """

    service: str
    signed_as: str = ""
    recorded: tuple[Recorded, ...] = ()
    extras: Mapping[str, Extra] = field(default_factory=dict)
    patches: tuple[Callable[[], None], ...] = ()
    only_a_record: Mapping[str, Callable[[Clients, str, str], bool]] = field(default_factory=dict)
    named_after: Callable[[Clients, str, str], list[str]] | None = None


TAGGING = ("TagResource", "UntagResource", "ListTagsForResource")


def tagging(find: Callable[[ApiCall], Any], listed: str, added: str, removed: str) -> dict[str, Extra]:
    """The three tagging operations for an object of moto's that has no tags: they are kept on the object and go with it.

    `find` gives the object; `listed`, `added` and `removed` are the members that hold tags and keys.
    """

    def answer(call: ApiCall) -> Mapping[str, Any]:
        target = find(call)
        tags = dict(getattr(target, "slipway_tags", {}))
        if call.operation == "ListTagsForResource":
            as_list = listed == "ResourceTags"
            return {listed: [{"Key": key, "Value": value} for key, value in sorted(tags.items())] if as_list else tags}
        given = call.params.get(added) or {}
        tags |= given if isinstance(given, Mapping) else {tag["Key"]: tag["Value"] for tag in given}
        target.slipway_tags = {key: value for key, value in tags.items() if key not in call.params.get(removed, ())}
        return {}

    return dict.fromkeys(TAGGING, answer)
