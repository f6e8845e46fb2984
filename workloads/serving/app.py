"""The model server: GET /ping, POST /invocations, and a clean end on SIGTERM.

The standard library's threading server: it starts at once, costs nothing beside PyTorch, and what the contract asks for is two
paths. /ping says 503 until the model is loaded, so a load balancer never sends a request too early.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from workloads.contract import ServingContract
from workloads.errors import EXIT_BAD_INPUT, RequestError, WorkloadError, describe
from workloads.serving.protocol import BODY_LIMIT, CONTENT_TYPE, encode, parse_instances

if TYPE_CHECKING:
    from workloads.serving.onnx_predictor import OnnxPredictor
    from workloads.serving.predictor import Predictor

# SageMaker sends SIGKILL 30 s after SIGTERM; requests under way get less, so that this process ends by itself.
DRAIN_S: Final = 25.0
# An idle or stalled connection is closed after this; SageMaker itself gives up on a request after 60 s.
CONNECTION_TIMEOUT_S: Final = 65.0
CONNECTION_LIMIT: Final = 256
# A body over the limit is read and thrown away up to here, so that the client gets the 413 and not a reset connection.
DISCARD_LIMIT: Final = 64 * 1024 * 1024
ROUTES: Final = {"/ping": "GET", "/invocations": "POST"}


def main() -> int:
    """Serve until SIGTERM or Ctrl-C. Exit code: 0 asked to stop, 2 the model or the settings are at fault (said on stderr)."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        contract = ServingContract.from_environment()
        server = Server(contract)
        with server.running():
            started = time.monotonic()
            server.predictor = load(contract)
            if not stop.is_set():
                log(event="ready", port=server.server_port, seconds=round(time.monotonic() - started, 2))
            stop.wait()
            log(event="stopping", in_flight=server.in_flight)
    except WorkloadError as error:
        print(describe(error), file=sys.stderr, flush=True)
        return EXIT_BAD_INPUT
    return 0


def load(contract: ServingContract) -> Predictor | OnnxPredictor:
    """The model, in PyTorch where this image has it and in ONNX Runtime where it has not. Raises `ModelError`."""
    if importlib.util.find_spec("torch") is None:
        from workloads.serving.onnx_predictor import OnnxPredictor

        return OnnxPredictor.load(contract.model_dir)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when PyTorch is imported
    from workloads.serving.predictor import Predictor

    return Predictor.load(contract.model_dir)


