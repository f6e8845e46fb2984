"""What a verb writes: the answer to stdout, everything else to stderr."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import NoReturn

import typer

from tools.flows.ending import Ending


def prepare_streams() -> None:
    """Makes every stream one that can be written: a closed one is the null device, a letter it lacks is written as its code."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 as long as the process
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def answer(document: object) -> None:
    """Prints the answer of a verb as JSON, on stdout."""
    sys.stdout.write(json.dumps(document, indent=2, default=str) + "\n")
    sys.stdout.flush()


def say(message: str) -> None:
    """A line of progress, on stderr."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def leave(code: int) -> NoReturn:
    """Ends the verb with this exit code."""
    raise typer.Exit(int(code))


def reader_gone() -> NoReturn:
    """Ends quietly where whoever read stdout has closed it (`| head -1`): what is left goes to the null device."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    leave(Ending.FAILED)


def short_lived() -> None:
    """Turns the garbage collector off: a run is over before its garbage counts (a quarter of a preview's time went there)."""
    import gc

    gc.disable()
