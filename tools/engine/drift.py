"""What a refresh found changed outside the program: by resource and property, what the state had and what the cloud has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.engine.events import Step

# A property path as Pulumi writes it: tags.Owner, ingress[0].fromPort, tags["a.b"].
_KEY: Final = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[]+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property as the state had it and as the cloud has it, as the engine writes values; None where it is not set."""

    path: str
    was: Any
    now: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A resource that changed outside. `op` is update, or delete for one that is gone (and then has no properties)."""

    urn: str
    type: str
    op: str
    properties: tuple[Property, ...] = ()


def drift(steps: Iterable[Step]) -> tuple[Drift, ...]:
    """What a refresh's steps tell of changes outside, in the order of the steps."""
    found = []
    for step in steps:
        if step.op == "same" or not step.custom:
            continue
        properties = tuple(_properties(step)) if step.op != "delete" else ()
        found.append(Drift(urn=step.urn, type=step.type, op=step.op, properties=properties))
    return tuple(found)


def _properties(step: Step) -> Iterator[Property]:
    # A provider that tells no differences leaves them to be seen in what it returned.
    for path in step.diffs or _differing(step.before_outputs, step.outputs):
        keys = _keys(path)
        pairs = [(_at(step.before, keys), _at(step.inputs, keys)), (_at(step.before_outputs, keys), _at(step.outputs, keys))]
        was, now = next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])
        yield Property(path=path, was=was, now=now)


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]


def _keys(path: str) -> list[str]:
    return [quoted or index or plain for quoted, index, plain in _KEY.findall(path)]


def _at(value: Any, keys: list[str]) -> Any:
    for number, key in enumerate(keys):
        if isinstance(value, Mapping):
            rest = ".".join(keys[number:])
            if rest in value:  # a key with dots in it, from a provider that does not quote
                return value[rest]
            value = value.get(key)
        elif isinstance(value, list | tuple) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value