def log(**fields: Any) -> None:
    """One JSON line on stdout, which the platform takes to its log."""
    line = encode({"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **fields})
    with suppress(OSError, ValueError):  # a closed log must not fail a request
        sys.stdout.write(line.decode() + "\n")
        sys.stdout.flush()


class Server(ThreadingHTTPServer):
    """The HTTP server. It listens at once; `predictor` is set when the model is loaded."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, contract: ServingContract) -> None:
        self.address_family = socket.AF_INET6 if ":" in contract.host else socket.AF_INET
        self.predictor: Predictor | OnnxPredictor | None = None
        self.draining = False
        self.in_flight = 0
        self._idle = threading.Condition()
        self._connections = threading.BoundedSemaphore(CONNECTION_LIMIT)
        try:
            super().__init__((contract.host, contract.port), Handler)
        except OSError as error:
            raise WorkloadError(
                f"cannot listen on {contract.host}:{contract.port}: {error.strerror or error}. "
                "Set SAGEMAKER_BIND_TO_PORT to a free port, SLIPWAY_BIND_HOST to an address of this machine."
            ) from None

    def server_bind(self) -> None:
        # HTTPServer would look up the host's full name here: seconds where a name server does not answer.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    @contextmanager
    def running(self) -> Iterator[None]:
        """A context in which connections are accepted; its end waits for the requests under way."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.draining = True
            self.shutdown()
            self.server_close()
            with self._idle:
                self._idle.wait_for(lambda: self.in_flight == 0, timeout=DRAIN_S)

    @contextmanager
    def request_under_way(self) -> Iterator[None]:
        with self._idle:
            self.in_flight += 1
        try:
            yield
        finally:
            with self._idle:
                self.in_flight -= 1
                self._idle.notify_all()

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._connections.acquire(blocking=False):
            with suppress(OSError):
                request.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log an error with its traceback, unless it is a client that went away."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "slipway"
    sys_version = ""
    timeout = CONNECTION_TIMEOUT_S
    disable_nagle_algorithm = True
    wbufsize = 65_536  # head and body leave in one packet

    def do_GET(self) -> None:
        with self.server.request_under_way():
            self._handle()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_GET

    def _handle(self) -> None:
        started = time.monotonic()
        path = urlsplit(self.path).path
        status, document, rows = HTTPStatus.OK, None, 0
        try:
            body = self._body()
            document, rows = self._route(path, body)
        except RequestError as error:
            status, document = HTTPStatus(error.status), {"error": str(error)}
        except (ConnectionError, TimeoutError):
            self.close_connection = True
            return
        except Exception:  # the client gets no internals; the log has them
            traceback.print_exc()
            status, document = HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "the model failed on this request; see the log"}
        self._send(status, document)
        if path != "/ping" or status != HTTPStatus.OK:  # a healthy ping every few seconds is not logged
            milliseconds = round((time.monotonic() - started) * 1000, 2)
            log(event="request", method=self.command, path=path[:200], status=int(status), ms=milliseconds, rows=rows)

    def _route(self, path: str, body: bytes) -> tuple[dict[str, Any] | None, int]:
        """The answer and how many images it is for."""
        if path not in ROUTES:
            raise RequestError(f"there is no {path[:200]!r}; use GET /ping or POST /invocations", 404)
        if self.command != ROUTES[path]:
            raise RequestError(f"{self.command} {path} is not possible; use {ROUTES[path]}", 405)
        if self.server.predictor is None or self.server.draining:
            raise RequestError("the server is stopping" if self.server.draining else "the model is still loading", 503)
        if path == "/ping":
            return None, 0
        instances = parse_instances(self.headers.get("Content-Type"), body)
        return {"predictions": self.server.predictor.predict(instances)}, len(instances)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            raise RequestError("send the body in one piece with a Content-Length; Transfer-Encoding is not understood", 411)
        text = self.headers.get("Content-Length")
        if text is None:
            if self.command == "POST":
                raise RequestError("the request has no Content-Length", 411)
            return b""
        if not (text.isascii() and text.isdigit()):
            self.close_connection = True
            raise RequestError(f"Content-Length is {text!r}; it must be a number of bytes")
        length = int(text)
        if length > BODY_LIMIT:
            self.close_connection = True
            self._discard(length)
            raise RequestError(f"the body has {length} bytes; the limit is {BODY_LIMIT}. Send fewer instances at a time", 413)
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionResetError("the client went away in the middle of its request")
        return body

    def _discard(self, length: int) -> None:
        left = min(length, DISCARD_LIMIT)
        while left and (chunk := self.rfile.read(min(left, 65_536))):
            left -= len(chunk)

    def _send(self, status: HTTPStatus, document: dict[str, Any] | None) -> None:
        payload = b"" if document is None else encode(document)
        self.close_connection = self.close_connection or self.server.draining
        self.send_response_only(status)
        self.send_header("Server", self.server_version)
        self.send_header("Date", self.date_time_string())
        if payload:
            self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(payload)))
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", ROUTES[urlsplit(self.path).path])
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)
        self.wfile.flush()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the HTTP parser itself refuses (a malformed request line, an unknown method), as JSON like everything else."""
        self.close_connection = True
        with suppress(OSError):
            self.path, self.command = getattr(self, "path", "") or "", getattr(self, "command", "") or ""
            self._send(HTTPStatus(code), {"error": message or HTTPStatus(code).phrase})
            log(event="request", method=self.command, path=self.path[:200], status=int(code), ms=0, rows=0)

    def log_message(self, format: str, *args: Any) -> None:
        """The base class's lines on stderr are replaced by `log`."""


if __name__ == "__main__":
    sys.exit(main())
