"""What can go wrong in a verb, in words on stderr (with `--json` an object on stdout too) and an exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import traceback
from collections.abc import Iterator
from typing import Final, NoReturn

import typer

from tools.cli.terminal.streams import answer, leave, reader_gone, say
from tools.flows.ending import Ending
from tools.flows.errors import PreviewFailed


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
        _fail(["stopped; nothing more was begun"], Ending.FAILED, as_json, stack)
    except BrokenPipeError:
        reader_gone()
    except PreviewFailed as error:
        from tools.cli.show.run import failure

        failure(error.result)
        if as_json:
            answer({"stack": stack, "error": {"code": Ending.FAILED, "lines": str(error).splitlines()}})
        leave(Ending.FAILED)
    except Exception as error:
        lines, code = explain(error)
        if lines is None:
            if os.environ.get("SLIPWAY_DEBUG"):
                raise
            trace = traceback.format_exc().splitlines()
            _fail(
                [f"a fault of slipway itself: {error!r}", *trace[-3:-1], "SLIPWAY_DEBUG=1 shows the whole trace"],
                Ending.FAILED,
                as_json,
                stack,
            )
        _fail(lines, code, as_json, stack)


def explain(error: Exception) -> tuple[list[str] | None, Ending]:
    """The lines to show and the exit code; None for an error that is no person's to mend."""
    faults = getattr(error, "faults", None)
    if faults is not None and hasattr(error, "source"):  # infra.stack_file.SettingsError: one line a fault
        return [f"{error.source}: {fault}" for fault in faults], Ending.WRONG_USE
    if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError):
        return [_file_fault(error)], Ending.WRONG_USE
    if type(error) is ValueError:
        return str(error).splitlines() or ["a value is wrong"], Ending.WRONG_USE
    if isinstance(error, ValueError) or type(error).__name__ == "LocalCloudError":
        return str(error).splitlines(), Ending.FAILED
    if isinstance(error, OSError):
        return [_file_fault(error)], Ending.FAILED
    return None, Ending.FAILED


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


def _fail(lines: list[str], code: Ending, as_json: bool, stack: str) -> NoReturn:
    for line in lines:
        say(f"error: {line}" if line is lines[0] or code is Ending.WRONG_USE else line)
    if as_json:
        try:
            answer({"stack": stack, "error": {"code": code, "lines": lines}})
        except OSError:
            reader_gone()  # stdout itself is what failed; stderr has the words
    leave(code)
