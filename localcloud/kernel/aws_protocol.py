"""AWS's requests and answers by botocore's service models: which operation a request asks for, with what, and the answer's form.

Every protocol is parsed and written by moto's own (botocore-driven) code, so boto3 and the aws CLI see what is answered here like
all else.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, unquote

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.datastructures import Headers, MultiDict
from werkzeug.wrappers import Request, Response

# Where the gate leaves a call that it has parsed, in a request's environ.
CALL: Final = "slipway.call"
# AWS's common errors (ValidationException, SerializationException) stand in no service's model; moto warns of each.
warnings.filterwarnings("ignore", message=".*does not match an error shape in service model", category=UserWarning)
_ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z0-9]+)")
_CREDENTIAL = re.compile(r"Credential=[^/]+/[0-9]+/([^/]+)/([^/]+)/aws4_request")


def signed_for(environ: Mapping[str, Any]) -> tuple[str, str]:
    """The service and the region that a request is signed for; ("", "") for a request without a signature."""
    scope = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    return (scope[2], scope[1]) if scope else ("", "")


def operation_of(service: str, request: Request, environ: Mapping[str, Any], body: bytes) -> tuple[str, dict[str, str]] | None:
    """The operation's name and the parameters in its path; None for what the service's model does not know."""
    protocol = _protocol(_model(service))
    if protocol in ("query", "ec2"):
        named = _ACTION.search(body)
        action = named[1].decode() if named else request.args.get("Action", "")
        return (action, {}) if action in _model(service).operation_names else None
    if protocol == "json":
        target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        return (target, {}) if target in _model(service).operation_names else None
    path = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or request.path).split("?")[0]
    query = request.args
    for method, pattern, name, literals in _routes(service):
        found = pattern.fullmatch(path) if method == request.method else None
        if found and all(key in query and value in (None, query[key]) for key, value in literals):
            return name, {key: unquote(value) for key, value in found.groupdict().items()}
    return None


def parsed(service: str, operation: str, request: Request, body: bytes, url_params: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a request, by the names and types of the operation's input shape."""
    model = _model(service).operation_model(operation)
    values: MultiDict[str, str] = MultiDict(request.args)
    if _protocol(model.service_model) in ("query", "ec2"):
        for key, items in parse_qs(body.decode(), keep_blank_values=True).items():
            for item in items:
                values.add(key, item)
    found: dict[str, Any] = PROTOCOL_PARSERS[_protocol(model.service_model)](model).parse(
        {
            "body": body.decode() if body else "",
            "headers": Headers(request.headers),
            "method": request.method,
            "url_params": dict(url_params),
            "url_path": request.path,
            "values": values,
        }
    )
    return found


def known(service: str) -> bool:
    """Whether botocore has a model of the service."""
    from botocore.exceptions import UnknownServiceError

    try:
        _model(service)
    except (UnknownServiceError, ValueError):
        return False
    return True


def protocol_of(service: str) -> str:
    """The protocol that the service's requests are read by."""
    return _protocol(_model(service))


@cache
def input_of(service: str, operation: str) -> Any:
    """The operation's input shape; None where it takes nothing."""
    return _model(service).operation_model(operation).input_shape


@cache
def is_document(service: str, operation: str) -> bool:
    """Whether the operation's body is a document of its members, and no data of the caller's (an object, a payload)."""
    shape = input_of(service, operation)
    payload = shape.serialization.get("payload") if shape else None
    return payload is None or shape.members[payload].type_name in ("structure", "string")


def written(service: str, operation: str, result: Any) -> Response:
    """An answer, or an error of moto's kind, in the form that the operation's protocol gives it."""
    model = _model(service).operation_model(operation)
    form = get_serializer_class(service, _protocol(model.service_model))(model).serialize(result)
    return Response(form["body"], status=form["status_code"], headers=dict(form["headers"]))


@cache
def _model(service: str) -> Any:
    return get_service_model(service)


def _protocol(model: Any) -> str:
    """The service's protocol; of several (CBOR and JSON) the first that moto reads, which is what boto3 and the aws CLI write."""
    offered = model.metadata.get("protocols") or [model.protocol]
    return str(next((name for name in offered if name in PROTOCOL_PARSERS), model.protocol))


@cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], str, tuple[tuple[str, str | None], ...]]]:
    """(method, path pattern, operation, what its query must say) of a rest service, the most specific first.

    A part of the query without a value may have any.
    """
    model = _model(service)
    routes = []
    # of two operations of one path (S3's lifecycles) the one that is not deprecated
    for name in sorted(model.operation_names, key=lambda name: bool(model.operation_model(name).deprecated)):
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        pattern = "".join(
            part
            if not part.startswith("{")
            else f"(?P<{part[1:-1].rstrip('+').replace('-', '_')}>{'.+' if part.endswith('+}') else '[^/]+'})"
            for part in re.split(r"(\{[^}]+\})", path)
        )
        # x-id only repeats the operation's name, and not every client sends it
        literals: tuple[tuple[str, str | None], ...] = tuple(
            item for item in parse_qsl(query, keep_blank_values=True) if item[0] != "x-id"
        )
        if service == "s3":  # an upload is told from its object by what the query must have
            literals += tuple((name, None) for name in _asked_in_query(model.operation_model(name).input_shape))
        routes.append((http["method"], re.compile(pattern), name, literals, len(re.sub(r"\{[^}]+\}", "", path))))
    return [route[:4] for route in sorted(routes, key=lambda route: (-len(route[3]), -route[4]))]


def _asked_in_query(shape: Any) -> list[str]:
    """The names in the query of the members that a request must have."""
    places = [shape.members[name].serialization for name in shape.required_members] if shape else []
    return [place["name"] for place in places if place.get("location") == "querystring"]
