"""InvokeEndpoint: from a request to the model server that answers it, and every error in SageMaker's own form.

Source of codes and fields: botocore's sagemaker-runtime model; of the messages: what the service answers.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.services.sagemaker.capture import Capture
from localcloud.services.sagemaker.endpoints import Endpoint, Endpoints
from localcloud.services.sagemaker.servers import ModelServer, ServerUnavailable
from localcloud.services.sagemaker.shared import Shared
from localcloud.services.sagemaker.variants import Deployment, Variant

WINDOW_S = 60
# The headers that reach a container; all others (signature, host, length) are between client and cloud.
FORWARDED = (
    "content-type",
    "accept",
    "x-amzn-sagemaker-custom-attributes",
    "x-amzn-sagemaker-inference-id",
    "x-amzn-sagemaker-session-id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Traffic:
    """Invocations of the last minute and the not yet published latencies, by endpoint and variant."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[str, str, str], deque[list[int]]] = defaultdict(deque)
        self._latencies: dict[tuple[str, str, str], list[tuple[int, float]]] = defaultdict(list)
        self._lock = threading.Lock()

    def record(self, key: tuple[str, str, str], status: int, latency_s: float, now: float | None = None) -> None:
        second = int(time.monotonic() if now is None else now)
        with self._lock:
            counts = self._seconds[key]
            if counts and counts[-1][0] == second:
                counts[-1][1] += 1
            else:
                counts.append([second, 1])
            while counts[0][0] <= second - WINDOW_S:
                counts.popleft()
            self._latencies[key].append((status, latency_s))

    def per_minute(self, key: tuple[str, str, str], now: float | None = None) -> int:
        """Invocations in the 60 seconds before `now`."""
        oldest = int(time.monotonic() if now is None else now) - WINDOW_S
        with self._lock:
            return sum(count for second, count in self._seconds.get(key, ()) if second > oldest)

    def take(self) -> dict[tuple[str, str, str], list[tuple[int, float]]]:
        """(status, latency in seconds) of each invocation since the last call."""
        with self._lock:
            taken, self._latencies = self._latencies, defaultdict(list)
        return taken


class Invoker:
    """Answers invocations. Called by many threads at once; holds no lock while a model works."""

    def __init__(self, shared: Shared, endpoints: Endpoints, capture: Capture) -> None:
        self._shared, self._endpoints, self._capture = shared, endpoints, capture
        self.traffic = Traffic()

    def invoke(self, region: str, name: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """`headers` in lower case. Never raises for what a caller or a model does wrong."""
        endpoint = self._endpoints.find(region, name)
        if endpoint is None:
            return error("ValidationError", f"Endpoint {name} of account {self._shared.account} not found.", 400)
        if headers.get("x-amzn-sagemaker-target-model"):
            # No endpoint here has several models (`variants.model_spec`).
            message = f"Endpoint {name} is not a multi-model endpoint and does not support target model header."
            return error("ValidationError", message, 400, ErrorCode="TARGET_MODEL_HEADER_NOT_SUPPORTED")
        while (deployment := endpoint.deployment) is not None:
            wanted = headers.get("x-amzn-sagemaker-target-variant")
            if wanted and wanted not in deployment.variants:
                names = ", ".join(deployment.variants)
                return error("ValidationError", f"Variant {wanted} not found for endpoint {name}; it has {names}.", 400)
            variant = deployment.variants[wanted] if wanted else deployment.pick_variant()
            answer = self._ask(endpoint, deployment, variant, headers, body) if variant is not None else None
            if answer is not None:
                return answer
            if endpoint.deployment is deployment:
                return error("ServiceUnavailable", f"No model server of endpoint {name} answers; it is being restarted.", 503)
            # The endpoint was switched to another deployment just now: that one answers.
        message = f"Endpoint {name} of account {self._shared.account} is not in service: it is {endpoint.status}."
        return error("ValidationError", message, 400)

    def too_large(self, size: int) -> Answer:
        """The answer to a body over the limit; the service gives no code but the status itself."""
        message = f"Request Entity Too Large: {size} bytes, the limit is {self._shared.limits.payload_bytes}"
        return Answer(status=413, headers={"Content-Type": "application/json"}, body=json.dumps({"message": message}).encode())

    def _ask(
        self, endpoint: Endpoint, deployment: Deployment, variant: Variant, headers: Mapping[str, str], body: bytes
    ) -> Answer | None:
        """The answer of one of a variant's servers; None when none of them takes the request."""
        forwarded = {header: headers[header] for header in FORWARDED if headers.get(header)}
        tried: set[ModelServer] = set()
        began = time.monotonic()
        while (server := deployment.pick_server(variant, tried)) is not None:
            tried.add(server)
            try:
                status, answered, content = server.request(body, forwarded, self._shared.limits.invoke_s)
            except ServerUnavailable:
                continue
            except TimeoutError:
                text = (
                    "Your invocation timed out while waiting for a response from container primary. "
                    "Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
                )
                answer = self._model_error(endpoint, 0, text)
            except ConnectionError as broken:
                answer = self._model_error(endpoint, 0, f"the container closed the connection ({broken})")
            else:
                answer = self._answer(endpoint, variant, status, answered, content)
                self._capture.offer(endpoint, variant.name, deployment.capture, headers, body, status, answered, content)
            self.traffic.record((endpoint.region, endpoint.name, variant.name), answer.status, time.monotonic() - began)
            return answer
        return None

    def _answer(self, endpoint: Endpoint, variant: Variant, status: int, answered: Mapping[str, str], content: bytes) -> Answer:
        if status >= 400:
            return self._model_error(endpoint, status, content.decode("utf-8", "replace"))
        headers = {
            "Content-Type": answered.get("content-type", "application/octet-stream"),
            "x-Amzn-Invoked-Production-Variant": variant.name,
        }
        if "x-amzn-sagemaker-custom-attributes" in answered:
            headers["X-Amzn-SageMaker-Custom-Attributes"] = answered["x-amzn-sagemaker-custom-attributes"]
        return Answer(status=200, headers=headers, body=content)

    def _model_error(self, endpoint: Endpoint, status: int, message: str) -> Answer:
        kind = "client" if 400 <= status < 500 else "server"
        group = f"/aws/sagemaker/Endpoints/{endpoint.name}"
        text = (
            f'Received {kind} error ({status}) from primary with message "{message}". '
            f"See log group {group} in account {self._shared.account} for more information."
        )
        return error(
            "ModelError",
            text,
            424,
            OriginalStatusCode=status,
            OriginalMessage=message,
            LogStreamArn=f"arn:aws:logs:{endpoint.region}:{self._shared.account}:log-group:{group}",
        )


def error(code: str, message: str, status: int, **fields: Any) -> Answer:
    """A rest-json error as sagemaker-runtime sends it."""
    body = json.dumps({"Code": code, "Message": message, **fields}).encode()
    return Answer(status=status, headers={"Content-Type": "application/json", "x-amzn-ErrorType": code}, body=body)
