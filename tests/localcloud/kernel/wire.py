"""Requests to AWS's API as botocore writes them, without a client and without a socket, for walks over all operations."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from localcloud.kernel import service_headers

READABLE = ("json", "query", "ec2", "rest-json", "rest-xml")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came, and as botocore reads it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    parsed: Mapping[str, Any]

    @property
    def code(self) -> str:
        return str(self.parsed.get("Error", {}).get("Code", ""))

    @property
    def message(self) -> str:
        return str(self.parsed.get("Error", {}).get("Message", ""))


def protocol_of(service: str, protocol: str = "") -> str:
    """The protocol to write in: the one that is given, or the first that boto3 takes and moto reads."""
    return protocol or next(name for name in service_headers.heads()[service].protocols if name in READABLE)


def ask(
    app: Callable[..., Iterable[bytes]], service: str, operation: str, params: Mapping[str, Any], protocol: str = ""
) -> Answer:
    """Sends one request and reads its answer. Raises what botocore raises for an answer that it cannot read."""
    model = service_headers.model(service).operation_model(operation)
    protocol = protocol_of(service, protocol)
    request = create_serializer(protocol, include_validation=False).serialize_to_request(dict(params), model)
    query = request["query_string"]
    body = request["body"]
    if isinstance(body, Mapping):
        body = urlencode(body)
    if hasattr(body, "read"):
        body = body.read()
    data = body.encode() if isinstance(body, str) else bytes(body)
    signed_as = service_headers.heads()[service].signed_as
    path, _, more = request["url_path"].partition("?")
    query = "&".join(filter(None, [more, query if isinstance(query, str) else urlencode(query)]))
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "RAW_URI": f"{path}?{query}" if query else path,
        "REQUEST_URI": f"{path}?{query}" if query else path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "4747",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost:4747",
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{signed_as}/aws4_request, Signature=x",
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(data),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request["headers"].items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value.decode() if isinstance(value, bytes) else str(value)
    return send(app, environ, model, protocol)


def send(app: Callable[..., Iterable[bytes]], environ: dict[str, Any], model: Any, protocol: str) -> Answer:
    """Sends a WSGI request and reads its answer by an operation's model."""
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        started[:] = [int(status[:3]), HeadersDict(headers)]
        return lambda _: None

    body = b"".join(app(environ, start_response))
    status, headers = started
    if environ["REQUEST_METHOD"] == "HEAD" and status >= 400:
        return Answer(status, headers, body, {})
    shape = model.output_shape
    streamed = status < 300 and (model.has_streaming_output or model.has_event_stream_output)
    raw = {"status_code": status, "headers": headers, "body": body, "context": {"operation_name": model.name}}
    parsed = {} if streamed else create_parser(protocol).parse(raw, shape)
    return Answer(status, headers, body, parsed)


def least(shape: Any, depth: int = 0) -> Any:
    """The smallest value of a shape: what is required, and nothing else."""
    kind = shape.type_name
    if kind == "structure":
        names = shape.required_members or (list(shape.members)[:1] if shape.is_tagged_union else [])
        return {} if depth > 8 else {name: _named(name) or least(shape.members[name], depth + 1) for name in names}
    if kind == "list":
        return [least(shape.member, depth + 1)] * int(shape.metadata.get("min", 0)) if depth < 8 else []
    if kind == "map":
        return {}
    if kind == "string":
        return shape.enum[0] if shape.enum else "a" * max(int(shape.metadata.get("min", 1)), 1)
    if kind in ("integer", "long"):
        return max(int(shape.metadata.get("min", 1)), 1)
    if kind in ("float", "double"):
        return 1.0
    return {"boolean": True, "timestamp": "2026-01-01T00:00:00Z", "blob": b"a"}[kind]


def _named(member: str) -> str:
    """A value for a member whose name says what it must be, since what is behind looks at no more than that."""
    arn = "arn:aws:workspaces-web:us-east-1:123456789012:portal/00000000-0000-4000-8000-000000000000"
    return {"AwsAccountId": "123456789012", "statusCode": "200", "portalArn": arn}.get(member, "")
