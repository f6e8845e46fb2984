"""Names that nobody gave: of a prefix, made when the resource is made, as pulumi-aws makes them; and the ids of imports."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Mapping
from typing import Any, Final

from localcloud.kernel.spec import Resource

# The digits that Terraform puts after a prefix: the time to a tenth of a millisecond, and a counter.
UNIQUE_DIGITS: Final = 26
_COUNTER: Final = itertools.count(1)


def made_of_prefix(row: Resource, news: Mapping[str, Any]) -> str:
    """The property whose value will be made of a prefix; "" where the program gives a name, or no prefix."""
    auto = row.autoname
    if auto is None or news.get(auto.prop) is not None or news.get(auto.prefix_prop) is None:
        return ""
    return auto.prop


def named(row: Resource, news: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the program wants, with the name made of its prefix, if it gives one."""
    prop, auto = made_of_prefix(row, news), row.autoname
    if not prop or auto is None:
        return news
    suffix = auto.suffix(news) if auto.suffix else ""
    return {**news, prop: f"{news[auto.prefix_prop]}{_unique()}{suffix}"}


def as_made(row: Resource, state: Mapping[str, Any], news: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the program wants, with the name that was made of its prefix before."""
    prop = made_of_prefix(row, news)
    return {**news, prop: state[prop]} if prop and state.get(prop) is not None else news


def refusals(row: Resource, inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(property, reason): a name and its prefix exclude each other, and a prefix must leave room for the digits."""
    auto = row.autoname
    prefix = inputs.get(auto.prefix_prop) if auto else None
    if auto is None or prefix is None:
        return []
    if inputs.get(auto.prop) is not None and auto.prop not in inputs.get("__defaults", ()):
        return [(auto.prop, f'Conflicting configuration arguments: "{auto.prop}": conflicts with {auto.prefix_prop}')]
    room = auto.limit - UNIQUE_DIGITS - len(auto.suffix(inputs) if auto.suffix else "")
    if isinstance(prefix, str) and len(prefix) > room:
        return [(auto.prefix_prop, f"expected length of {auto.prefix_prop} to be in the range (0 - {room}), got {prefix}")]
    return []


def in_region(identifier: str) -> tuple[str, str]:
    """An import's id and the region behind its last @; "" where none is named."""
    found = re.fullmatch(r"(.+)@([a-z]{2}(?:-[a-z]+)+-\d)", identifier)
    return (found[1], found[2]) if found else (identifier, "")


def _unique() -> str:
    now = time.time()
    return f"{time.strftime('%Y%m%d%H%M%S', time.gmtime(now))}{int(now * 10000) % 10000:04d}{next(_COUNTER):08x}"
