"""The console that results are printed on. rich is imported when something is printed, for `--help` does without."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def console(*, stderr: bool = False) -> Console:
    """A rich console; plain where the stream is no terminal."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, emoji=False, soft_wrap=not (sys.stderr if stderr else sys.stdout).isatty())


def escaped(text: str) -> str:
    """A text that is printed as it is, brackets included."""
    from rich.markup import escape

    return escape(text)
