"""One model server: a process that serves a model on a loopback port, kept alive for as long as its variant wants it."""

from __future__ import annotations

import contextlib
import http.client
import select
import shutil
import socket
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path

from localcloud.services.sagemaker import layout
from localcloud.services.sagemaker.logs import LogStream
from localcloud.services.sagemaker.processes import Child
from localcloud.services.sagemaker.shared import Shared

FIRST_PING_S = 0.02
SLOWEST_PING_S = 0.25
FAILURE_TAIL_CHARACTERS = 600
CRASH_SHOWS_S = 0.5  # from a broken connection to the end of the process that broke it
QUICK_ACK = getattr(socket, "TCP_QUICKACK", None)
PORT_TAKEN = ("Address already in use", "Errno 98")


class ServerUnavailable(Exception):
    """The server takes no connections; another one may answer."""


class ModelServer:
    """Starts with `start`; `settled` is set when it first answers /ping or is known never to (`failure` says why)."""

    def __init__(
        self,
        shared: Shared,
        *,
        name: str,
        base: Path,
        command: list[str],
        asked_environment: Mapping[str, str],
        region: str,
        startup_s: float,
        log: LogStream,
    ) -> None:
        self.name, self.base, self.log = name, base, log
        self.settled = threading.Event()
        self.failure = ""
        self.restarts = 0
        self.in_flight = 0
        self._shared, self._command, self._asked, self._region = shared, command, asked_environment, region
        self._startup_s = startup_s
        self._ready = False
        self._stopping = threading.Event()
        self._child: Child | None = None
        self._port = 0
        self._idle: deque[http.client.HTTPConnection] = deque()
        self._lock = threading.Lock()
        self._keeper = threading.Thread(target=self._keep, name=f"server {name}", daemon=True)

    @property
    def ready(self) -> bool:
        """Whether it takes requests now."""
        return self._ready and self._child is not None and not self._child.ended.is_set()

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None and not self._child.ended.is_set() else None

    def start(self) -> None:
        self._keeper.start()

    def request_stop(self) -> None:
        """Asks for the end without waiting: no new requests, SIGTERM."""
        self._ready = False
        self._stopping.set()
        if self._child is not None:
            self._child.terminate()

    def stop(self, grace_s: float) -> None:
        """Ends the process and removes its folder. Blocks up to the grace."""
        self.request_stop()
        if self._child is not None:
            self._child.stop(grace_s)
        self._keeper.join(grace_s + 5)
        self._drop_connections()
        self._shared.logs.close(self.log)
        shutil.rmtree(self.base, ignore_errors=True)

    def request(self, body: bytes, headers: Mapping[str, str], timeout_s: float) -> tuple[int, Mapping[str, str], bytes]:
        """POST /invocations: status, headers (lower case), body.

        Raises ServerUnavailable when no connection can be made (another server may be tried), ConnectionError when the server
        broke off a request that it had (it must not be sent to another: it may be what broke this one), TimeoutError.
        """
        with self._lock:
            self.in_flight += 1
        try:
            while True:
                kept = self._kept_connection()
                connection = kept or self._connect()
                try:
                    return self._exchange(connection, body, headers, timeout_s)
                except TimeoutError:
                    connection.close()
                    raise
                except (OSError, http.client.HTTPException) as error:
                    connection.close()
                    if self._stopping.is_set():
                        raise ServerUnavailable("the server is being stopped") from error
                    if kept is None or self._child is None or self._child.ended.wait(CRASH_SHOWS_S):
                        raise ConnectionError(str(error)) from error
                    # The server runs and closed a kept connection just as it was used: it has not seen the request.
        finally:
            with self._lock:
                self.in_flight -= 1

    def _kept_connection(self) -> http.client.HTTPConnection | None:
        """An idle connection that the server has not closed. An idle connection with something to read was closed."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if connection.sock is not None:
                poll = select.poll()
                poll.register(connection.sock, select.POLLIN)
                if not poll.poll(0):
                    return connection
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(layout.LOOPBACK, self._port, timeout=self._shared.limits.ping_s)
        try:
            connection.connect()
        except OSError as error:
            raise ServerUnavailable(str(error)) from error
        return connection

    def _exchange(
        self, connection: http.client.HTTPConnection, body: bytes, headers: Mapping[str, str], timeout_s: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        assert connection.sock is not None
        connection.sock.settimeout(timeout_s)
        connection.request("POST", "/invocations", body=body, headers=dict(headers))
        if QUICK_ACK is not None:
            # A server that writes headers and body apart waits for an acknowledgement in between, which Linux delays by 40 ms.
            connection.sock.setsockopt(socket.IPPROTO_TCP, QUICK_ACK, 1)
        response = connection.getresponse()
        answer = response.read()
        if not response.will_close:
            self._idle.append(connection)
        else:
            connection.close()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, answer

    def _keep(self) -> None:
        """Starts the process, and again after each crash, waiting longer every time; gives up only if it never came up."""
        wait_s = self._shared.limits.restart_first_s
        while not self._stopping.is_set():
            began = time.monotonic()
            problem = self._launch_and_wait()
            if problem and not self.settled.is_set() and not self._stopping.is_set():
                if any(mark in self.log.tail(2000) for mark in PORT_TAKEN) and self.restarts < 3:
                    self.restarts += 1  # another program took the port between the probe and the server's bind
                    continue
                self.failure = problem
                self.settled.set()
                break
            if not problem:
                self.settled.set()
                assert self._child is not None
                self._child.ended.wait()
                self._ready = False
                self._drop_connections()
            if self._stopping.is_set():
                break
            if time.monotonic() - began > self._shared.limits.restart_longest_s:
                wait_s = self._shared.limits.restart_first_s
            code = self._child.exit_code if self._child is not None else None
            self.log.note(f"model server {self.name} ended with exit code {code}; a new one starts in {wait_s:g} s")
            self.restarts += 1
            self._stopping.wait(wait_s)
            wait_s = min(wait_s * 2, self._shared.limits.restart_longest_s)
        self.settled.set()

    def _launch_and_wait(self) -> str:
        """Runs the process until /ping answers. The empty string then, else what went wrong."""
        self._port = layout.free_port()
        environment = layout.container_environment(
            base=self.base,
            repository=self._shared.repository,
            python=self._shared.python,
            endpoint_url=self._shared.endpoint_url(),
            region=self._region,
            asked={name: layout.moved(value, self.base) for name, value in self._asked.items()},
            extra={"SAGEMAKER_BIND_TO_PORT": str(self._port), "SLIPWAY_BIND_HOST": layout.LOOPBACK},
        )
        try:
            child = Child(
                self._command,
                python=self._shared.python,
                env=environment,
                cwd=self.base,
                on_line=self.log.write,
                name=f"server {self.name}",
            )
        except OSError as error:
            return f"cannot start the model server: {error}"
        self._child = child
        deadline, pause = time.monotonic() + self._startup_s, FIRST_PING_S
        while not self._stopping.is_set():
            if child.ended.wait(pause):
                return (
                    f"The model server ended with exit code {child.exit_code} before /ping answered; its log ends: {self._tail()}"
                )
            if self._ping():
                self._ready = True
                return ""
            if time.monotonic() > deadline:
                child.stop(1)
                waited = f"within {self._startup_s:g} s"
                return f"The model server did not pass the ping health check {waited}; its log ends: {self._tail()}"
            pause = min(pause * 1.5, SLOWEST_PING_S)
        child.stop(self._shared.limits.server_grace_s)
        return "stopped"

    def _ping(self) -> bool:
        connection = http.client.HTTPConnection(layout.LOOPBACK, self._port, timeout=self._shared.limits.ping_s)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _tail(self) -> str:
        return self.log.tail(FAILURE_TAIL_CHARACTERS) or "(no output)"

    def _drop_connections(self) -> None:
        with contextlib.suppress(IndexError):
            while True:
                self._idle.pop().close()


def stop_all(servers: Iterable[ModelServer], grace_s: float) -> None:
    """Stops servers side by side: all get SIGTERM at once, and the grace is one for all."""
    stopping = list(servers)
    for server in stopping:
        server.request_stop()
    deadline = time.monotonic() + grace_s
    for server in stopping:
        server.stop(max(0.0, deadline - time.monotonic()))
