"""Changes made outside the program, as a refresh found them: by resource and property, the state's value and the cloud's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.engine.events import Step
from tools.plan.paths import at


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property as the state had it and as the cloud has it, as the engine writes values; None where it is not set."""

    path: str
    was: Any
    now: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A resource that changed outside. `op` is update, or delete for a resource that is gone, which has no `properties`."""

    urn: str
    type: str
    op: str
    properties: tuple[Property, ...] = ()


def drift(steps: Iterable[Step]) -> tuple[Drift, ...]:
    """The changes from outside among a refresh's steps, in the order of the steps."""
    found = []
    for step in steps:
        if step.op == "same" or not step.custom:
            continue
        properties = tuple(_properties(step)) if step.op != "delete" else ()
        found.append(Drift(urn=step.urn, type=step.type, op=step.op, properties=properties))
    return tuple(found)


def _properties(step: Step) -> Iterator[Property]:
    # Where a provider reports no differing properties, the outputs before and after are compared.
    for path in step.diffs or _differing(step.before_outputs, step.outputs):
        pairs = [(at(step.before, path), at(step.inputs, path)), (at(step.before_outputs, path), at(step.outputs, path))]
        was, now = next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])
        yield Property(path=path, was=was, now=now)


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
