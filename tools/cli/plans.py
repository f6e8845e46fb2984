"""Where `check` and `cost` get their plan: a file, the state, or a fresh preview."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tools.cli.terminal import FAILED, leave
from tools.plan.view import Plan


def plan_of(stack: str, *, local: bool, resources: Path | None, state: bool) -> Plan:
    """The plan to judge. Raises ValueError for a file that holds no list of resources; leaves with 1 when the preview fails."""
    if resources is not None:
        return from_file(resources)
    if state:
        from tools.engine.sessions import reader
        from tools.plan.loaders import from_state

        return from_state(reader(stack, local=local).export(), stack)
    from tools.cli import show
    from tools.plan.loaders import from_preview

    result, _ = previewed(stack, local=local)
    if not result.ok:
        show.failure(result)
        leave(FAILED)
    return from_preview(result.steps, stack)


def previewed(stack: str, *, local: bool) -> tuple[Any, Plan | None]:
    """A fresh preview's result, and what is deployed before it (None on AWS). The caller has read the stack's settings."""
    from tools.cli.guards import deployed
    from tools.cli.progress import Progress
    from tools.engine.program import program, warm
    from tools.engine.sessions import open_stack

    warm()
    with (
        Progress().shown() as progress,
        open_stack(stack, "preview", program=program, local=local, say=progress.say, on_tick=progress.tick) as session,
    ):
        progress.phase(f"preview of {stack}", expected=session.expected())
        before = deployed(session)
        return session.runner.preview(), before


def from_file(path: Path) -> Plan:
    """A JSON list of `{"type", "name", "props"}`, or what `slipway export` printed. Raises ValueError that names the fault."""
    from tools.plan.loaders import from_state
    from tools.plan.view import from_json

    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
        if isinstance(document, dict):
            return from_state(document)
        if not isinstance(document, list):
            raise ValueError(
                f"expected a list of resources, got {type(document).__name__}; give objects with type, name and props"
            )
        return from_json(document)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not JSON ({error}); give a list of objects with type, name and props") from error
    except RecursionError:
        raise ValueError(f"{path}: nested too deeply to be resources; give a list of objects with type, name and props") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _no_number(name: str) -> None:
    """JSON has no such numbers, though Python's reader takes them."""
    raise ValueError(f"not JSON ({name} is no number there); give finite numbers")
