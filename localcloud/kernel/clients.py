"""boto3 clients of the local cloud.

The provider lives in the daemon beside moto, so its clients hand requests straight to the WSGI application: the same bytes
as over the socket, without the socket. Every other client uses the HTTP endpoint.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config
from werkzeug.test import EnvironBuilder, run_wsgi_app

from localcloud.kernel.context import Clients

CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class _Body(io.BytesIO):
    """A response body with urllib3's `stream`, which botocore reads from."""

    def stream(self, _amount: int = 65536, decode_content: bool | None = None) -> Iterator[bytes]:
        del decode_content
        while chunk := self.read(65536):
            yield chunk


def in_process(app: Callable[..., Iterable[bytes]], endpoint: str, parameter_validation: bool = True) -> Clients:
    """Clients that call the WSGI `app` directly; `endpoint` is the address in their requests. Cached; safe across threads.

    Without `parameter_validation` a request leaves as it is asked, for AWS to refuse.
    """
    session = boto3.session.Session(**CREDENTIALS)
    config = Config(
        s3={"addressing_style": "path"},
        retries={"max_attempts": 1},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        parameter_validation=parameter_validation,
    )
    cache: dict[tuple[str, str], Any] = {}
    lock = threading.Lock()

    def send(request: Any, **_: Any) -> AWSResponse:
        parts = urlsplit(request.url)
        body = request.body if request.body is not None else b""
        if hasattr(body, "read"):
            body = body.read()
        headers = {name: (value.decode() if isinstance(value, bytes) else value) for name, value in request.headers.items()}
        environ = EnvironBuilder(
            method=request.method,
            path=parts.path or "/",
            query_string=parts.query,
            base_url=f"{parts.scheme}://{parts.netloc}",
            headers=headers,
            data=body.encode() if isinstance(body, str) else bytes(body),
        ).get_environ()
        # Encoded slashes (arns in EKS paths) must reach the routes undecoded, as werkzeug's own server passes them.
        environ["RAW_URI"] = environ["REQUEST_URI"] = parts.path + (f"?{parts.query}" if parts.query else "")
        chunks, status, response_headers = run_wsgi_app(app, environ, buffered=True)
        return AWSResponse(
            request.url, int(status.split(" ", 1)[0]), HeadersDict(dict(response_headers)), _Body(b"".join(chunks))
        )

    def client(service: str, region: str) -> Any:
        with lock:
            key = (service, region)
            if key not in cache:
                cache[key] = session.client(service, region_name=region, endpoint_url=endpoint, config=config)
                cache[key].meta.events.register("before-send", send)
            return cache[key]

    return client
