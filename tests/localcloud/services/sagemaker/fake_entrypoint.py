"""A stand-in for `workloads/entrypoint.py`: the same arguments and contract, but no PyTorch, so that it starts in milliseconds.

`train` runs the Python in hyperparameter `program`; `serve` answers with who it is. Copied into a repository made by the tests.
"""

import json
import os
import sys
import time
from pathlib import Path

BASE = Path(os.environ["SAGEMAKER_BASE_DIR"])


def train() -> None:
    config = BASE / "input" / "config"
    hyperparameters = json.loads((config / "hyperparameters.json").read_text())
    resources = json.loads((config / "resourceconfig.json").read_text())
    exec(
        hyperparameters["program"],
        {"BASE": BASE, "RESOURCES": resources, "HOST": resources["current_host"], "__name__": "__main__"},
    )


def serve() -> None:
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    if os.environ.get("FAIL_START"):
        sys.exit("this model does not load")
    if os.environ.get("NEVER_READY"):
        time.sleep(60)
    model = BASE / "model" / "name.txt"
    name = model.read_text() if model.exists() else ""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def answer(self, status: int, body: dict[str, object], content_type: str = "application/json") -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            self.answer(200, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if body == b"crash":
                os._exit(3)
            if body == b"error":
                self.answer(400, {"error": "no such digit"})
            elif body.startswith(b"sleep "):
                time.sleep(float(body[6:]))
                self.answer(200, {"model": name, "slept": True})
            else:
                headers = {key.lower(): value for key, value in self.headers.items()}
                self.answer(
                    200, {"model": name, "pid": os.getpid(), "size": len(body), "headers": headers, "env": dict(os.environ)}
                )

    print("model loaded", flush=True)
    server = ThreadingHTTPServer((os.environ["SLIPWAY_BIND_HOST"], int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler)
    server.serve_forever()


if __name__ == "__main__":
    {"train": train, "serve": serve}[sys.argv[1]]()
