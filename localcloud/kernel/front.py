"""The front of the emulated AWS: every operation is answered, or refused by its name in the form of its own protocol.

Nothing that moto only says has happened gets past here, no failure behind here is seen as a page of HTML or as a status that SDKs
repeat, and what no service of AWS would understand is told so.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from moto.core.request import Request
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_input_stream

from localcloud.kernel import service_headers, wire_errors
from localcloud.kernel.service_headers import ServiceHead
from localcloud.kernel.verdicts import Verdicts
from localcloud.kernel.wire_errors import WireError

log = logging.getLogger("slipway.localcloud")
Wsgi = Callable[..., Iterable[bytes]]

_SCOPE: Final = re.compile(r"Credential=[^/]*/[0-9]*/([^/]*)/([^/,]+)/aws4_request")
_PRESIGNED: Final = re.compile(r"(?:^|&)X-Amz-Credential=([^&]+)")
_ACTION: Final = re.compile(rb"(?:^|[&?])Action=([A-Za-z0-9]+)")
_VERSION: Final = re.compile(rb"(?:^|[&?])Version=([0-9-]+)")
_FORM: Final = "application/x-www-form-urlencoded"
# moto's own pages and EC2's metadata are no operations of a service.
_NO_OPERATIONS: Final = ("/moto-api", "/latest/meta-data/", "/latest/api/", "/favicon.ico")
# Requests that AWS takes without a signature, by their X-Amz-Target; the prefix is the service's.
_UNSIGNED: Final = ("AWSCognito", "SageMaker.")
_HTML: Final = b"<!doctype html"
_NOT_FOUND: Final = re.compile(r"NotFound|NoSuch|DoesNotExist|NonExistent")
_DRAINED_BYTES: Final = 64 * 1024 * 1024
# Where the front leaves (service, operation) of a request for what is behind.
ASKED_OPERATION: Final = "slipway.asked"
_WAY_OUT: Final = "Nothing was made or changed. `./slipway local coverage` lists what is done, kept and refused."


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for. `service` and `operation` are "" where botocore's models do not say."""

    service: str
    operation: str
    signed_as: str = ""

    @property
    def head(self) -> ServiceHead | None:
        return service_headers.heads().get(self.service)

    @property
    def name(self) -> str:
        return f"{self.service or self.signed_as}:{self.operation}" if self.operation else (self.service or self.signed_as)


