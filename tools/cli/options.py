"""The options that verbs share, written once, and what is made of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from tools.engine.stack_ref import StackRef

# A region's name, in any of AWS's partitions. Whether there are prices for it is another question, which the bill answers.
_REGION: Final = re.compile(r"[a-z]{2,3}(-[a-z]+)+-[0-9]+")

Stack = Annotated[str, typer.Argument(help="The stack: local, dev, staging, prod, any Pulumi.<stack>.yaml.", show_default=True)]
Local = Annotated[bool, typer.Option("--local", help="Take this environment's settings to the local cloud (own state).")]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON on stdout.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="List every resource that changes, however many.")]


def stack_named(name: str, *, local: bool) -> StackRef:
    """The stack of a verb's options. Raises FileNotFoundError or ValueError at once where there is none: what a verb needs else
    takes a second to import."""
    from tools.engine.stack_ref import StackRef, stack_source

    stack_source(name)
    return StackRef(name=name, local=local)


def region_checked(region: str) -> str:
    """The value of a `--region`. Raises ValueError where it has no region's form; "" is none given."""
    if region and not _REGION.fullmatch(region):
        raise ValueError(f"--region {region!r} is no region's name; write one like eu-west-1")
    return region
