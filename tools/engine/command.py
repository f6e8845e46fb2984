"""Runs the engine for the Automation API in a session of its own, so that Ctrl-C and kills are handled in order.

The SDK's `PulumiCommand.run` shares our process group: a Ctrl-C reaches the engine and the language server (this process) at
once, and a kill leaves plug-ins behind. Here the first Ctrl-C asks the engine to cancel, and the second ends the engine with
every process that it started.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import IO, Final

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from tools.engine.binary import Engine, Progress, silent
from tools.engine.processes import end_session

Line = Callable[[str], object]

# Variables of a user's shell that would override the keys, the endpoint or the passphrase of the local cloud.
FOREIGN: Final = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_STACK",
)


class EngineCommand(PulumiCommand):
    """Runs the engine found by `locate`. `interrupted` counts the requests to stop; `killed_by` is the signal that ended it."""

    def __init__(
        self,
        engine: Engine,
        *,
        say: Progress = silent,
        log: Line | None = None,
        lock_fd: int = -1,
        on_start: Callable[[int], None] | None = None,
    ) -> None:
        # The parent's __init__ is not called: it would start the CLI once more only to ask for its version.
        self.command = str(engine.path)
        self.version = VersionInfo.parse(engine.version)
        self.interrupted = 0
        self.killed_by = 0
        self._say = say
        self._log = log
        self._lock_fd = lock_fd
        self._on_start = on_start

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Line | None = None,
        on_error: Line | None = None,
    ) -> CommandResult:
        """Runs one command to its end. Returns a CommandResult or raises a CommandError, as the SDK's own method does."""
        if "--non-interactive" not in args:
            args.insert(0, "--non-interactive")
        env = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        if "AWS_ENDPOINT_URL" in additional_env:
            for name in FOREIGN:
                env.pop(name, None)
        if self._log:
            self._log(f"$ pulumi {' '.join(args)}")
        process = subprocess.Popen(
            [self.command, *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=env,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            pass_fds=(self._lock_fd,) if self._lock_fd >= 0 else (),
        )
        out: list[str] = []
        err: list[str] = []
        with self._signals(process):
            if self._on_start:
                self._on_start(process.pid)
            readers = [
                threading.Thread(target=self._read, args=(process.stdout, out, on_output), daemon=True),
                threading.Thread(target=self._read, args=(process.stderr, err, on_error), daemon=True),
            ]
            try:
                for reader in readers:
                    reader.start()
                code = process.wait()
                for reader in readers:
                    # The wait is bounded: a plug-in that outlives a killed engine holds the pipe open.
                    reader.join(0.5 if code else 5)
            finally:
                end_session(process.pid, patience=1.0)
        self.killed_by = -code if code < 0 else 0
        result = CommandResult(stdout="\n".join(out), stderr="\n".join(err), code=code)
        if code != 0:
            raise create_command_error(result)
        return result

    def _read(self, stream: IO[str] | None, lines: list[str], callback: Line | None) -> None:
        assert stream is not None
        with suppress(ValueError):
            for raw in stream:
                line = raw.rstrip()
                lines.append(line)
                if self._log:
                    self._log(line)
                if callback:
                    callback(line)

    @contextmanager
    def _signals(self, process: subprocess.Popen[str]) -> Iterator[None]:
        """Handles Ctrl-C: the first asks the engine to cancel, the second ends it. SIGTERM and SIGHUP count as Ctrl-C."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        last = 0.0

        def stop(_signal: int, _frame: FrameType | None) -> None:
            nonlocal last
            now = time.monotonic()
            if self.interrupted and now - last < 0.3:
                return  # one key press can arrive twice: from the terminal and from the shell that started us
            last = now
            self.interrupted += 1
            if self.interrupted == 1:
                self._say("stopping: what is under way is finished first, nothing new is begun; Ctrl-C again ends it at once")
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGINT)
            else:
                self._say("ended at once; the next run finds out what was done")
                end_session(process.pid, patience=0.2)

        wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, stop) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
