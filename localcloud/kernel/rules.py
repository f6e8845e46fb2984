"""The refusals that rows share: what pulumi-aws refuses before AWS is asked."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.kernel.spec import Check


def one_of(prop: str, *values: str | int) -> Check:
    return _each(prop, lambda v: None if v in values else f"expected {prop} to be one of {json.dumps(list(values))}, got {v}")


def between(prop: str, low: float, high: float) -> Check:
    return _each(
        prop, lambda v: None if low <= float(v) <= high else f"expected {prop} to be in the range ({low} - {high}), got {v}"
    )


def at_least(prop: str, low: float) -> Check:
    return _each(prop, lambda v: None if float(v) >= low else f"expected {prop} to be at least ({low}), got {v}")


def length(prop: str, low: int, high: int) -> Check:
    return _each(
        prop,
        lambda v: None if low <= len(v) <= high else f"expected length of {prop} to be in the range ({low} - {high}), got {v}",
    )


def matches(prop: str, pattern: str, says: str) -> Check:
    return _each(prop, lambda v: None if re.fullmatch(pattern, str(v)) else f"invalid value for {prop} ({says}), got {v}")


def arn(prop: str) -> Check:
    return _each(
        prop,
        lambda v: (
            None
            if re.match(r"arn:[a-z-]+:[^:]+:[^:]*:[^:]*:.+", str(v))
            else f'"{prop}" ({v}) is an invalid ARN: arn: invalid prefix'
        ),
    )


def cidr(prop: str) -> Check:
    def says(value: Any) -> str | None:
        try:
            network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            return f"expected {prop} to contain a valid Value, got: {value} with err: invalid CIDR address: {value}"
        if str(network) != str(value):
            return f"expected {prop} to contain a valid network Value, expected {network}, got {value}"
        return None

    return _each(prop, says)


def json_document(prop: str) -> Check:
    def says(value: Any) -> str | None:
        try:
            json.loads(value)
        except ValueError as error:
            return f'"{prop}" contains an invalid JSON: {error}'
        return None

    return _each(prop, says)


def policy_document(prop: str) -> Check:
    """A policy must be a JSON object; what it says is AWS's to judge."""

    def says(value: Any) -> str | None:
        if not str(value).lstrip().startswith("{"):
            what = "contains a JSON array, not a JSON object" if str(value).lstrip().startswith("[") else "not a JSON object"
            return f'"{prop}" contains an invalid JSON policy: {what}'
        try:
            json.loads(value)
        except ValueError as error:
            return f'"{prop}" contains an invalid JSON policy: {error}'
        return None

    return _each(prop, says)


def conflicts(*props: str) -> Check:
    """At most one of the properties may be given."""

    def says(values: Mapping[str, Any]) -> str | None:
        given = [prop for prop in props if _given(values, prop)]
        return f'Conflicting configuration arguments: "{given[0]}": conflicts with {given[1]}' if len(given) > 1 else None

    return Check(props=props, says=says)


def exactly_one(*props: str) -> Check:
    def says(values: Mapping[str, Any]) -> str | None:
        given = [prop for prop in props if _given(values, prop)]
        return (
            None
            if len(given) == 1
            else f"Invalid combination of arguments: exactly one of {','.join(props)} must be specified, got {len(given)}"
        )

    return Check(props=props, says=says)


def at_least_one(*props: str) -> Check:
    def says(values: Mapping[str, Any]) -> str | None:
        given = [prop for prop in props if _given(values, prop)]
        return None if given else f"Missing required argument: one of {','.join(props)} must be specified"

    return Check(props=props, says=says)


def requires(prop: str, *others: str) -> Check:
    """Where `prop` is given, `others` must be given too."""

    def says(values: Mapping[str, Any]) -> str | None:
        if not _given(values, prop):
            return None
        missing = [other for other in others if value_at(values, other) is None]
        return f'Missing required argument: "{prop}": all of {",".join((prop, *others))} must be specified' if missing else None

    return Check(props=(prop, *others), says=says)


def when(prop: str, says: Callable[[Mapping[str, Any]], str | None], *also: str) -> Check:
    """A refusal of any other kind: `says` gets all properties once `prop` and `also` are known."""
    return Check(props=(prop, *also), says=says)


def _given(values: Mapping[str, Any], path: str) -> bool:
    """Whether the program itself gives the property: a default or a made name conflicts with nothing."""
    return value_at(values, path) is not None and path not in values.get("__defaults", ())


def value_at(values: Mapping[str, Any], path: str) -> Any:
    """The first value at a dotted path, through lists."""
    found = values_at(values, path)
    return found[0] if found else None


def values_at(values: Any, path: str) -> list[Any]:
    """Every value at a dotted path; a list on the way is walked through."""
    if isinstance(values, list):
        return [found for item in values for found in values_at(item, path)]
    if not path:
        return [] if values is None else [values]
    if not isinstance(values, Mapping):
        return []
    head, _, rest = path.partition(".")
    return values_at(values.get(head), rest)


def _each(prop: str, says: Callable[[Any], str | None]) -> Check:
    def check(values: Mapping[str, Any]) -> str | None:
        for value in values_at(values, prop):
            message = says(value)
            if message:
                return message
        return None

    return Check(props=(prop.partition(".")[0],), says=check)