class Front:
    """WSGI middleware: refuses what is refused, hands everything else to `app`, and puts its failures in AWS's form."""

    def __init__(self, app: Wsgi, verdicts: Verdicts) -> None:
        self.app, self.verdicts = app, verdicts

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(_NO_OPERATIONS):
            return self.app(environ, start_response)
        # A stream that ends with the body: what is behind may have read it or not when the rest is thrown away.
        environ["wsgi.input"] = get_input_stream(environ)
        asked = Asked("", "")
        try:
            asked = environ[ASKED_OPERATION] = asked_for(environ)
            error = self._refusal(environ, asked)
            if error is None:
                return self._answered(environ, start_response, asked)
        except Exception as problem:  # whatever breaks behind here, the caller gets an error that its SDK reads
            error = _failure(environ, asked, problem)
        _drain(environ)
        return error.answer(environ, start_response, wire_errors.protocol_of(environ, asked.head), asked.head)

    def _refusal(self, environ: dict[str, Any], asked: Asked) -> WireError | None:
        if asked.service and asked.operation:
            verdict = self.verdicts.of(asked.service, asked.operation)
            if verdict.kind != "refused":
                return None
            return _refused(environ, asked, verdict.reason)
        if self.verdicts.answers(asked.service) and "HTTP_X_AMZ_TARGET" not in environ and not _is_form(environ):
            return None  # a path that the model does not know: what is behind may (S3's own, a page of Cognito's)
        if not asked.signed_as and not environ.get("HTTP_AUTHORIZATION", "AWS ").startswith("AWS "):
            return WireError("InvalidArgument", "Unsupported Authorization Type")
        if not asked.signed_as and "HTTP_X_AMZ_TARGET" not in environ:
            return None  # no signature: moto knows whose it is by the path, and S3 takes the rest
        if not asked.signed_as:
            return WireError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
        named = environ.get("HTTP_X_AMZ_TARGET") or _action(environ) or environ.get("PATH_INFO", "")
        message = f"{asked.name} has no operation that {named!r} asks for, by botocore's models. {_WAY_OUT}"
        return wire_errors.unknown_operation(wire_errors.protocol_of(environ, asked.head), message)

    def _answered(self, environ: dict[str, Any], start_response: Any, asked: Asked) -> Iterable[bytes]:
        """The answer of what is behind, unless it is no answer of AWS's kind."""
        started: list[Any] = []

        def hold(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
            started[:] = [status, headers]
            return lambda _: None

        body = self.app(environ, hold)
        status, headers = started
        code = int(status[:3])
        if code >= 400 and environ.get("REQUEST_METHOD") != "HEAD":
            whole = b"".join(body)
            error = _in_no_form(environ, asked, code, whole)
            if error is not None:
                return error.answer(environ, start_response, wire_errors.protocol_of(environ, asked.head), asked.head)
            body = [whole]
        if code >= 500:
            status = "400 Bad Request"
        start_response(status, _typed(environ, headers, asked))
        return body


def asked_for(environ: dict[str, Any]) -> Asked:
    """The service and the operation that a request asks for; a form's body is read and put back."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    signed_as = scope[2] if scope else _presigned(environ)
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if not signed_as and not target.startswith(_UNSIGNED):
        return Asked("", "")
    found: tuple[str, str] | None = None
    if "HTTP_SMITHY_PROTOCOL" in environ:
        found = _by_rpc_path(signed_as, environ.get("PATH_INFO", ""))
    elif target:
        found = service_headers.by_target(signed_as, target)
    elif any({"query", "ec2"} & set(head.protocols) for head in service_headers.services_signed_as(signed_as)):
        action = _action(environ)
        version = _VERSION.search(_form(environ)) if action else None
        found = service_headers.by_action(signed_as, action, version[1].decode() if version else "") if action else None
        if found is None or not found[1]:
            found = service_headers.by_path(signed_as, Request(environ)) or found
    else:
        found = service_headers.by_path(signed_as, Request(environ))
    if found is None:
        services = service_headers.services_signed_as(signed_as)
        found = (services[0].name, "") if services else ("", "")
    return Asked(*found, signed_as or found[0])


def _presigned(environ: dict[str, Any]) -> str:
    """The service that a URL is signed for; moto finds it where a header would say it (S3 it finds by itself)."""
    found = _PRESIGNED.search(environ.get("QUERY_STRING", ""))
    credential = unquote(found[1]).split("/") if found else []
    if len(credential) != 5:
        return ""
    if credential[3] != "s3":
        environ["HTTP_AUTHORIZATION"] = f"AWS4-HMAC-SHA256 Credential={'/'.join(credential)}, SignedHeaders=host"
    return credential[3]


def _by_rpc_path(signed_as: str, path: str) -> tuple[str, str] | None:
    """(service, operation) of `/service/PREFIX/operation/NAME`, the path of Smithy's RPC protocols."""
    operation = path.rpartition("/operation/")[2]
    for head in service_headers.services_signed_as(signed_as):
        if operation in service_headers.operations(head.name):
            return head.name, operation
    return None


def _is_form(environ: Mapping[str, Any]) -> bool:
    return bool(environ.get("CONTENT_TYPE", "").startswith(_FORM))


def _action(environ: dict[str, Any]) -> str:
    found = _ACTION.search(_form(environ))
    return found[1].decode() if found else ""


def _form(environ: dict[str, Any]) -> bytes:
    """The form in a request's body, or else its query."""
    if not _is_form(environ):
        return str(environ.get("QUERY_STRING", "")).encode()
    stream = environ["wsgi.input"]
    if not isinstance(stream, io.BytesIO):
        whole = stream.read()
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = (stream := io.BytesIO(whole)), str(len(whole))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
    whole = stream.getvalue()
    return whole or str(environ.get("QUERY_STRING", "")).encode()


def _refused(environ: Mapping[str, Any], asked: Asked, reason: str) -> WireError:
    message = f"{asked.name} is not done by the local cloud: {reason}. {_WAY_OUT}"
    return wire_errors.unknown_operation(wire_errors.protocol_of(environ, asked.head), message)


def _failure(environ: Mapping[str, Any], asked: Asked, problem: Exception) -> WireError:
    """The error of a request that broke what is behind: what nobody implemented is refused, the rest is not understood."""
    if isinstance(problem, NotImplementedError):
        return _refused(environ, asked, str(problem) or "nothing here answers it")
    log.warning("%s failed: %r", asked.name or environ.get("PATH_INFO", ""), problem)
    log.debug("%s failed", asked.name, exc_info=problem)
    if isinstance(problem, KeyError | StopIteration) and (code := _not_found(asked)):
        return WireError(code, f"{asked.name}: there is no {problem}" if str(problem) else f"{asked.name}: not found")
    message = f"{asked.name or 'The request'} cannot be answered by the local cloud: {type(problem).__name__}: {problem}"
    return wire_errors.unreadable(wire_errors.protocol_of(environ, asked.head), message[:2000])


def _not_found(asked: Asked) -> str:
    """The code by which an operation says that what it names is not there; "" where its model has none."""
    if not asked.operation:
        return ""
    for shape in service_headers.model(asked.service).operation_model(asked.operation).error_shapes:
        if _NOT_FOUND.search(shape.name):
            return str(shape.error_code)
    return ""


def _in_no_form(environ: Mapping[str, Any], asked: Asked, code: int, body: bytes) -> WireError | None:
    """The error to send in place of a page of HTML or of nothing at all; None for an answer that has AWS's form."""
    if body[:64].lstrip()[: len(_HTML)].lower() != _HTML and body.strip():
        return None
    protocol, name = wire_errors.protocol_of(environ, asked.head), asked.name or "The request"
    if code in (404, 405):
        return wire_errors.unknown_operation(protocol, f"{name} is not done by the local cloud. {_WAY_OUT}")
    return wire_errors.unreadable(protocol, f"{name} cannot be answered by the local cloud (status {code}).")


def _typed(environ: Mapping[str, Any], headers: list[tuple[str, str]], asked: Asked) -> list[tuple[str, str]]:
    """The headers, with a content type of the protocol where the framework put its own (HTML) for want of one."""
    protocol = ""
    for place, (name, value) in enumerate(headers):
        if value.startswith("text/html") and name.lower() == "content-type" and asked.service and asked.service != "s3":
            protocol = protocol or wire_errors.protocol_of(environ, asked.head)
            content_type = {"json": "application/x-amz-json-1.1", "rest-json": "application/json"}.get(protocol, "text/xml")
            headers = [*headers[:place], (name, content_type), *headers[place + 1 :]]
    return headers


def _drain(environ: Mapping[str, Any]) -> None:
    """Reads what is left of a body, so that its sender gets to the answer and the connection stays usable."""
    stream, left = environ["wsgi.input"], _DRAINED_BYTES
    with contextlib.suppress(OSError, ValueError, HTTPException):
        while left > 0 and (read := stream.read(1 << 16)):
            left -= len(read)
