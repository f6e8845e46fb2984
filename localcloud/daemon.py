"""The local cloud's one process: it serves a Cloud (cloud.py) on 127.0.0.1.

`python -m localcloud.daemon --home DIR` is started by `client.ensure`. The process holds DIR/daemon.lock for life and writes to
DIR/daemon.json where it and its providers listen. A new process is an empty cloud with a new epoch.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import logging
import os
import secrets
import signal
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer, make_server

from localcloud import entrance
from localcloud.calls import PROTOCOL_VERSION
from localcloud.cloud import Cloud
from localcloud.control import PREFIX, Control

PREFERRED_PORT = 4747
log = logging.getLogger("slipway.localcloud")


class Daemon:
    """Serves one Cloud until `stop`."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.moved_from: int | None = None
        self._stopping = threading.Event()
        self.http = self._listen(port)
        self.endpoint = f"http://127.0.0.1:{self.http.server_port}"
        self.cloud = Cloud(home, self.endpoint)
        self.control = Control(
            cloud=self.cloud,
            token=secrets.token_hex(16),
            endpoint=self.endpoint,
            port_was_taken=self.moved_from,
            on_stop=self.stop,
            on_reset=self._announce,
        )

    def answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The WSGI entrance: the daemon's own control calls, everything else is AWS. Pages in a browser are not let in."""
        if reason := entrance.refusal(environ):
            return entrance.refuse(reason, start_response)
        if environ.get("PATH_INFO", "").startswith(PREFIX):
            return self.control(environ, start_response)
        return self.cloud.application(environ, start_response)

    def run(self) -> None:
        """Serves until a signal or `stop`."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self.stop())
        self.cloud.start()
        threading.Thread(target=self.http.serve_forever, name="http", daemon=True).start()
        threading.Thread(target=self.cloud.warm_up, name="warm-up", daemon=True).start()
        self._announce()
        while not self._stopping.wait(1.0):
            if not self.home.exists():  # the checkout was removed while the daemon ran: nobody can reach this cloud any more
                break
        self.cloud.stop()
        (self.home / "daemon.json").unlink(missing_ok=True)

    def stop(self) -> None:
        self._stopping.set()

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

    def _announce(self) -> None:
        told = {
            "version": PROTOCOL_VERSION,
            "pid": os.getpid(),
            "endpoint": self.endpoint,
            "providers": self.cloud.providers,
            "epoch": self.cloud.epoch,
            "token": self.control.token,
            "started": self.control.started,
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
    # Data of jobs, logs and captured requests may be read by this user only.
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
