"""What a verb writes: the answer to stdout, everything else to stderr; and what it exits with."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import typer

DONE: Final = 0
FAILED: Final = 1
WRONG_USE: Final = 2
POLICY: Final = 3
CEILING: Final = 4
PREFLIGHT: Final = 5


def answer(document: Any) -> None:
    """Prints the answer of a verb as JSON, on stdout."""
    sys.stdout.write(json.dumps(document, indent=2, default=str) + "\n")
    sys.stdout.flush()


def say(message: str) -> None:
    """A line of progress, on stderr."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def leave(code: int) -> NoReturn:
    """Ends the verb with this exit code."""
    raise typer.Exit(code)


@contextlib.contextmanager
def errors_said(*, as_json: bool = False, stack: str = "") -> Iterator[None]:
    """Turns what can go wrong into words on stderr (and, with `--json`, an `error` object on stdout) and an exit code.

    2: bad configuration, a stack or file that isn't there. 1: what else a person can act on. A fault of ours keeps its traceback.
    """
    try:
        yield
    except (typer.Exit, SystemExit, typer.Abort):
        raise
    except KeyboardInterrupt:
        _fail(["stopped; nothing more was begun"], FAILED, as_json, stack)
    except Exception as error:
        lines, code = explain(error)
        if lines is None:
            if os.environ.get("SLIPWAY_DEBUG"):
                raise
            trace = traceback.format_exc().splitlines()
            _fail(
                [f"a fault of slipway itself: {error!r}", *trace[-3:-1], "SLIPWAY_DEBUG=1 shows the whole trace"],
                FAILED,
                as_json,
                stack,
            )
        _fail(lines, code, as_json, stack)


def explain(error: Exception) -> tuple[list[str] | None, int]:
    """The lines to show and the exit code; None for an error that is no person's to mend."""
    faults = getattr(error, "faults", None)
    if faults is not None and hasattr(error, "source"):  # infra.settings.SettingsError: one line a fault
        return [f"{error.source}: {fault}" for fault in faults], WRONG_USE
    if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError) or type(error) is ValueError:
        return [str(error)], WRONG_USE
    if isinstance(error, ValueError) or type(error).__name__ == "LocalCloudError":
        return str(error).splitlines(), FAILED
    if isinstance(error, OSError):
        return [_disk(error)], FAILED
    return None, FAILED


def _disk(error: OSError) -> str:
    import errno

    if error.errno == errno.ENOSPC:
        return f"the disk is full ({error.filename or 'while writing'}); free some space, or point SLIPWAY_HOME at another disk"
    return str(error)


def _fail(lines: list[str], code: int, as_json: bool, stack: str) -> NoReturn:
    for line in lines:
        say(f"error: {line}" if line is lines[0] or code == WRONG_USE else line)
    if as_json:
        answer({"stack": stack, "error": {"code": code, "lines": lines}})
    raise typer.Exit(code)


def short_lived() -> None:
    """Turns the garbage collector off: a run is over before its garbage counts (a quarter of a preview's time went there)."""
    import gc

    gc.disable()


def console(*, stderr: bool = False) -> Any:
    """A rich console; plain where the stream is no terminal."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, emoji=False, soft_wrap=not (sys.stderr if stderr else sys.stdout).isatty())
