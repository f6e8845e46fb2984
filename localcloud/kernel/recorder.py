"""What moto lacks, recorded: a generic store in front of moto, driven by botocore's own service models.

A `Recorded` row names the operations of one kind of resource; Create keeps, Describe and List return, Update changes, Delete
removes, tagging works, and errors are AWS's. Which kinds there are is in the services' `beside_moto.py`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import ServiceException
from werkzeug.wrappers import Request, Response

from localcloud.kernel import aws_protocol
from localcloud.kernel.recorded import TAGGING, Addition, ApiCall, Recorded, Refusal
from localcloud.kernel.store import Store

_TAGGING = (*TAGGING, "CreateTags", "DeleteTags")


class Recorder:
    """WSGI middleware: answers recorded operations, hands everything else to `app`."""

    def __init__(self, app: Callable[..., Iterable[bytes]], additions: Iterable[Addition]) -> None:
        self.app = app
        self.store = Store()
        additions = tuple(additions)
        self.rows = tuple(row for addition in additions for row in addition.recorded)
        self.extras = {(each.service, operation): extra for each in additions for operation, extra in each.extras.items()}
        self._by_operation = {
            (row.service, operation): (row, verb) for row in self.rows for operation, verb in row.operations.items()
        }
        tagged = {(row.service, operation) for row in self.rows for operation in _TAGGING}
        self.operations = frozenset({*self.extras, *self._by_operation, *tagged})
        self._services = {each.signed_as or each.service: each.service for each in additions if each.recorded or each.extras}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        signed_as, region = aws_protocol.signed_for(environ)
        service = self._services.get(signed_as)
        if service is not None:
            answer = self._answer(environ, service, region)
            if answer is not None:
                return answer(environ, start_response)
        return self.app(environ, start_response)

    def _answer(self, environ: dict[str, Any], service: str, region: str) -> Response | None:
        if (known := environ.get(aws_protocol.CALL)) is not None and known.service == service:
            return self._answer_to(known)
        request = Request(environ)
        body = request.get_data(cache=True)
        # The application behind must be able to read the body again.
        environ["wsgi.input"] = io.BytesIO(body)
        found = aws_protocol.operation_of(service, request, environ, body)
        if found is None:
            return None
        name, url_params = found
        if not self._answers(service, name):
            return None
        return self._answer_to(
            ApiCall(service, name, region, aws_protocol.parsed(service, name, request, body, url_params), self.store)
        )

    def _answers(self, service: str, name: str) -> bool:
        """Whether the operation is recorded, an extra, or the tagging of something that may be."""
        return (service, name) in self._by_operation or (service, name) in self.extras or name in _TAGGING

    def _answer_to(self, call: ApiCall) -> Response | None:
        service, name = call.service, call.operation
        if not self._answers(service, name):
            return None
        tagging = name in _TAGGING
        try:
            with self.store.lock:
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
        return aws_protocol.written(service, name, result)

    def _create(self, row: Recorded, call: ApiCall) -> Mapping[str, Any]:
        if row.parent:
            row.parent(call)
        given = call.params[row.inside] if row.inside else call.params
        item = {name: value for name, value in given.items() if name not in row.drop and value is not None}
        for specification in call.params.get("TagSpecifications", ()):
            item["Tags"] = list(specification.get("Tags", ()))
        item.update(row.made(call))
        key = tuple(item.get(name) for name in row.key)
        store = self.store.of(row.service, row.noun, call.region)
        if key in store:
            raise Refusal(row.exists[0], row.exists[1].format(*key))
        store[key] = item
        return self._wrapped(row, call, item)

    def _find(self, row: Recorded, call: ApiCall) -> tuple[tuple[Any, ...], dict[str, Any]]:
        key = tuple(call.params.get(name) for name in row.key)
        item = self.store.of(row.service, row.noun, call.region).get(key)
        if item is None:
            raise Refusal(row.missing[0], row.missing[1].format(*key))
        return key, item

    def _describe(self, row: Recorded, call: ApiCall) -> Mapping[str, Any]:
        return self._wrapped(row, call, self._find(row, call)[1])

    def _list(self, row: Recorded, call: ApiCall) -> Mapping[str, Any]:
        items = list(self.store.of(row.service, row.noun, call.region).values())
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

    def _update(self, row: Recorded, call: ApiCall) -> Mapping[str, Any]:
        _, item = self._find(row, call)
        item.update({name: value for name, value in call.params.items() if name not in row.drop and value is not None})
        if "modifiedAt" in item:
            item["modifiedAt"] = datetime.now(UTC)
        return self._wrapped(row, call, item)

    def _delete(self, row: Recorded, call: ApiCall) -> Mapping[str, Any]:
        key, item = self._find(row, call)
        del self.store.of(row.service, row.noun, call.region)[key]
        return self._wrapped(row, call, item)

    def _wrapped(self, row: Recorded, call: ApiCall, item: dict[str, Any]) -> Mapping[str, Any]:
        if row.wrap is not None:
            return row.wrap(call, item)
        return {row.output: item} if row.output else {}

    def _tags(self, call: ApiCall) -> Mapping[str, Any] | None:
        """Answers the tagging of a recorded item; None when moto has the resource."""
        wanted = call.params.get("resourceArn") or call.params.get("ResourceArn") or (call.params.get("Resources") or [""])[0]
        for row in self.rows:
            for item in self.store.of(row.service, row.noun, call.region).values() if row.service == call.service else ():
                if wanted and wanted in (item.get(row.arn), item.get(row.id)):
                    return _change_tags(call, item, row.tags)
        return None


def _change_tags(call: ApiCall, item: dict[str, Any], member: str) -> Mapping[str, Any]:
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
