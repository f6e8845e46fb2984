"""Where `check`, `cost` and `preflight` get their plan: a file, the state, or a fresh preview."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.plan.loaders import from_state
from tools.plan.view import Plan, from_json

if TYPE_CHECKING:
    from tools.engine.stack_ref import StackRef
    from tools.flows.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSource:
    """Where a plan comes from: the file `resources`, else what is deployed (`state`), else a preview of the stack."""

    stack: StackRef
    resources: Path | None = None
    state: bool = False


def plan_of(source: PlanSource, *, progress: Progress) -> Plan:
    """The plan. Raises ValueError for a file that holds no list of resources, PreviewFailed, or as `sessions.reader`."""
    if source.resources is not None:
        return from_file(source.resources)
    if source.state:
        from tools.engine import sessions

        return from_state(sessions.reader(source.stack).export(), source.stack.name)
    # Not above: a plan from a file needs no engine, and half a second less.
    from tools.flows.previewing import planned

    return planned(source.stack, progress=progress)


def from_file(path: Path) -> Plan:
    """A JSON list of `{"type", "name", "props"}`, or what `slipway export` printed. Raises ValueError that names the fault."""
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
    """JSON has no NaN and no infinity, though Python's reader takes them."""
    raise ValueError(f"not JSON ({name} is no number there); give finite numbers")
