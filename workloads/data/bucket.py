"""A `Store` in S3, by boto3.

Not by s3torchconnector's client, which takes less CPU for a ranged GET of 256 KiB (1.6 ms beside 3.8 ms, on one core over
loopback): at 8 requests a second, which is a million tokens, that is 2 % of a core. For it boto3 tells a missing bucket from a
denied one, reads only what has not changed (If-Match), survives a fork, ends at our deadline, and needs no PyTorch where none
is.
"""

from __future__ import annotations

import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from workloads.data.objects import CHANGED, DEADLINE_SECONDS, SCHEME, Entry, Missing, NoBucket, OutOfReach, Refused, join, told
from workloads.errors import DataError

CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 30
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 5.0
# Connections kept open to S3; as many requests run side by side.
CONNECTIONS: Final = 32

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A `Store` in S3."""

    bucket: str
    prefix: str
    deadline: float = DEADLINE_SECONDS
    stop: threading.Event = field(default_factory=threading.Event, repr=False, compare=False)

    @property
    def uri(self) -> str:
        return join(f"{SCHEME}{self.bucket}", self.prefix) if self.prefix else f"{SCHEME}{self.bucket}"

    def address(self, name: str) -> str:
        return join(self.uri, name)

    def list(self) -> dict[str, Entry]:
        below = f"{self.prefix}/" if self.prefix else ""
        found: dict[str, Entry] = {}
        more: dict[str, str] = {}
        while True:
            page = self._ask(self.uri, partial(_page, bucket=self.bucket, prefix=below, more=more))
            for item in page.get("Contents", ()):
                if not item["Key"].endswith("/"):  # a "folder" that the console made
                    found[item["Key"].removeprefix(below)] = Entry(size=item["Size"], tag=item["ETag"])
            if not page.get("IsTruncated"):
                return found
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def read(self, name: str, *, start: int = 0, length: int | None = None, tag: str = "") -> bytes:
        if length == 0:
            return b""
        request: dict[str, str] = {"IfMatch": tag} if tag else {}
        if start or length is not None:
            request["Range"] = f"bytes={start}-{'' if length is None else start + length - 1}"

        def ask(client: Any) -> bytes:
            return bytes(client.get_object(Bucket=self.bucket, Key=self._key(name), **request)["Body"].read())

        return self._ask(self.address(name), ask)

    def write(self, name: str, data: bytes) -> None:
        self._ask(self.address(name), lambda client: client.put_object(Bucket=self.bucket, Key=self._key(name), Body=data))

    def remove(self, name: str) -> None:
        self._ask(self.address(name), lambda client: client.delete_object(Bucket=self.bucket, Key=self._key(name)))

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
            target = Path(folder) / Path(name).name

            def ask(client: Any) -> None:
                body = client.get_object(Bucket=self.bucket, Key=self._key(name))["Body"]
                # Unbuffered, so that a full disk is told where it is met and not taken for the network's fault.
                with target.open("wb", buffering=0) as file:
                    while data := body.read(1 << 20):
                        with told(str(target)):
                            file.write(data)

            self._ask(self.address(name), ask)
            yield target

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    def _ask(self, address: str, request: Callable[[Any], _Answer]) -> _Answer:
        """The answer to one request, repeated until the deadline while the server is out of reach or asks for patience."""
        from botocore.exceptions import BotoCoreError, ClientError
        from urllib3.exceptions import HTTPError

        end = time.monotonic() + self.deadline
        pause = FIRST_PAUSE_SECONDS
        last: Any
        while True:
            try:
                return request(s3_client())
            except ClientError as error:
                if not _passes(error):
                    raise _refused(address, self.bucket, error) from None
                last = error
            except (BotoCoreError, HTTPError, OSError) as error:
                if not isinstance(error, (*_network_errors(), HTTPError, OSError)):
                    raise Refused(address, [_unusable(error)]) from None
                last = error
            left = end - time.monotonic()
            # Spread out, so that a thousand processes do not come back in the same instant.
            wait = min(pause * random.uniform(0.5, 1.5), max(0.0, left))
            if left <= 0 or self.stop.wait(wait):
                raise OutOfReach(
                    address,
                    [
                        f"S3 did not answer for {self.deadline:g} s (last: {type(last).__name__}: {last}); check the network, "
                        "the VPC's S3 endpoint and AWS_ENDPOINT_URL, then start again: a job goes on at its newest checkpoint"
                    ],
                ) from None
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


_clients: dict[tuple[int, str | None], Any] = {}
_clients_lock = threading.Lock()


def s3_client() -> Any:
    """The S3 client of this process: made once (0.2 s), safe for threads, never carried over a fork with its connections."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    key = (os.getpid(), endpoint)
    with _clients_lock:
        if key not in _clients:
            import boto3
            from botocore.config import Config

            config = Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                max_pool_connections=CONNECTIONS,
                # Repeated by `Bucket` alone, so that the deadline is one number.
                retries={"total_max_attempts": 1, "mode": "standard"},
                # A bucket's name is no host name where an endpoint is given, as in the local cloud.
                s3={"addressing_style": "path"} if endpoint else None,
            )
            region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None
            _clients[key] = boto3.client("s3", config=config, region_name=region)
        return _clients[key]


def _page(client: Any, *, bucket: str, prefix: str, more: Mapping[str, str]) -> Mapping[str, Any]:
    return dict(client.list_objects_v2(Bucket=bucket, Prefix=prefix, **more))


def _network_errors() -> tuple[type[Exception], ...]:
    from botocore import exceptions

    # The first two: no connection, a closed one, a time-out. The others: a body that ended early.
    return (
        exceptions.HTTPClientError,
        exceptions.ConnectionError,
        exceptions.IncompleteReadError,
        exceptions.ResponseStreamingError,
    )


def _passes(error: Any) -> bool:
    """True for an answer that another try may better: S3's own trouble, or too many requests."""
    status = int(_status(error))
    return status >= 500 or status == 429 or _code(error) in ("SlowDown", "RequestTimeout", "RequestTimeTooSkewed", "Throttling")


def _refused(address: str, bucket: str, error: Any) -> DataError:
    code, status = _code(error), _status(error)
    if code == "NoSuchBucket":
        return NoBucket(address, [f"there is no bucket {bucket!r}; check its name, its account and the region"])
    if code in ("NoSuchKey", "404", "NotFound"):
        return Missing(address, ["there is no such object"])
    if code in ("PreconditionFailed", "412"):
        return DataError(address, [CHANGED])
    if code in ("InvalidRange", "416"):
        return DataError(address, ["it is shorter than the part asked for; write the corpus again"])
    if status in (401, 403):
        return Refused(
            address,
            [
                f"S3 denied access ({code}: {_message(error)}); the job's role needs s3:GetObject and s3:ListBucket here "
                "(s3:PutObject and s3:DeleteObject to write), and kms:Decrypt on the bucket's key"
            ],
        )
    return Refused(address, [f"S3 refused the request ({code}, status {status}: {_message(error)})"])


def _unusable(error: Exception) -> str:
    return f"S3 cannot be asked: {error}; give the job a role, or set AWS_REGION and AWS_PROFILE (or keys)"


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _message(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
