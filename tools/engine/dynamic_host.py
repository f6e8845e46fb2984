"""A process for dynamic resources (our TrainingJob), to which the engine attaches instead of starting its own.

The engine would start a fresh Python per preview and per up, a second each on 2 cores. `python -m tools.engine.dynamic_host` is
the SDK's `python -m pulumi.dynamic` with the one call that attaching needs. The process ends when its stdin is closed, so a
command line that is killed leaves none behind.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from infra.base.naming import PROJECT
from tools.engine.home import REPOSITORY

# The engine's name for the package of Python's dynamic resources.
PACKAGE: Final = "pulumi-python"
_START_SECONDS: Final = 20.0


class DynamicHost:
    """Starts the process at once. `port` is asked later, so that the start takes place beside other work."""

    def __init__(self, env: Mapping[str, str]) -> None:
        python_path = os.pathsep.join(filter(None, [str(REPOSITORY), env.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(
            # -u, because the SDK prints its port without a flush.
            [sys.executable, "-u", "-m", "tools.engine.dynamic_host"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**env, "PYTHONPATH": python_path, "PULUMI_PROJECT": PROJECT},
            start_new_session=True,
        )
        self._port = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def port(self) -> int:
        """The port on which the process listens; 0 where it did not start, and the engine then starts its own."""
        self._reader.join(_START_SECONDS)
        return self._port

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with suppress(ValueError, OSError):
            self._port = int(self._process.stdout.readline() or 0)


def serve() -> None:
    """Runs the SDK's dynamic provider, which prints its port, with an `Attach` call added."""
    from google.protobuf import empty_pb2
    from pulumi.runtime.proto import ResourceProviderServicer

    def attach(_self: Any, _request: Any, _context: Any) -> Any:
        return empty_pb2.Empty()

    setattr(ResourceProviderServicer, "Attach", attach)  # noqa: B010 its stub knows the generated signature only
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    runpy.run_module("pulumi.dynamic", run_name="__main__")


def _end_with_stdin() -> None:
    os.read(0, 1)
    os._exit(0)


if __name__ == "__main__":
    serve()
