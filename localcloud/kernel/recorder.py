"""What moto lacks, kept: a generic store in front of moto, driven by botocore's own service models.

A `Recorded` row names the operations of one kind of resource; Create keeps, Describe and List return, Update changes, Delete
removes, tagging works, and errors are AWS's. Every protocol is parsed and written by moto's own (botocore-driven) code, so
boto3 and the aws CLI see recorded resources like all others. Which kinds there are is in `recorded.py`.
"""

from __future__ import annotations

import io
import re
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal
from urllib.parse import parse_qs, unquote

from moto.core.exceptions import ServiceException
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.datastructures import Headers, MultiDict
from werkzeug.wrappers import Request, Response

from localcloud.kernel.account import ACCOUNT as ACCOUNT

Verb = Literal["create", "describe", "list", "update", "delete"]
_CREDENTIAL = re.compile(r"Credential=[^/]+/[0-9]+/([^/]+)/([^/]+)/aws4_request")
# A service whose requests are signed under another name than boto3's.
_SIGNED_AS = {"servicequotas": "service-quotas"}


class Refusal(ServiceException):
    """An error in AWS's words. moto looks an exception's service up by its module, so it must not be one of moto's own."""


@dataclass(frozen=True, slots=True)
class Call:
    """One parsed request: which operation, where, with what, and who keeps the items."""

    service: str
    operation: str
    region: str
    params: Mapping[str, Any]
    recorder: Recorder

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
    made: Callable[[Call], Mapping[str, Any]]
    arn: str
    missing: tuple[str, str]
    exists: tuple[str, str]
    parent: Callable[[Call], Any] | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    drop: frozenset[str] = frozenset({"clientRequestToken", "DryRun", "TagSpecifications"})
    inside: str = ""
    tags: Literal["tags", "ResourceTags"] = "tags"
    wrap: Callable[[Call, dict[str, Any]], Mapping[str, Any]] | None = None


# An operation on moto's own resources that moto has not got: (call) -> the answer, or None when moto shall answer.
Extra = Callable[[Call], Mapping[str, Any] | None]


