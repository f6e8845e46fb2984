"""The WSGI layer in front of moto: what SageMaker does for real is done here, everything else passes through unread."""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote

from localcloud.services.sagemaker.endpoints import Endpoints
from localcloud.services.sagemaker.invoke import Answer, Invoker
from localcloud.services.sagemaker.jobs import Jobs
from localcloud.services.sagemaker.shared import RequestError, Shared

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]
Handler = Callable[[str, dict[str, Any], Callable[[], Answer]], Answer]
# The same, for which a document stands for the answer 200 with it.
Answering = Callable[[str, dict[str, Any], Callable[[], Answer]], Answer | dict[str, Any]]

TARGET = "SageMaker."  # sagemaker's targetPrefix in botocore's service model
INVOCATIONS = re.compile(r"/endpoints/([^/]+)/invocations")
SCOPE = re.compile(r"Credential=[^/]+/[^/]+/([^/]+)/([^/]+)/aws4_request")
DEFAULT_REGION = "us-east-1"
# What is read and thrown away of a body over the limit, so that its sender gets to the answer.
DRAIN_BYTES = 64 * 1024 * 1024


class Middleware:
    """A WSGI application over moto's. `others` are answered by their own modules; `on_reset` is called before moto forgets
    everything (POST /moto-api/reset)."""

    def __init__(
        self,
        app: Wsgi,
        shared: Shared,
        *,
        jobs: Jobs,
        endpoints: Endpoints,
        invoker: Invoker,
        others: Mapping[str, Answering],
        on_reset: Callable[[], None],
    ) -> None:
        self._app, self._shared = app, shared
        self._jobs, self._endpoints, self._invoker, self._on_reset = jobs, endpoints, invoker, on_reset
        self._operations: dict[str, Handler] = {
            "CreateTrainingJob": self._create_training_job,
            "StopTrainingJob": self._stop_training_job,
            "DeleteTrainingJob": self._delete_training_job,
            "CreateEndpoint": self._create_endpoint,
            "UpdateEndpoint": self._update_endpoint,
            "UpdateEndpointWeightsAndCapacities": self._update_weights,
            "DeleteEndpoint": self._delete_endpoint,
            **{operation: partial(_answered, answering) for operation, answering in others.items()},
        }

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target.startswith(TARGET):
            return _send(self._control(target[len(TARGET) :], environ), start_response)
        path = environ.get("PATH_INFO", "")
        if environ.get("REQUEST_METHOD") == "POST":
            match = INVOCATIONS.fullmatch(path)
            region, service = _scope(environ)
            if match and service in {"sagemaker", ""}:
                return _send(self._invoke(region, unquote(match[1]), environ), start_response)
            if path == "/moto-api/reset":
                self._on_reset()
        return self._app(environ, start_response)

    @property
    def operations(self) -> frozenset[tuple[str, str]]:
        """(service, operation) of what is done here for real."""
        return frozenset({("sagemaker-runtime", "InvokeEndpoint"), *(("sagemaker", name) for name in self._operations)})

    def _control(self, operation: str, environ: Environ) -> Answer:
        """Answers a request of SageMaker's control plane: in place of moto, or as moto does, with processes started or ended."""
        body = _read(environ, None)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)

        def forward() -> Answer:
            return _call(self._app, environ)

        with self._shared.records:
            handler = self._operations.get(operation)
            if handler is None:
                return forward()
            try:
                request = json.loads(body or b"{}")
                return handler(_scope(environ)[0], request, forward)
            except RequestError as problem:
                return _error(problem)
            except (KeyError, TypeError, ValueError) as problem:
                return _error(
                    RequestError("ValidationException", f"{operation}: the request lacks or misspells a field: {problem!r}")
                )

    def _create_training_job(self, region: str, request: dict[str, Any], forward: Callable[[], Answer]) -> Answer:
        self._jobs.check(region, request)
        answer = forward()
        if answer.status == 200:
            self._jobs.begin(region, request)
        return answer

    def _stop_training_job(self, region: str, request: dict[str, Any], _forward: Callable[[], Answer]) -> Answer:
        self._jobs.stop_job(region, request["TrainingJobName"])
        return _json(200, {})

    def _delete_training_job(self, region: str, request: dict[str, Any], _forward: Callable[[], Answer]) -> Answer:
        self._jobs.delete(region, request["TrainingJobName"])
        return _json(200, {})

    def _create_endpoint(self, region: str, request: dict[str, Any], forward: Callable[[], Answer]) -> Answer:
        self._endpoints.check_create(region, request)
        answer = forward()
        if answer.status == 200:
            self._endpoints.create(region, request["EndpointName"])
        return answer

    def _update_endpoint(self, region: str, request: dict[str, Any], _forward: Callable[[], Answer]) -> Answer:
        return _json(200, {"EndpointArn": self._endpoints.update(region, request)})

    def _update_weights(self, region: str, request: dict[str, Any], forward: Callable[[], Answer]) -> Answer:
        self._endpoints.check_weights(region, request["EndpointName"])
        answer = forward()
        if answer.status == 200:
            self._endpoints.set_weights(region, request["EndpointName"], request["DesiredWeightsAndCapacities"])
        return answer

    def _delete_endpoint(self, region: str, request: dict[str, Any], forward: Callable[[], Answer]) -> Answer:
        answer = forward()
        if answer.status == 200:
            self._endpoints.delete(region, request["EndpointName"])
        return answer

    def _invoke(self, region: str, name: str, environ: Environ) -> Answer:
        limit = self._shared.limits.payload_bytes
        body = _read(environ, limit)
        if len(body) > limit:
            return self._invoker.too_large(int(environ.get("CONTENT_LENGTH") or len(body)))
        headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
        if environ.get("CONTENT_TYPE"):
            headers["content-type"] = environ["CONTENT_TYPE"]
        return self._invoker.invoke(region, name, headers, body)


