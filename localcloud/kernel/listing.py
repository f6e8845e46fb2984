"""How an operation lists, read out of botocore's models once: what it selects by, sorts by, and how its answer comes in pages.

The names of parameters say what they do, in every service alike: NameContains, CreationTimeAfter, StatusEquals, SortBy, SortOrder
and the tokens and limits that botocore's paginators name.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, Literal

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

from localcloud.kernel import service_headers

Test = Literal["contains", "prefix", "equals", "after", "before"]
# A parameter's name ends with the test that it makes: NameContains, CreationTimeAfter.
_TEXT_TESTS: Final[tuple[Test, ...]] = ("contains", "prefix", "equals")
_TIME_TESTS: Final[tuple[Test, ...]] = ("after", "before")
_DEFAULT: Final = re.compile(r"default[^.<]*?(?:is|value is|order is)\s*<code>(\w+)</code>", re.I)
_OPAQUE: Final = re.compile(r"(token|marker)$", re.I)
_DESCENDING: Final = "descending"
_TIMES: Final[Mapping[str, str]] = {
    "creationtime": "creat",
    "created": "creat",
    "lastmodifiedtime": "lastmodif",
    "modified": "lastmodif",
}


@dataclass(frozen=True, slots=True)
class Select:
    """A parameter that selects items: those whose `member` passes the test with its value."""

    parameter: str
    test: Test
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One operation that lists.

    items          the member of the answer that holds the list
    token, limit   the parameters that say where a page begins and how long it is
    next           the member of the answer that says where the next page begins; `more` says that there is one ("" = no member)
    sorts          value of SortBy -> the member to sort by; by and order are the parameters, with their defaults
    spelled        the names of the parameters as they stand in a request
    special        what selects and sorts the items in place of the rest, for an operation with a language of its own
    """

    service: str
    operation: str
    items: str
    token: str
    next: str
    limit: str
    more: str = ""
    selects: tuple[Select, ...] = ()
    sorts: Mapping[str, str]
    by: str = ""
    order: str = ""
    default_by: str = ""
    default_order: str = ""
    spelled: tuple[bytes, ...] = ()
    special: Callable[[Mapping[str, Any], list[Any]], list[Any]] | None = None
    special_parameters: tuple[str, ...] = ()

    @property
    def parameters(self) -> frozenset[str]:
        """The parameters that are obeyed here."""
        names = (
            self.token,
            self.limit,
            self.by,
            self.order,
            *self.special_parameters,
            *(each.parameter for each in self.selects),
        )
        return frozenset(name for name in names if name)

    @property
    def hidden(self) -> frozenset[str]:
        """Those of the parameters that what is behind need not see. One that names a member of the items may choose what kind of
        items there are (LocationType of DescribeInstanceTypeOfferings): it is asked for behind this as well as obeyed here."""
        return self.parameters - {each.parameter for each in self.selects if each.parameter == each.member}

    def arranged(self, params: Mapping[str, Any], items: list[Any]) -> list[Any]:
        """The items that the parameters select, in the order they ask for."""
        if self.special is not None:
            return self.special(params, items)
        for select in self.selects:
            if (wanted := params.get(select.parameter)) is not None:
                items = [item for item in items if _passes(select, item, wanted)]
        if not self.sorts:
            return items
        member = self.sorts.get(str(params.get(self.by) or self.default_by))
        if member:
            items = sorted(items, key=lambda item: _ordered(member_of(item, member)))
            if str(params.get(self.order) or self.default_order).lower() == _DESCENDING:
                items.reverse()
        return items

    def page(self, params: Mapping[str, Any], items: Sequence[Any], most: int) -> tuple[list[Any], str | None]:
        """The page that is asked for and the token of the next. Raises ValueError for a token that is none of this list's."""
        seal = self._seal(params)
        begin = _opened(str(params[self.token]), seal) if params.get(self.token) else 0
        end = begin + int(params.get(self.limit) or most)
        return list(items[begin:end]), _token(end, seal) if end < len(items) else None

    def _seal(self, params: Mapping[str, Any]) -> str:
        """What a token is good for: this list, selected and sorted as before."""
        asked = {name: value for name, value in params.items() if name not in (self.token, self.limit)}
        text = json.dumps([self.service, self.operation, asked], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def listing(service: str, operation: str) -> Listing | None:
    """How the operation lists; None for one that gives no list, or gives it in pages of a kind of its own."""
    model = service_headers.model(service).operation_model(operation)
    takes, gives = model.input_shape, model.output_shape
    if takes is None or gives is None:
        return None
    paging = _paginators(service).get(operation) or _by_name(takes, gives)
    if paging is None:
        return None
    named = [paging.get(key) for key in ("result_key", "input_token", "output_token", "limit_key")]
    if not all(isinstance(each, str) for each in named):
        return None
    items, token, following, limit = (str(each) for each in named)
    if not _OPAQUE.search(token) or items not in gives.members or following not in gives.members or limit not in takes.members:
        return None
    if gives.members[items].type_name != "list":
        return None
    element = gives.members[items].member
    members = element.members if element.type_name == "structure" else {}
    by, order = (_named(takes.members, name) for name in ("sortby", "sortorder"))
    more = paging.get("more_results")
    # what a request must have is obeyed behind this: without it nothing is found there
    optional = {name: shape for name, shape in takes.members.items() if name not in takes.required_members}
    selects = tuple(_selects(optional, members, operation))
    obeyed = filter(None, (token, limit, by, order, *(each.parameter for each in selects)))
    return Listing(
        service=service,
        operation=operation,
        items=items,
        token=token,
        next=following,
        limit=limit,
        more=more if isinstance(more, str) and more in gives.members else "",
        selects=selects,
        spelled=tuple(str(takes.members[name].serialization.get("name", name)).encode() for name in obeyed),
        sorts=_sorts(takes.members[by], members, operation) if by else {},
        by=by,
        order=order,
        default_by=_default(takes.members[by], "CreationTime") if by else "",
        default_order=_default(takes.members[order], "Descending") if order else "",
    )


def member_of(item: Any, member: str) -> Any:
    """A member of an item, by a path with dots."""
    for name in member.split("."):
        item = item.get(name) if isinstance(item, Mapping) else None
    return item


def moment(value: Any) -> float | None:
    """A time of a request or an answer in seconds; None for what is none."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, int | float):
        return float(value)
    try:
        return moment(datetime.fromisoformat(str(value)))
    except ValueError:
        return None


@cache
def _paginators(service: str) -> Mapping[str, Mapping[str, Any]]:
    try:
        found: Mapping[str, Mapping[str, Any]] = Loader().load_service_model(service, "paginators-1")["pagination"]
    except DataNotFoundError:
        return {}
    return found


def _by_name(takes: Any, gives: Any) -> Mapping[str, Any] | None:
    """The pages of an operation without a paginator, by the names that AWS gives their parts."""
    token, limit = _named(takes.members, "nexttoken"), _named(takes.members, "maxresults")
    following = _named(gives.members, "nexttoken")
    lists = [name for name, shape in gives.members.items() if shape.type_name == "list"]
    if not (token and limit and following) or len(lists) != 1:
        return None
    return {"result_key": lists[0], "input_token": token, "output_token": following, "limit_key": limit}


def _named(members: Mapping[str, Any], name: str) -> str:
    """The member of that name in small letters; "" where there is none."""
    return next((member for member in members if member.lower() == name), "")


def _selects(takes: Mapping[str, Any], members: Mapping[str, Any], operation: str) -> list[Select]:
    found = []
    for parameter, shape in takes.items():
        lowered = parameter.lower()
        for test in _TEXT_TESTS:
            stem = lowered.removesuffix(test)
            if shape.type_name == "string" and stem != lowered and (member := _member(members, stem, operation)):
                found.append(Select(parameter, test, member))
        for test in _TIME_TESTS:
            stem = _TIMES.get(lowered.removesuffix(test), "") if lowered.endswith(test) else ""
            member = next(
                (name for name, each in members.items() if each.type_name == "timestamp" and name.lower().startswith(stem)), ""
            )
            if stem and member:
                found.append(Select(parameter, test, member))
        if shape.type_name == "string" and shape.enum and parameter in members and members[parameter].enum == shape.enum:
            found.append(Select(parameter, "equals", parameter))
    return found


def _sorts(shape: Any, members: Mapping[str, Any], operation: str) -> dict[str, str]:
    return {value: member for value in shape.enum if (member := _member(members, value.lower(), operation))}


def _member(members: Mapping[str, Any], stem: str, operation: str) -> str:
    """The member of an item that `Name`, `Status` or `CreationTime` means there: TrainingJobName, TrainingJobStatus."""
    noun = re.sub(r"^(List|Describe|Get)", "", operation).lower()
    nouns = [noun, noun.removesuffix("s"), noun.removesuffix("es"), noun.removesuffix("ies") + "y"]
    exact = [name for name in members if name.lower() in (stem, *(each + stem for each in nouns))]
    ending = [
        name
        for name, shape in members.items()
        if name.lower().endswith(stem) and shape.type_name in ("string", "timestamp", "integer")
    ]
    starting = [name for name in members if stem.startswith("creat") and name.lower().startswith("creat")]
    found = next(iter(exact or ending or starting), "")
    if found and members[found].type_name == "structure":
        inner = next((name for name in members[found].members if name.lower() == "status"), "")
        return f"{found}.{inner}" if inner else ""
    return found


def _default(shape: Any, otherwise: str) -> str:
    """The default that the model's text states, if it is one of the values."""
    stated = _DEFAULT.search(shape.documentation or "")
    return stated[1] if stated and stated[1] in shape.enum else otherwise


def _passes(select: Select, item: Any, wanted: Any) -> bool:
    value = member_of(item, select.member)
    if select.test in ("after", "before"):
        one, other = moment(value), moment(wanted)
        if one is None or other is None:
            return False
        return one >= other if select.test == "after" else one <= other
    text, wanted = str(value or ""), str(wanted)
    if select.test == "contains":
        return wanted.lower() in text.lower()
    return text.startswith(wanted) if select.test == "prefix" else text == wanted


def _ordered(value: Any) -> tuple[int, float, str]:
    """A key by which absent values come first, then numbers and times, then texts."""
    if value is None:
        return 0, 0.0, ""
    if isinstance(value, datetime | int | float):
        return 1, moment(value) or 0.0, ""
    return 2, 0.0, str(value)


def _token(begin: int, seal: str) -> str:
    return base64.urlsafe_b64encode(f"slipway:{seal}:{begin}".encode()).decode()


def is_ours(token: str) -> bool:
    """Whether a token was given out by `Listing.page`."""
    try:
        return base64.urlsafe_b64decode(token.encode()).startswith(b"slipway:")
    except (binascii.Error, ValueError):
        return False


def _opened(token: str, seal: str) -> int:
    try:
        _, sealed, begin = base64.urlsafe_b64decode(token.encode()).decode().split(":")
        place = int(begin)
    except (binascii.Error, ValueError):
        sealed, place = "", 0
    if sealed != seal:
        raise ValueError(f"the token {token!r} is none that this list gave for these parameters")
    return place
