"""AWS's requests and answers by botocore's service models: which operation a request asks for, with what, and the answer's form.

Every protocol is parsed and written by moto's own (botocore-driven) code, so boto3 and the aws CLI see what is answered here like
all else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.datastructures import Headers, MultiDict
from werkzeug.wrappers import Request, Response

_CREDENTIAL = re.compile(r"Credential=[^/]+/[0-9]+/([^/]+)/([^/]+)/aws4_request")


def signed_for(environ: Mapping[str, Any]) -> tuple[str, str]:
    """The service and the region that a request is signed for; ("", "") for a request without a signature."""
    scope = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    return (scope[2], scope[1]) if scope else ("", "")


def operation_of(service: str, request: Request, environ: Mapping[str, Any], body: bytes) -> tuple[str, dict[str, str]] | None:
    """The operation's name and the parameters in its path; None for what the service's model does not know."""
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
