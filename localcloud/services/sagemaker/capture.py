"""Data capture: what an endpoint was asked and answered, as JSON lines in S3.

The format and the path are SageMaker's: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
A request only puts a record into a queue; encoding and writing happen in this module's thread.
"""

from __future__ import annotations

import base64
import json
import random
import threading
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from localcloud.services.sagemaker.transfer import TransferError

# Records wait in memory for the next flush only; a flood beyond this drops the oldest, never the request.
MAX_WAITING_BYTES = 64 * 1024 * 1024

Put = Callable[[str, str, bytes], None]


class Captured(Protocol):
    """What capture has to know of an endpoint."""

    name: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One invocation to be written. Only what the configuration's options ask for is kept; None where it is not."""

    endpoint: str
    region: str
    variant: str
    config: Mapping[str, Any]
    at: datetime
    request: tuple[str, bytes] | None
    response: tuple[str, bytes] | None
    inference_id: str | None
    custom_attributes: str | None

    @property
    def size(self) -> int:
        return sum(len(part[1]) for part in (self.request, self.response) if part)


class Capture:
    """Samples, queues and writes. `put(region, uri, body)` stores an object."""

    def __init__(self, put: Put, period_s: float, note: Callable[[str], None] = lambda _line: None) -> None:
        self._put, self._period_s, self._note = put, period_s, note
        self._waiting: deque[Exchange] = deque()
        self._bytes = 0
        self.dropped = 0
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._stop = threading.Event()
        self._random = random.Random()

    def start(self) -> None:
        self._stop.clear()
        threading.Thread(target=self._loop, name="data capture", daemon=True).start()

    def stop(self) -> None:
        """Writes what is queued. Call while S3 still answers."""
        self._stop.set()
        self.flush()

    def offer(
        self,
        endpoint: Captured,
        variant: str,
        config: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        body: bytes,
        status: int,
        answered: Mapping[str, str],
        content: bytes,
    ) -> None:
        """Queues one invocation if it is sampled. Microseconds; never raises."""
        if not config or not config.get("EnableCapture") or status >= 400:
            return
        percentage = config.get("InitialSamplingPercentage", 100)
        if percentage < 100 and self._random.random() * 100 >= percentage:
            return
        modes = {option.get("CaptureMode") for option in config.get("CaptureOptions") or ()}
        exchange = Exchange(
            endpoint=endpoint.name,
            region=endpoint.region,
            variant=variant,
            config=config,
            at=datetime.now(UTC),
            request=(headers.get("content-type", ""), body) if modes & {"Input", "InputAndOutput"} else None,
            response=(answered.get("content-type", ""), content) if modes & {"Output", "InputAndOutput"} else None,
            inference_id=headers.get("x-amzn-sagemaker-inference-id"),
            custom_attributes=answered.get("x-amzn-sagemaker-custom-attributes"),
        )
        with self._lock:
            self._waiting.append(exchange)
            self._bytes += exchange.size
            while self._bytes > MAX_WAITING_BYTES and len(self._waiting) > 1:
                self._bytes -= self._waiting.popleft().size
                self.dropped += 1

    def flush(self) -> None:
        """Writes one object for each endpoint, variant and hour that has something."""
        with self._flushing:
            with self._lock:
                waiting, self._waiting, self._bytes = self._waiting, deque(), 0
            groups: dict[tuple[str, str], list[Exchange]] = defaultdict(list)
            for exchange in waiting:
                groups[exchange.region, folder_of(exchange)].append(exchange)
            for (region, folder), exchanges in groups.items():
                body = b"".join(json.dumps(event(exchange), separators=(",", ":")).encode() + b"\n" for exchange in exchanges)
                name = f"{exchanges[0].at:%M-%S}-{exchanges[0].at.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
                try:
                    self._put(region, f"{folder}/{name}", body)
                except TransferError as problem:
                    self.dropped += len(exchanges)
                    self._note(f"data capture: {len(exchanges)} records lost: {problem}")

    def _loop(self) -> None:
        while not self._stop.wait(self._period_s):
            if self._waiting:
                self.flush()


def folder_of(exchange: Exchange) -> str:
    """`<destination>/<endpoint>/<variant>/yyyy/mm/dd/hh` in UTC."""
    return f"{exchange.config['DestinationS3Uri'].rstrip('/')}/{exchange.endpoint}/{exchange.variant}/{exchange.at:%Y/%m/%d/%H}"


def event(exchange: Exchange) -> dict[str, Any]:
    """One captured line."""
    types = exchange.config.get("CaptureContentTypeHeader") or {}
    data: dict[str, Any] = {}
    if exchange.request is not None:
        data["endpointInput"] = _part("INPUT", *exchange.request, types)
    if exchange.response is not None:
        data["endpointOutput"] = _part("OUTPUT", *exchange.response, types)
    metadata: dict[str, Any] = {"eventId": str(uuid.uuid4()), "inferenceTime": f"{exchange.at:%Y-%m-%dT%H:%M:%SZ}"}
    if exchange.inference_id:
        metadata["inferenceId"] = exchange.inference_id
    if exchange.custom_attributes:
        metadata["customAttributes"] = [exchange.custom_attributes]
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}


def _part(mode: str, content_type: str, body: bytes, types: Mapping[str, Any]) -> dict[str, str]:
    encoding = encoding_of(content_type, types)
    text = base64.b64encode(body).decode() if encoding == "BASE64" else body.decode("utf-8", "replace")
    return {"observedContentType": content_type, "mode": mode, "data": text, "encoding": encoding}


def encoding_of(content_type: str, types: Mapping[str, Any]) -> str:
    """CSV and JSON only for the types that CaptureContentTypeHeader lists; everything else is base64, as in the cloud."""
    bare = content_type.partition(";")[0].strip().lower()
    for encoding, key in (("CSV", "CsvContentTypes"), ("JSON", "JsonContentTypes")):
        if bare in {str(listed).partition(";")[0].strip().lower() for listed in types.get(key) or ()}:
            return encoding
    return "BASE64"