def _answered(answering: Answering, region: str, request: dict[str, Any], forward: Callable[[], Answer]) -> Answer:
    found = answering(region, request, forward)
    return found if isinstance(found, Answer) else _json(200, found)


def _scope(environ: Environ) -> tuple[str, str]:
    """Region and service that a request was signed for; the default region and "" when it was not signed."""
    match = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return (match[1], match[2]) if match else (DEFAULT_REGION, "")


def _read(environ: Environ, limit: int | None) -> bytes:
    """The whole body; over `limit` bytes only its beginning, with the rest drained."""
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    if not length and not environ.get("wsgi.input_terminated"):
        return b""
    left = int(length) if length else None
    chunks: list[bytes] = []
    size = 0
    while left is None or left > 0:
        chunk = stream.read(min(left, 1 << 20) if left is not None else 1 << 20)
        if not chunk:
            break
        size += len(chunk)
        if left is not None:
            left -= len(chunk)
        if limit is None or size - len(chunk) <= limit:
            chunks.append(chunk)
        if limit is not None and size > limit + DRAIN_BYTES:
            break
    return b"".join(chunks)


def _call(app: Wsgi, environ: Environ) -> Answer:
    """moto's answer as a value."""
    started: list[Any] = []
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        started[:] = [int(status.split(" ", 1)[0]), dict(headers)]
        return written.append

    result = app(environ, start_response)
    try:
        written.extend(result)
    finally:
        close = getattr(result, "close", None)
        if close is not None:
            close()
    return Answer(status=started[0], headers=started[1], body=b"".join(written))


def _json(status: int, body: dict[str, Any]) -> Answer:
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": str(uuid.uuid4())}
    return Answer(status=status, headers=headers, body=json.dumps(body).encode())


def _error(problem: RequestError) -> Answer:
    return _json(problem.status, {"__type": problem.code, "message": problem.message})


def _send(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    headers = [(name, value) for name, value in answer.headers.items() if name.lower() != "content-length"]
    start_response(
        f"{answer.status} {'OK' if answer.status < 400 else 'Error'}", [*headers, ("Content-Length", str(len(answer.body)))]
    )
    return [answer.body]
