"""Processes that end when the daemon does, however it ends, each with its output read line by line."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

SUPERVISOR = Path(__file__).with_name("supervisor.py")
# A longer line becomes several events. CloudWatch Logs, PutLogEvents: a log event has at most 256 KB, 26 bytes of them overhead.
MAX_LINE_BYTES = 262_118


class Child:
    """One command under its supervisor. `ended` is set once it and all its descendants are gone and its output is read."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        python: str,
        env: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None],
        on_end: Callable[[Child], None] | None = None,
        name: str = "child",
    ) -> None:
        self.name = name
        self.ended = threading.Event()
        self.exit_code: int | None = None
        self._on_line = on_line
        self._on_end = on_end
        self._process = subprocess.Popen(
            [python, "-I", "-S", str(SUPERVISOR), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,  # a Ctrl-C in the daemon's terminal is not the container's
        )
        threading.Thread(target=self._read, name=f"output of {name}", daemon=True).start()

    @property
    def pid(self) -> int:
        """The supervisor's process id; the command and its descendants are below it."""
        return self._process.pid

    def terminate(self) -> None:
        """SIGTERM to the command, as a container's process 1 gets it."""
        if not self.ended.is_set():
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the command and every descendant now. Returns at once; wait for `ended`."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def stop(self, grace_s: float) -> None:
        """SIGTERM, up to `grace_s` seconds, then the end. Blocks until nothing is left (a stuck supervisor: 5 s more)."""
        self.terminate()
        if not self.ended.wait(grace_s):
            self.kill()
            if not self.ended.wait(5):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
                self.ended.wait(1)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            while raw := stdout.readline(MAX_LINE_BYTES):
                # A progress bar redraws its line with carriage returns: only what it last showed is worth a log event.
                line = raw.decode("utf-8", "replace").rstrip("\r\n").rpartition("\r")[2]
                if line:
                    with contextlib.suppress(Exception):  # a log that cannot be written must not stop the reading of the pipe
                        self._on_line(line)
        self.exit_code = self._process.wait()
        self.kill()  # closes our end of the lifeline
        self.ended.set()
        if self._on_end is not None:
            self._on_end(self)
