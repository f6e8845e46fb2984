"""Lists as AWS gives them: selected, sorted and in pages, whatever is behind makes of these parameters.

What is behind is asked for the whole list, page after page and without the parameters that are obeyed here.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser
from werkzeug.wrappers import Request

from localcloud.kernel import aws_protocol, service_headers
from localcloud.kernel.front import ASKED_OPERATION
from localcloud.kernel.listing import Listing, is_ours, listing
from localcloud.kernel.recorded import Refusal

# Pages of a list that are asked for at most, and items of a page where nobody says how many: AWS's own 100.
_PAGES: Final = 10_000
_PAGE: Final = 100
_READ: Final = ("query", "ec2", "json", "rest-json", "rest-xml")
# What is right behind, or means more by a page than its length.
LISTED_RIGHT: Final = frozenset({"dynamodb", "dynamodbstreams", "s3", "sqs", "swf", "kinesis", "s3control"})
Special = Mapping[tuple[str, str], tuple[tuple[str, ...], Callable[[Mapping[str, Any], list[Any]], list[Any]]]]


class Lists:
    """WSGI middleware: arranges the lists of `app`. `special` are operations with a language of their own, such as Search."""

    def __init__(self, app: Callable[..., Iterable[bytes]], special: Special) -> None:
        self.app = app
        self._special = special
        self._found: dict[tuple[str, str], Listing | None] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asked = environ.get(ASKED_OPERATION)
        how = self._listing(asked.service, asked.operation) if asked is not None and asked.operation else None
        if how is None or "HTTP_SMITHY_PROTOCOL" in environ or not (how.sorts or _mentions(environ, how)):
            return self.app(environ, start_response)
        params = _params(environ, how)
        if not self._concerns(how, params):
            return self.app(environ, start_response)
        return self._arranged(environ, start_response, how, params)

    def _listing(self, service: str, operation: str) -> Listing | None:
        key = (service, operation)
        if key not in self._found:
            self._found[key] = self._derived(service, operation)
        return self._found[key]

    def _derived(self, service: str, operation: str) -> Listing | None:
        if service in LISTED_RIGHT or aws_protocol_of(service) not in _READ:
            return None
        found = listing(service, operation)
        if found is None or (service, operation) not in self._special:
            return found
        names, special = self._special[service, operation]
        return replace(found, special=special, special_parameters=names, sorts={"": ""})

    @staticmethod
    def _concerns(how: Listing, params: Mapping[str, Any]) -> bool:
        """Whether anything is to be arranged: a token that is not from here is one of what is behind."""
        if params.get(how.token) and not is_ours(str(params[how.token])):
            return bool(how.sorts)
        return bool(how.sorts) or any(params.get(name) is not None for name in how.parameters)

    def _arranged(self, environ: dict[str, Any], start_response: Any, how: Listing, params: Mapping[str, Any]) -> Iterable[bytes]:
        whole: list[Any] = []
        seen: set[str] = set()
        token: str | None = None
        for _ in range(_PAGES):
            status, headers, body = _call(self.app, _without(environ, how, token))
            if status >= 300:
                start_response(f"{status} Error", headers)
                return [body]
            answer = json.loads(body) if _plain(how) else _read(how, status, headers, body)
            whole += answer.get(how.items) or []
            token = answer.get(how.next)
            if not token or token in seen:
                break
            seen.add(token)
        try:
            items, following = how.page(params, how.arranged(params, whole), _PAGE if how.sorts else max(len(whole), 1))
        except ValueError as error:
            refusal = Refusal(_CODES.get(aws_protocol_of(how.service), "ValidationException"), f"Invalid {how.token}: {error}")
            return aws_protocol.written(how.service, how.operation, refusal)(environ, start_response)
        answer[how.items] = items
        answer.pop(how.next, None)
        if following:
            answer[how.next] = following
        if how.more:
            answer[how.more] = following is not None
        if _plain(how):
            text = json.dumps(answer).encode()
            kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
            start_response("200 OK", [*kept, ("Content-Length", str(len(text)))])
            return [text]
        return aws_protocol.written(how.service, how.operation, answer)(environ, start_response)


_CODES: Final[Mapping[str, str]] = {"query": "ValidationError", "ec2": "InvalidParameterValue"}


@cache
def aws_protocol_of(service: str) -> str:
    """The protocol by which requests to the service are read and answered here."""
    head = service_headers.heads().get(service)
    return next((name for name in (head.protocols if head else ()) if name in _READ), "")


def _plain(how: Listing) -> bool:
    """Whether requests and answers are JSON by the model's own names, which is read as it is: that takes a tenth of the time."""
    return how.special is None and aws_protocol_of(how.service) == "json"


