"""`outputs` and `export`: what the last `up` left, read beside whatever else runs."""

from __future__ import annotations

from typing import Any

from tools.engine import sessions
from tools.engine.stack_ref import StackRef


def outputs(stack: StackRef, *, show_secrets: bool = False) -> dict[str, Any]:
    """The stack's outputs by name; secrets are `[secret]` unless asked for. Raises EngineError where it was never up."""
    return sessions.reader(stack).outputs(show_secrets=show_secrets)


def export(stack: StackRef) -> dict[str, Any]:
    """The stack as `pulumi stack export` prints it. Raises EngineError where it was never up."""
    return sessions.reader(stack).export()
