"""What `preflight --json` prints, and `up` under `preflight`."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict


class PreflightRowDocument(TypedDict):
    """One thing that the account was asked."""

    kind: Annotated[str, "What was asked: quota, capacity, address, name, permission and the like."]
    code: Annotated[str, "Which: the quota's code, the instance type, the name, the action."]
    state: Annotated[Literal["short", "unknown", "ok"], "`short`: known not to fit (exit code 5). `unknown`: nobody could tell."]
    need: Annotated[float | str, "What the plan needs."]
    have: Annotated[float | str, "What there is; `?` where nobody could tell."]
    message: Annotated[str, "What needs it, and the best way out."]
    way_out: Annotated[list[str], "How to mend a shortfall, the best first."]


class PreflightDocument(TypedDict):
    """Whether a plan fits the account."""

    ok: Annotated[bool, "False where something is known to be short."]
    rows: Annotated[list[PreflightRowDocument], "What is short first, then what is unknown, then what fits."]
