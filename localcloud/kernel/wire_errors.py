"""AWS's errors in the form of each protocol, so that every SDK reads their code and sentence and none sends the request again.

The forms: https://smithy.io/2.0/aws/protocols/index.html, for S3 https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
SDKs repeat what has a status of 500 or above, 429, or a throttling code; an error from here has 400 and none of those codes.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

from localcloud.kernel.service_headers import ServiceHead

# What AWS says of an operation that it does not have, by the protocol it is asked in.
UNKNOWN_OPERATION: Final[Mapping[str, str]] = {"query": "InvalidAction", "ec2": "InvalidAction", "s3": "NotImplemented"}
_UNKNOWN: Final = "UnknownOperationException"


@dataclass(frozen=True, slots=True)
class WireError:
    """An error of AWS's kind; its status is never one that SDKs repeat."""

    code: str
    message: str
    status: int = 400

    def answer(self, environ: Mapping[str, Any], start_response: Any, protocol: str, head: ServiceHead | None) -> list[bytes]:
        """Sends the error as the answer to a WSGI request, in the protocol's form."""
        body, content_type, headers = self.written(protocol, head)
        start_response(
            f"{self.status} {'Not Found' if self.status == 404 else 'Bad Request'}",
            [("Content-Type", content_type), ("Content-Length", str(len(body))), *headers],
        )
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]

    def written(self, protocol: str, head: ServiceHead | None) -> tuple[bytes, str, list[tuple[str, str]]]:
        """The body, its content type and the further headers."""
        request_id = str(uuid.uuid4())
        headers = [("x-amzn-RequestId", request_id)]
        if protocol in ("json", "rest-json", "smithy-rpc-v2-cbor"):
            headers.append(("x-amzn-ErrorType", self.code))
            if head is not None and head.compatible:
                headers.append(("x-amzn-query-error", f"{self.code};Sender"))
        if protocol == "smithy-rpc-v2-cbor":
            body = b"\xa2" + b"".join(map(_cbor_text, ("__type", self.code, "message", self.message)))
            return body, "application/cbor", [*headers, ("smithy-protocol", "rpc-v2-cbor")]
        if protocol in ("json", "rest-json"):
            content_type = f"application/x-amz-json-{head.json_version if head else '1.1'}"
            text = json.dumps({"__type": self.code, "message": self.message})
            return text.encode(), "application/json" if protocol == "rest-json" else content_type, headers
        code, message = escape(self.code), escape(_printable(self.message))
        within = f"<Code>{code}</Code><Message>{message}</Message>"
        if protocol == "ec2":
            text = f"<Response><Errors><Error>{within}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
        elif protocol == "s3":
            text = f"<Error>{within}<RequestId>{request_id}</RequestId></Error>"
        else:
            error = f"<Error><Type>Sender</Type>{within}</Error>"
            text = f"<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>"
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode(), "text/xml", headers


def unknown_operation(protocol: str, message: str) -> WireError:
    """The error of an operation that is not answered."""
    return WireError(UNKNOWN_OPERATION.get(protocol, _UNKNOWN), message)


def unreadable(protocol: str, message: str) -> WireError:
    """The error of a request that cannot be answered as it stands."""
    codes = {"query": "ValidationError", "ec2": "InvalidParameterValue", "s3": "InvalidRequest"}
    return WireError(codes.get(protocol, "ValidationException"), message)


def protocol_of(environ: Mapping[str, Any], head: ServiceHead | None) -> str:
    """The protocol a request is written in; "s3" is S3's own form of rest-xml."""
    if head is not None and head.signed_as.startswith("s3") and "rest-xml" in head.protocols:
        return "s3"
    if "cbor" in environ.get("HTTP_SMITHY_PROTOCOL", ""):
        return "smithy-rpc-v2-cbor"
    offered = head.protocols if head is not None else ()
    if "HTTP_X_AMZ_TARGET" in environ and (head is None or "json" in offered):
        return "json"
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return "ec2" if "ec2" in offered else "query"
    readable = (name for name in offered if name != "smithy-rpc-v2-cbor")
    return next(readable, "rest-json" if "json" in environ.get("CONTENT_TYPE", "") else "rest-xml")


def _printable(text: str) -> str:
    """Text without the control characters that XML cannot hold."""
    return "".join(letter if letter in "\t\n" or letter >= " " else "?" for letter in text)


def _cbor_text(text: str) -> bytes:
    """A text string in CBOR (RFC 8949, major type 3)."""
    data = text.encode()
    length = len(data)
    if length < 24:
        return bytes([0x60 | length]) + data
    if length < 256:
        return bytes([0x78, length]) + data
    return b"\x79" + length.to_bytes(2, "big") + data
