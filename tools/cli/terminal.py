"""What a verb writes: the answer to stdout, everything else to stderr; and what it exits with."""

from __future__ import annotations

import contextlib
import errno
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


def prepare_streams() -> None:
    """Makes every stream one that can be written: a closed one is the null device, a letter it lacks is written as its code."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 as long as the process
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


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
    except BrokenPipeError:
        reader_gone()
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
    if faults is not None and hasattr(error, "source"):  # infra.stack_file.SettingsError: one line a fault
        return [f"{error.source}: {fault}" for fault in faults], WRONG_USE
    if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError):
        return [_file_fault(error)], WRONG_USE
    if type(error) is ValueError:
        return str(error).splitlines() or ["a value is wrong"], WRONG_USE
    if isinstance(error, ValueError) or type(error).__name__ == "LocalCloudError":
        return str(error).splitlines(), FAILED
    if isinstance(error, OSError):
        return [_file_fault(error)], FAILED
    return None, FAILED


# What the system calls it, and what a person can do; `{}` is the file.
_FILE_FAULTS: Final = {
    errno.ENOENT: "there is no {}; check the path",
    errno.EISDIR: "{} is a folder; name a file",
    errno.EACCES: "{} is not for this user to read or write; change its rights, or set SLIPWAY_HOME and SLIPWAY_CACHE",
    errno.ENOSPC: "the disk is full ({}); free some space, or point SLIPWAY_HOME at another disk",
    errno.EROFS: "{} cannot be written, its disk is read-only; point SLIPWAY_HOME and SLIPWAY_CACHE at folders that can",
    errno.ENOTDIR: "{} cannot be made: part of its path is a file; point SLIPWAY_HOME or SLIPWAY_CACHE at a folder",
    errno.EEXIST: "{} is in the way; remove it, or point SLIPWAY_HOME or SLIPWAY_CACHE at a folder",
}


def _file_fault(error: OSError) -> str:
    """What is wrong with a file, and the way out. Our own messages (no errno) are kept as they are."""
    words = _FILE_FAULTS.get(error.errno or 0)
    return words.format(error.filename or "while writing") if words else str(error)


def reader_gone() -> NoReturn:
    """Ends quietly where whoever read stdout has closed it (`| head -1`): what is left goes to the null device."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(FAILED)


def _fail(lines: list[str], code: int, as_json: bool, stack: str) -> NoReturn:
    for line in lines:
        say(f"error: {line}" if line is lines[0] or code == WRONG_USE else line)
    if as_json:
        try:
            answer({"stack": stack, "error": {"code": code, "lines": lines}})
        except OSError:
            reader_gone()  # stdout itself is what failed; stderr has the words
    raise typer.Exit(code)


def short_lived() -> None:
    """Turns the garbage collector off: a run is over before its garbage counts (a quarter of a preview's time went there)."""
    import gc

    gc.disable()


def console(*, stderr: bool = False) -> Any:
    """A rich console; plain where the stream is no terminal."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, emoji=False, soft_wrap=not (sys.stderr if stderr else sys.stdout).isatty())