class Recorder:
    """WSGI middleware: answers recorded operations, hands everything else to `app`."""

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        rows: Iterable[Recorded] | None = None,
        extras: Mapping[tuple[str, str], Extra] | None = None,
    ):
        from localcloud.services import recorded

        self.app = app
        self.rows = tuple(recorded.ROWS if rows is None else rows)
        self.extras = dict(recorded.EXTRAS if extras is None else extras)
        self._by_operation = {
            (row.service, operation): (row, verb) for row in self.rows for operation, verb in row.operations.items()
        }
        self._services = {row.service for row in self.rows} | {service for service, _ in self.extras}
        self._items: dict[tuple[str, str, str], dict[tuple[Any, ...], dict[str, Any]]] = {}
        self._lock = threading.RLock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        scope = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        service = _SIGNED_AS.get(scope[2], scope[2]) if scope else ""
        if scope and service in self._services:
            answer = self._answer(environ, service, scope[1])
            if answer is not None:
                return answer(environ, start_response)
        return self.app(environ, start_response)

    def reset(self) -> None:
        with self._lock:
            self._items.clear()

    def items(self, service: str, noun: str, region: str) -> list[dict[str, Any]]:
        """The recorded items of one kind, for the orphan count and for rows' code."""
        return list(self._store(service, noun, region).values())

    def kept(self, service: str, noun: str, region: str) -> dict[tuple[Any, ...], dict[str, Any]]:
        """The store of one kind by key, for an `Extra` that keeps what it is told. A reset empties it."""
        return self._store(service, noun, region)

    def forget(self, service: str, region: str, **members: str) -> None:
        """Removes every item of the service that has these members: what goes with its owner."""
        with self._lock:
            for (owner, _, where), store in self._items.items():
                if (owner, where) == (service, region):
                    gone = [key for key, item in store.items() if all(item.get(name) == value for name, value in members.items())]
                    for key in gone:
                        del store[key]

    def _answer(self, environ: dict[str, Any], service: str, region: str) -> Response | None:
        request = Request(environ)
        body = request.get_data(cache=True)
        # The application behind must be able to read the body again.
        environ["wsgi.input"] = io.BytesIO(body)
        found = _operation(service, request, environ, body)
        if found is None:
            return None
        name, url_params = found
        tagging = name in ("TagResource", "UntagResource", "ListTagsForResource", "CreateTags", "DeleteTags")
        if (service, name) not in self._by_operation and (service, name) not in self.extras and not tagging:
            return None
        model = _model(service).operation_model(name)
        params = _parse(model, request, body, url_params)
        call = Call(service, name, region, params, self)
        try:
            with self._lock:
                result: Any = self._tags(call) if tagging else None
                if result is None and (service, name) in self.extras:
                    result = self.extras[service, name](call)
                if result is None and (service, name) in self._by_operation:
                    row, verb = self._by_operation[service, name]
                    result = getattr(self, f"_{verb}")(row, call)
                if result is None:
                    return None
        except ServiceException as error:
            result = error
        written = get_serializer_class(service, _protocol(model.service_model))(model).serialize(result)
        return Response(written["body"], status=written["status_code"], headers=dict(written["headers"]))

    def _store(self, service: str, noun: str, region: str) -> dict[tuple[Any, ...], dict[str, Any]]:
        return self._items.setdefault((service, noun, region), {})

    def _create(self, row: Recorded, call: Call) -> Mapping[str, Any]:
        if row.parent:
            row.parent(call)
        given = call.params[row.inside] if row.inside else call.params
        item = {name: value for name, value in given.items() if name not in row.drop and value is not None}
        for specification in call.params.get("TagSpecifications", ()):
            item["Tags"] = list(specification.get("Tags", ()))
        item.update(row.made(call))
        key = tuple(item.get(name) for name in row.key)
        store = self._store(row.service, row.noun, call.region)
        if key in store:
            raise Refusal(row.exists[0], row.exists[1].format(*key))
        store[key] = item
        return self._wrapped(row, call, item)

    def _find(self, row: Recorded, call: Call) -> tuple[tuple[Any, ...], dict[str, Any]]:
        key = tuple(call.params.get(name) for name in row.key)
        item = self._store(row.service, row.noun, call.region).get(key)
        if item is None:
            raise Refusal(row.missing[0], row.missing[1].format(*key))
        return key, item

    def _describe(self, row: Recorded, call: Call) -> Mapping[str, Any]:
        return self._wrapped(row, call, self._find(row, call)[1])

    def _list(self, row: Recorded, call: Call) -> Mapping[str, Any]:
        items = list(self._store(row.service, row.noun, call.region).values())
        for parameter, member in row.filters.items():
            wanted = call.params.get(parameter)
            if wanted is None:
                continue
            values = wanted if isinstance(wanted, list) else [wanted]
            items = [item for item in items if item.get(member) in values]
            if isinstance(wanted, list) and len(items) < len(values):
                raise Refusal(row.missing[0], row.missing[1].format(*values))
        member, column = row.listed
        return {member: [item.get(column) for item in items] if column else items}

    def _update(self, row: Recorded, call: Call) -> Mapping[str, Any]:
        _, item = self._find(row, call)
        item.update({name: value for name, value in call.params.items() if name not in row.drop and value is not None})
        if "modifiedAt" in item:
            item["modifiedAt"] = datetime.now(UTC)
        return self._wrapped(row, call, item)

    def _delete(self, row: Recorded, call: Call) -> Mapping[str, Any]:
        key, item = self._find(row, call)
        del self._store(row.service, row.noun, call.region)[key]
        return self._wrapped(row, call, item)

    def _wrapped(self, row: Recorded, call: Call, item: dict[str, Any]) -> Mapping[str, Any]:
        if row.wrap is not None:
            return row.wrap(call, item)
        return {row.output: item} if row.output else {}

    def _tags(self, call: Call) -> Mapping[str, Any] | None:
        """Tagging of a recorded item; None when the resource is moto's."""
        wanted = call.params.get("resourceArn") or call.params.get("ResourceArn") or (call.params.get("Resources") or [""])[0]
        for row in self.rows:
            for item in self._store(row.service, row.noun, call.region).values() if row.service == call.service else ():
                if wanted and wanted in (item.get(row.arn), item.get("GroupId")):
                    return _change_tags(call, item, row.tags)
        return None


