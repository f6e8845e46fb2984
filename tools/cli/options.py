"""The options that verbs share, written once."""

from __future__ import annotations

from typing import Annotated

import typer

Stack = Annotated[str, typer.Argument(help="The stack: local, dev, staging, prod, any Pulumi.<stack>.yaml.", show_default=True)]
Local = Annotated[bool, typer.Option("--local", help="Take this environment's settings to the local cloud (own state).")]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON on stdout.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="List every resource that changes, however many.")]
