"""An S3 server on loopback, and a network to it that a test can cut."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, kw_only=True)
class S3:
    """A server on loopback."""

    endpoint: str

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }

    def client(self, service: str = "s3") -> Any:
        """A client of this process: made once a service, because botocore reads a model of megabytes for each."""
        return _client(os.getpid(), self.endpoint, service)


@cache
def _client(process: int, endpoint: str, service: str) -> Any:
    """The process is part of the key because a fork must not use the connections of its parent."""
    import boto3

    # The tests' own session: boto3's default one keeps the credentials that it saw first, and tests change them.
    return boto3.session.Session().client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


class Wire:
    """A network between a test and a server, which the test can cut and mend."""

    def __init__(self, s3: S3) -> None:
        self._to = (urlsplit(s3.endpoint).hostname, urlsplit(s3.endpoint).port)
        self._sockets: list[socket.socket] = []
        self._port = 0
        self.mend()

    @property
    def s3(self) -> S3:
        return S3(endpoint=f"http://127.0.0.1:{self._port}")

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        for end in [self._listener, *self._sockets]:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._sockets.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._to)
            self._sockets += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65_536):
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
