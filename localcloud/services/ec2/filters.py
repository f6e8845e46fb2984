"""How EC2's look-ups choose: by arguments of their own, by tags, and by EC2's filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from localcloud.kernel.context import Context

Filters = list[dict[str, Any]]


def chosen_by(names: Mapping[str, str] | None = None, tags: str = "tags") -> Callable[[Context], Filters | None]:
    """The value of `Filters`: the arguments in `names` by their filters' names, each tag of the argument `tags`, `filters`."""

    def build(c: Context) -> Filters | None:
        found = [
            _filter(name, c.props[prop]) for prop, name in (names or {}).items() if c.props.get(prop) not in (None, "", False)
        ]
        found += [_filter(f"tag:{key}", value) for key, value in (c.props.get(tags) or {}).items()]
        found += [{"Name": each["name"], "Values": list(each["values"])} for each in c.props.get("filters") or ()]
        return found or None

    return build


def _filter(name: str, value: Any) -> dict[str, Any]:
    return {"Name": name, "Values": ["true" if value is True else str(value)]}


def listed(prop: str) -> Callable[[Context], list[str] | None]:
    """The argument `prop` as a list of one; None where it is not given."""
    return lambda c: [c.props[prop]] if c.props.get(prop) else None
