"""Requests to S3 by boto3: one client, one deadline, one place where an answer becomes an error of a store.

Not by s3torchconnector's client, which takes less CPU for a ranged GET of 256 KiB (1.6 ms beside 3.8 ms, on one core over
loopback): at 8 requests a second, which is a million tokens, the difference is 2 % of a core. In return boto3 tells a missing
bucket from a denied one, reads only what has not changed (If-Match), survives a fork, ends at our deadline, and needs no PyTorch.
boto3 finds its region, its credentials and `AWS_ENDPOINT_URL` itself, and is imported with the first request.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from workloads.stores.store_errors import Changed, Missing, NoBucket, OutOfReach, Refused, StoreError

FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 5.0
# Connections kept open to S3; as many requests run side by side.
CONNECTIONS: Final = 32

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long S3 is asked when it does not answer, or asks for patience itself.

    One request waits `connect_seconds` for a connection and `read_seconds` for each answer. botocore makes `attempts` requests, a
    second or two apart. After them all is repeated, with growing pauses, until `deadline_seconds` are over; 0 repeats nothing.
    """

    connect_seconds: float
    read_seconds: float
    attempts: int
    deadline_seconds: float


# Longer than S3's usual hiccups, shorter than a person's patience. One number decides: botocore repeats nothing by itself.
PATIENT: Final = Patience(connect_seconds=10, read_seconds=30, attempts=1, deadline_seconds=120)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """How one store asks S3. `endpoint` is None for AWS's own; `stop`, once set, ends the repeating."""

    patience: Patience
    endpoint: str | None
    stop: threading.Event

    @property
    def client(self) -> Any:
        """The S3 client of this process: made once (0.2 s), safe for threads, never carried over a fork with its connections."""
        patience = self.patience
        key = (os.getpid(), self.endpoint, patience.connect_seconds, patience.read_seconds, patience.attempts)
        with _clients_lock:
            if key not in _clients:
                _clients[key] = _client(self.endpoint, patience)
            return _clients[key]

    def ask(self, address: str, bucket: str, request: Callable[[Any], _Answer]) -> _Answer:
        """The answer to one request, repeated until the deadline while the server is out of reach or asks for patience."""
        from botocore.exceptions import BotoCoreError, ClientError
        from urllib3.exceptions import HTTPError

        end = time.monotonic() + self.patience.deadline_seconds
        pause = FIRST_PAUSE_SECONDS
        last: Any
        while True:
            try:
                return request(self.client)
            except ClientError as error:
                if not _passes(error):
                    raise _refusal(address, bucket, error) from None
                last = error
            except (BotoCoreError, HTTPError, OSError) as error:
                if not isinstance(error, (*_network_errors(), HTTPError, OSError)):
                    raise Refused(address, _unusable(error), error) from None
                last = error
            left = end - time.monotonic()
            # Spread out, so that a thousand processes do not come back in the same instant.
            wait = min(pause * random.uniform(0.5, 1.5), max(0.0, left))
            if left <= 0 or self.stop.wait(wait):
                raise OutOfReach(
                    address,
                    f"S3 did not answer for {self.patience.deadline_seconds:g} s (last: {type(last).__name__}: {last}); check "
                    "the network, the VPC's S3 endpoint and AWS_ENDPOINT_URL, then start again: a job goes on at its newest "
                    "checkpoint",
                    last,
                ) from None
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


_clients: dict[tuple[object, ...], Any] = {}
_clients_lock = threading.Lock()


def own_endpoint() -> str | None:
    """The address of another S3 than AWS's own, by the variables that botocore reads too; None for AWS's."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or None


def own_region() -> str | None:
    """The region that the environment names, or None."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None


def _client(endpoint: str | None, patience: Patience) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=patience.connect_seconds,
        read_timeout=patience.read_seconds,
        max_pool_connections=CONNECTIONS,
        retries={"total_max_attempts": patience.attempts, "mode": "standard"},
        # A bucket's name is no host name where an endpoint is given, as in the local cloud.
        s3={"addressing_style": "path"} if endpoint else None,
    )
    return boto3.client("s3", config=config, region_name=own_region(), endpoint_url=endpoint)


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
    status = _status(error)
    return status >= 500 or status == 429 or _code(error) in ("SlowDown", "RequestTimeout", "RequestTimeTooSkewed", "Throttling")


def _refusal(address: str, bucket: str, error: Any) -> StoreError:
    code, status = _code(error), _status(error)
    if code == "NoSuchBucket":
        return NoBucket(address, f"there is no bucket {bucket!r}; check its name, its account and the region", error)
    if code in ("NoSuchKey", "404", "NotFound"):
        return Missing(address, "there is no such object", error)
    if code in ("PreconditionFailed", "412"):
        return Changed(address, error)
    if code in ("InvalidRange", "416"):
        return StoreError(address, "it is shorter than the part asked for; write the corpus again", error)
    if status in (401, 403):
        return Refused(
            address,
            f"S3 denied access ({code}: {_message(error)}); the job's role needs s3:GetObject and s3:ListBucket here "
            "(s3:PutObject and s3:DeleteObject to write), and kms:Decrypt on the bucket's key",
            error,
        )
    return Refused(address, f"S3 refused the request ({code}, status {status}: {_message(error)})", error)


def _unusable(error: Exception) -> str:
    return f"S3 cannot be asked: {error}; give the job a role, or set AWS_REGION and AWS_PROFILE (or keys)"


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _message(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
