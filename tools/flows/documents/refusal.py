"""What every verb prints with `--json` when it could not do what it was asked."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict


class RefusalErrorDocument(TypedDict):
    """Why a verb ended without an answer."""

    code: Annotated[int, "The exit code: 1 failed, 2 wrong use or a wrong stack file, 3 policy, 4 ceiling, 5 preflight."]
    lines: Annotated[list[str], "What is wrong and the way out, a line each; of a stack file a line a fault."]


class RefusalDocument(TypedDict):
    """In place of a verb's own document."""

    stack: NotRequired[Annotated[str, "The stack that was named; not there where the arguments themselves are wrong."]]
    error: Annotated[RefusalErrorDocument, "Why."]