def _change_tags(call: Call, item: dict[str, Any], member: str) -> Mapping[str, Any]:
    if call.operation in ("CreateTags", "DeleteTags"):
        tags, named = _as_map(item.get("Tags")), _as_map(call.params.get("Tags"))
        tags = {**tags, **named} if call.operation == "CreateTags" else {k: v for k, v in tags.items() if k not in named}
        item["Tags"] = _as_list(tags)
        return {}
    if call.operation == "ListTagsForResource":
        return {member: item.get(member) or ({} if member == "tags" else [])}
    tags = _as_map(item.get(member))
    if call.operation == "TagResource":
        tags |= _as_map(call.params.get(member))
    else:
        gone = call.params.get("tagKeys") or call.params.get("ResourceTagKeys") or ()
        tags = {key: value for key, value in tags.items() if key not in gone}
    item[member] = tags if member == "tags" else _as_list(tags)
    return {}


def _as_map(tags: Any) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in tags} if isinstance(tags, list) else dict(tags or {})


def _as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


@cache
def _model(service: str) -> Any:
    return get_service_model(service)


def _protocol(model: Any) -> str:
    """The service's protocol; of several (CBOR and JSON) the first that moto reads, which is what boto3 and the aws CLI write."""
    offered = model.metadata.get("protocols") or [model.protocol]
    return str(next((name for name in offered if name in PROTOCOL_PARSERS), model.protocol))


@cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    """(method, path pattern, operation) of a rest service, the most specific first."""
    model = _model(service)
    routes = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = http["requestUri"].split("?")[0]
        pattern = "".join(
            part
            if not part.startswith("{")
            else f"(?P<{part[1:-1].rstrip('+').replace('-', '_')}>{'.+' if part.endswith('+}') else '[^/]+'})"
            for part in re.split(r"(\{[^}]+\})", path)
        )
        routes.append((http["method"], re.compile(pattern), name, len(re.sub(r"\{[^}]+\}", "", path))))
    return [(method, pattern, name) for method, pattern, name, _ in sorted(routes, key=lambda route: -route[3])]


def _operation(service: str, request: Request, environ: Mapping[str, Any], body: bytes) -> tuple[str, dict[str, str]] | None:
    protocol = _protocol(_model(service))
    if protocol in ("query", "ec2"):
        action = parse_qs(body.decode(errors="replace")).get("Action") or [request.args.get("Action", "")]
        return (action[0], {}) if action[0] in _model(service).operation_names else None
    if protocol == "json":
        target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        return (target, {}) if target in _model(service).operation_names else None
    path = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or request.path).split("?")[0]
    for method, pattern, name in _routes(service):
        found = pattern.fullmatch(path) if method == request.method else None
        if found:
            return name, {key: unquote(value) for key, value in found.groupdict().items()}
    return None


def _parse(model: Any, request: Request, body: bytes, url_params: dict[str, str]) -> dict[str, Any]:
    values: MultiDict[str, str] = MultiDict(request.args)
    if _protocol(model.service_model) in ("query", "ec2"):
        for key, items in parse_qs(body.decode(), keep_blank_values=True).items():
            for item in items:
                values.add(key, item)
    parsed: dict[str, Any] = PROTOCOL_PARSERS[_protocol(model.service_model)](model).parse(
        {
            "body": body.decode() if body else "",
            "headers": Headers(request.headers),
            "method": request.method,
            "url_params": url_params,
            "url_path": request.path,
            "values": values,
        }
    )
    return parsed