def _mentions(environ: dict[str, Any], how: Listing) -> bool:
    """Whether the request may have one of the parameters that are obeyed here, found without reading it as AWS does."""
    text = _body(environ) + str(environ.get("QUERY_STRING", "")).encode()
    return any(name in text for name in how.spelled)


def _params(environ: dict[str, Any], how: Listing) -> Mapping[str, Any]:
    """The request's parameters: those that were parsed in front of this, or parsed here."""
    known = environ.get(aws_protocol.CALL)
    if known is not None and known.operation == how.operation:
        params: Mapping[str, Any] = known.params
        return params
    body = _body(environ)
    if _plain(how):
        asked = json.loads(body or b"{}")
        return asked if isinstance(asked, dict) else {}
    request = Request(environ)
    found = aws_protocol.operation_of(how.service, request, environ, body)
    url_params = found[1] if found else {}
    return aws_protocol.parsed(how.service, how.operation, request, body, url_params)


def _body(environ: dict[str, Any]) -> bytes:
    stream = environ["wsgi.input"]
    if not isinstance(stream, io.BytesIO):
        environ["wsgi.input"] = stream = io.BytesIO(stream.read())
    whole: bytes = stream.getvalue()
    stream.seek(0)
    return whole


def _without(environ: dict[str, Any], how: Listing, token: str | None) -> dict[str, Any]:
    """The same request without the parameters that are obeyed here alone, for the page that `token` begins."""
    members = service_headers.model(how.service).operation_model(how.operation).input_shape.members
    protocol = aws_protocol_of(how.service)
    body, query = _body(environ), environ.get("QUERY_STRING", "")
    if protocol in ("query", "ec2"):
        form = body.decode() or query
        kept = [pair for pair in parse_qsl(form, keep_blank_values=True) if pair[0].partition(".")[0] not in how.hidden]
        kept += [(how.token, token)] if token else []
        body = urlencode(kept).encode() if body else body
        query = query if body else urlencode(kept)
    else:
        asked = json.loads(body or b"{}") if protocol in ("json", "rest-json") and body else None
        pairs = parse_qsl(query, keep_blank_values=True)
        for name in how.hidden:
            spelled = members[name].serialization.get("name", name)
            if members[name].serialization.get("location") == "querystring":
                pairs = [pair for pair in pairs if pair[0] != spelled]
                pairs += [(spelled, token)] if token and name == how.token else []
            elif asked is not None:
                asked.pop(spelled, None)
                if token and name == how.token:
                    asked[spelled] = token
        body = json.dumps(asked).encode() if asked is not None else body
        query = urlencode(pairs)
    fresh = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), "QUERY_STRING": query}
    for name in (aws_protocol.CALL, "HTTP_TRANSFER_ENCODING", "werkzeug.request"):
        fresh.pop(name, None)
    return fresh


def _call(app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        started[:] = [int(status[:3]), headers]
        return lambda _: None

    body = b"".join(app(environ, start_response))
    return started[0], started[1], body


def _read(how: Listing, status: int, headers: list[tuple[str, str]], body: bytes) -> dict[str, Any]:
    """An answer by the operation's output shape."""
    shape = service_headers.model(how.service).operation_model(how.operation).output_shape
    raw = {"status_code": status, "headers": HeadersDict(headers), "body": body, "context": {"operation_name": how.operation}}
    found: dict[str, Any] = create_parser(aws_protocol_of(how.service)).parse(raw, shape)
    found.pop("ResponseMetadata", None)
    return found
