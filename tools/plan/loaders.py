"""Plans from what the engine gives: the steps of a run, and the resources of a state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from tools.plan.view import Plan, ResourceView, decode


class StepLike(Protocol):
    """A step of a run; `tools.engine.events.Step` is one."""

    urn: str
    type: str
    op: str
    parent: str
    id: str
    custom: bool
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]


def from_preview(steps: Iterable[StepLike], stack: str = "") -> Plan:
    """The plan of a run's steps: inputs as `props`, with `UNKNOWN` and `Secret` put in place of the engine's markers."""
    return Plan(
        (
            ResourceView(
                type=step.type,
                name=name_of(step.urn),
                props=decode(step.inputs),
                urn=step.urn,
                parent=step.parent,
                op=step.op,
                id=step.id,
                custom=step.custom,
                outputs=decode(step.outputs),
            )
            for step in steps
        ),
        stack,
    )


def from_state(document: Mapping[str, Any], stack: str = "") -> Plan:
    """The plan of a state: `document` is what `pulumi stack export` prints, or the backend's own checkpoint file.

    Every resource is `same`; the stack itself, providers and what waits for its deletion are left out.
    Raises ValueError for a document that is neither.
    """
    latest = document.get("deployment") or (document.get("checkpoint") or {}).get("latest")
    if latest is None and not ({"deployment", "checkpoint"} & set(document)):
        raise ValueError(f"this is no state: expected a `deployment` or a `checkpoint`, got the keys {sorted(document)[:8]}")
    views = []
    for item in (latest or {}).get("resources") or []:
        if item["type"].startswith("pulumi:pulumi:") or item["type"].startswith("pulumi:providers:") or item.get("delete"):
            continue
        views.append(
            ResourceView(
                type=item["type"],
                name=name_of(item["urn"]),
                props=decode(item.get("inputs") or {}),
                urn=item["urn"],
                parent=item.get("parent", ""),
                op="same",
                id=item.get("id", ""),
                custom=bool(item.get("custom")),
                outputs=decode(item.get("outputs") or {}),
            )
        )
    return Plan(views, stack)


def name_of(urn: str) -> str:
    """A resource's name: what follows the last `::` of its urn (names may hold one colon, so the fourth part on)."""
    parts = urn.split("::", 3)
    return parts[3] if len(parts) == 4 else urn
