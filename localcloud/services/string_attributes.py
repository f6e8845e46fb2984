"""What SNS and SQS share: settings that AWS holds as a map of string attributes, and names that end in `.fifo`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.kernel.rules import when
from localcloud.kernel.spec import Check


def as_text(value: Any) -> str:
    """A property as the text of an attribute."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def attributes_of(props: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """The properties as AWS's attributes; what is not given is left out."""
    return {member: as_text(props[prop]) for prop, member in names.items() if props.get(prop) not in (None, "", False, 0)}


def fifo_name(fifo: str, kind: str) -> Check:
    """Refuses a name that AWS would not take. `fifo`: the property that makes the resource a FIFO one; `kind`: its word."""

    def says(props: Mapping[str, Any]) -> str | None:
        name = props.get("name")
        if name is None:
            return None
        ending = ".fifo" if props.get(fifo) else ""
        stem = str(name).removesuffix(ending)
        good = str(name).endswith(ending) and re.fullmatch(r"[0-9A-Za-z_-]+", stem) and len(str(name)) <= 256
        return None if good else f"invalid {kind} name: {name}" + (" (a FIFO one ends in .fifo)" if ending else "")

    return when("name", says, fifo)


def only_fifo(what: str) -> Check:
    """Refuses content-based deduplication of what is not FIFO."""

    def says(props: Mapping[str, Any]) -> str | None:
        fifo = props.get("fifoTopic") or props.get("fifoQueue")
        return (
            f"content-based deduplication can only be set for FIFO {what}"
            if props.get("contentBasedDeduplication") and not fifo
            else None
        )

    return when("contentBasedDeduplication", says)


def fifo_suffix(prop: str) -> Callable[[Mapping[str, Any]], str]:
    """The suffix of a made name: `.fifo` where the property `prop` asks for it."""
    return lambda props: ".fifo" if props.get(prop) else ""
