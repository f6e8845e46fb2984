"""The local cloud's one process: moto behind its endpoint, the attached provider, the SageMaker that runs.

`python -m localcloud.daemon --home DIR` is started by `client.ensure`; it holds DIR/daemon.lock for life and tells in
DIR/daemon.json where it listens. Everything is on 127.0.0.1. A new process is an empty cloud with a new epoch.
"""

from __future__ import annotations

import argparse
import fcntl
import importlib.metadata
import json
import logging
import os
import secrets
import signal
import sys
import threading
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer, make_server

from localcloud import control, entrance
from localcloud.kernel import backend, schema
from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.clients import in_process
from localcloud.kernel.engine import Engine
from localcloud.kernel.ledger import Ledger
from localcloud.provider import aws as provider
from localcloud.services.gathered import all_rows, emulated_aws
from localcloud.services.sagemaker.runs import SageMakerRuntime

PREFERRED_PORT = 4747
DEFAULT_REGION = "us-east-1"
REPOSITORY = Path(__file__).resolve().parents[1]
log = logging.getLogger("slipway.localcloud")


class Daemon:
    """Wires the parts together and runs them until `stop`."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.epoch = uuid.uuid4().hex
        self.token = secrets.token_hex(16)
        self.started = time.time()
        self.moved_from: int | None = None
        self._stopping = threading.Event()
        self.ledger = Ledger()
        self.recorder = emulated_aws()
        self.http: BaseWSGIServer | None = None
        self.sagemaker = SageMakerRuntime(
            home, lambda: self.endpoint, account=ACCOUNT, python=sys.executable, repository=REPOSITORY
        )
        self.application = self.sagemaker.wrap(self.recorder)
        rows = all_rows()
        self.http = self._listen(port)
        clients = in_process(self.application, self.endpoint)
        self.engine = Engine(rows, schema.load(rows), clients, DEFAULT_REGION, ACCOUNT)
        self.provider = provider.AwsProvider(self.engine, self.ledger, importlib.metadata.version("pulumi-aws"))
        self.grpc, self.provider_port = provider.serve(self.provider)

    @property
    def endpoint(self) -> str:
        assert self.http is not None
        return f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The WSGI entrance: our own control calls, everything else is AWS. Pages in a browser are not let in."""
        if reason := entrance.refusal(environ):
            return entrance.refuse(reason, start_response)
        if environ.get("PATH_INFO", "").startswith(control.PREFIX):
            return control.answer(self, environ, start_response)
        return self.application(environ, start_response)

    def run(self) -> None:
        """Serves until a signal or `stop`."""
        assert self.http is not None
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self.stop())
        self.sagemaker.start()
        threading.Thread(target=self.http.serve_forever, name="http", daemon=True).start()
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()
        self._announce()
        while not self._stopping.wait(1.0):
            if not self.home.exists():  # the checkout was removed under us: nobody can reach this cloud any more
                break
        self.sagemaker.stop()
        self.grpc.stop(grace=1)
        (self.home / "daemon.json").unlink(missing_ok=True)

    def stop(self) -> None:
        self._stopping.set()

    def reset(self) -> None:
        """Empties the cloud. It is a new one then: a new epoch."""
        self.sagemaker.stop()
        backend.reset()
        self.recorder.store.reset()
        self.ledger.reset()
        self.epoch = uuid.uuid4().hex
        self.sagemaker.start()
        self._announce()

    def _listen(self, port: int) -> BaseWSGIServer:
        from moto.moto_server.werkzeug_app import MotoRequestHandler

        class Quiet(MotoRequestHandler):
            protocol_version = "HTTP/1.1"

            def log(self, type: str, message: str, *args: Any) -> None:
                log.debug(message, *args)

        try:
            return make_server("127.0.0.1", port, self.answer, threaded=True, request_handler=Quiet)
        except (OSError, SystemExit):
            # werkzeug turns "address in use" into SystemExit; any free port will do, and status says so
            self.moved_from = port
            return make_server("127.0.0.1", 0, self.answer, threaded=True, request_handler=Quiet)

    def _warm_up(self) -> None:
        """Loads service models and moto's backends before the first request needs them."""
        for service in sorted({row.service for row in self.engine.rows.values()}):
            try:
                self.engine.clients(service, DEFAULT_REGION)
                importlib.import_module(f"moto.{service.replace('-', '')}")
            except ImportError:
                continue

    def _announce(self) -> None:
        told = {
            "pid": os.getpid(),
            "endpoint": self.endpoint,
            "provider_port": self.provider_port,
            "epoch": self.epoch,
            "token": self.token,
            "started": self.started,
        }
        temporary = self.home / f"daemon.json.{os.getpid()}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(told, file)
        temporary.replace(self.home / "daemon.json")


def main() -> int:
    parser = argparse.ArgumentParser(description="The local cloud; started by ./slipway up, stopped by ./slipway local stop.")
    parser.add_argument("--home", type=Path, required=True, help="directory of its files")
    parser.add_argument(
        "--port", type=int, default=PREFERRED_PORT, help="preferred port of the AWS endpoint; another is taken when it is in use"
    )
    options = parser.parse_args()
    options.home.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    # Data of jobs, logs and captured requests are this user's.
    os.umask(0o077)
    with open(options.home / "daemon.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(f"another daemon already serves {options.home}; ask it with: ./slipway local status", file=sys.stderr)
            return 1
        Daemon(options.home, options.port).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
