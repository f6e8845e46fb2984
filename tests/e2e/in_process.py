"""A verb called in this interpreter: what a process of its own would say, without the seconds of imports that it takes.

Its environment, folder, streams and garbage collector are set for the call and put back after it. Where the process is the
subject (a kill, Ctrl-C, a full disk, what stays behind) a test starts one instead.
"""

from __future__ import annotations

import gc
import io
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from tools.cli.app import main
from tools.engine import sessions
from tools.engine.dynamic_host import DynamicHost


class LentHost(DynamicHost):
    """A host of dynamic resources that outlives a verb: the next verb in the same environment takes it again."""

    def close(self) -> None:
        """The verb is through with it; `end` is what ends it."""

    def end(self) -> None:
        super().close()

    @property
    def pid(self) -> int:
        return self._process.pid


class Hosts:
    """Lends one host at a time. A verb in another environment (another cloud, say) gets a new one."""

    def __init__(self) -> None:
        self._env: dict[str, str] = {}
        self._host: LentHost | None = None

    def lend(self, env: Mapping[str, str]) -> LentHost:
        """Stands in for the class `DynamicHost`."""
        if self._host is None or self._env != env or self._host.port() == 0:
            self.end()
            self._env, self._host = dict(env), LentHost(env)
        return self._host

    def end(self) -> None:
        if self._host is not None:
            self._host.end()
        self._host = None

    def pids(self) -> set[int]:
        return {self._host.pid} if self._host else set()


def call(arguments: tuple[str, ...], *, env: Mapping[str, str], folder: Path, hosts: Hosts) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a verb, with nobody at its stdin."""
    out, err = io.StringIO(), io.StringIO()
    code: str | int | None = None
    with (
        _environment(env),
        _folder(folder),
        _collector(),
        open(os.devnull, encoding="utf-8") as nobody,
        mock.patch.object(sys, "stdin", nobody),
        mock.patch.object(sessions, "DynamicHost", hosts.lend),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main(list(arguments))
        except SystemExit as left:
            code = left.code
        finally:
            _imports_have_ended()
    assert isinstance(code, int)
    return code, out.getvalue(), err.getvalue()


def _imports_have_ended() -> None:
    """A verb that is refused leaves its import of the program under way, and Python's lazy loader takes one thread at a time."""
    for thread in threading.enumerate():
        if thread.name == "import of the program":
            thread.join()


@contextmanager
def _environment(env: Mapping[str, str]) -> Iterator[None]:
    """This process's environment is `env` and nothing else."""
    before = dict(os.environ)
    _become(env)
    try:
        yield
    finally:
        _become(before)


def _become(env: Mapping[str, str]) -> None:
    for name in set(os.environ) - set(env):
        del os.environ[name]
    os.environ.update(env)


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _collector() -> Iterator[None]:
    """A verb turns the garbage collector off, since its process is over before that counts; this process goes on."""
    try:
        yield
    finally:
        gc.enable()
