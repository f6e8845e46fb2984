"""Makes plans from the engine's data: the steps of a run, or the resources of a state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from tools.plan.view import Plan, ResourceView, decode


class StepLike(Protocol):
    """A step of a run, such as `tools.engine.events.Step`."""

    urn: str
    type: str
    op: str
    parent: str
    id: str
    custom: bool
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    before: Mapping[str, Any]


def from_preview(steps: Iterable[StepLike], stack: str = "") -> Plan:
    """The plan of a run's steps: their inputs are `props`, with `UNKNOWN` and `Secret` in place of the engine's markers."""
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
                before=decode(step.before),
            )
            for step in steps
        ),
        stack,
    )


def from_state(document: Mapping[str, Any], stack: str = "") -> Plan:
    """The plan of a state. `document` is the output of `pulumi stack export`, or the backend's checkpoint file.

    The op of every resource is `same`. The stack itself, providers and resources that wait for their deletion are left out.
    Raises ValueError for a document that is neither.
    """
    views = []
    for item in _state_resources(document):
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


def _state_resources(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The resources of a state, each with a type and a urn. Raises ValueError that names what is not of that form."""
    if not {"deployment", "checkpoint"} & set(document):
        raise ValueError(f"this is no state: expected a `deployment` or a `checkpoint`, got the keys {sorted(document)[:8]}")
    latest: Any = document.get("deployment")
    if latest is None:
        checkpoint = document.get("checkpoint") or {}
        latest = checkpoint.get("latest") if isinstance(checkpoint, Mapping) else checkpoint
    items = (latest or {}).get("resources") or [] if isinstance(latest or {}, Mapping) else latest
    if not isinstance(items, list):
        raise ValueError(f"this is no state: its resources must be a list, got {items!r:.40}; give what `slipway export` prints")
    for number, item in enumerate(items):
        if not isinstance(item, Mapping) or not all(isinstance(item.get(key), str) for key in ("type", "urn")):
            raise ValueError(f"resource {number} of the state: expected an object with `type` and `urn`, got {item!r:.80}")
        if not all(isinstance(item.get(key) or {}, Mapping) for key in ("inputs", "outputs")):
            raise ValueError(f"resource {number} of the state ({item['urn']}): `inputs` and `outputs` must be objects")
    return items


def name_of(urn: str) -> str:
    """A resource's name: the fourth part of its urn by `::`, with all that follows, because a name may contain `::` as well."""
    parts = urn.split("::", 3)
    return parts[3] if len(parts) == 4 else urn
