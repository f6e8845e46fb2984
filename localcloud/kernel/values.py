"""Values between pulumi-aws's shapes (camelCase, flattened single blocks) and botocore's (service model members)."""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Mapping
from typing import Any

from localcloud.kernel.schema import Kind


class ShapeError(ValueError):
    """A row hands botocore a property that its shape has no member for: the row needs a `rename`."""


@functools.cache
def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def member_of(members: Mapping[str, Any], name: str) -> str | None:
    """The member that a property means: same letters in any case, or its singular or plural."""
    plain = _plain(name)
    candidates = {_plain(member): member for member in members}
    for guess in (plain, f"{plain}s", plain.removesuffix("s"), plain.removesuffix("es")):
        if guess in candidates:
            return candidates[guess]
    return None


def to_aws(value: Any, shape: Any, rename: Mapping[str, str], path: str) -> Any:
    """`value` in the form of the botocore `shape`. `rename` maps dotted property paths to member names."""
    kind = shape.type_name
    if kind == "structure":
        if isinstance(value, list):
            value = value[0] if value else {}
        if not isinstance(value, Mapping):
            raise ShapeError(f"{path}: {shape.name} is a structure, got {value!r:.60}")
        result = {}
        for name, item in value.items():
            if item is None or name.startswith("__"):
                continue
            inner = f"{path}.{name}"
            member = rename.get(inner) or member_of(shape.members, name)
            if member is None or member not in shape.members:
                raise ShapeError(f"{inner}: {shape.name} has no such member; its members are {', '.join(shape.members)}")
            result[member] = to_aws(item, shape.members[member], rename, inner)
        return result
    if kind == "list":
        items = value if isinstance(value, (list, tuple)) else [value]
        return [to_aws(item, shape.member, rename, path) for item in items]
    if kind == "map":
        return {str(key): to_aws(item, shape.value, rename, path) for key, item in value.items()}
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if kind == "blob":
        return value if isinstance(value, bytes) else str(value).encode()
    if kind == "timestamp":
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def from_aws(value: Any, kind: Kind, rename: Mapping[str, str], path: str) -> Any:
    """`value` of a boto3 response in the form of the pulumi-aws `kind`; None where it cannot be."""
    if value is None:
        return None
    if isinstance(kind, Mapping):
        if "list" in kind:
            items = value if isinstance(value, (list, tuple)) else [value]
            return [from_aws(item, kind["list"], rename, path) for item in items]
        if "map" in kind:
            if not isinstance(value, Mapping):
                return None
            return {str(key): from_aws(item, kind["map"], rename, path) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            if not value:
                return None
            value = value[0]
        if not isinstance(value, Mapping):
            return None
        result = {}
        for name, inner_kind in kind["object"].items():
            member = rename.get(f"{path}.{name}") or member_of(value, name)
            item = from_aws(value.get(member) if member else None, inner_kind, rename, f"{path}.{name}")
            if item is not None:
                result[name] = item
        return result
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if kind == "str":
        if isinstance(value, (Mapping, list)):
            return json.dumps(value)
        return ("true" if value else "false") if isinstance(value, bool) else str(value)
    if kind == "bool":
        return value if isinstance(value, bool) else str(value).lower() in ("true", "enabled", "1")
    if kind in ("int", "float"):
        number = float(value)
        return int(number) if number.is_integer() else number
    return value


def has_objects(kind: Kind) -> bool:
    """Whether the kind is an object or holds objects: AWS names all their members, where the program names only some."""
    return isinstance(kind, Mapping) and ("object" in kind or any(has_objects(inner) for inner in kind.values()))


def with_zeros(value: Any, kind: Kind) -> Any:
    """`value` with the absent members of its objects as zero values; an absent object stays absent."""
    if isinstance(kind, Mapping) and "list" in kind and isinstance(value, list):
        return [with_zeros(item, kind["list"]) for item in value]
    if isinstance(kind, Mapping) and "object" in kind and isinstance(value, Mapping):
        filled = {name: with_zeros(value.get(name, _zero(inner)), inner) for name, inner in kind["object"].items()}
        return {name: item for name, item in filled.items() if item is not None}
    return value


def _zero(kind: Kind) -> Any:
    if isinstance(kind, Mapping):
        return [] if "list" in kind else None
    return {"str": "", "bool": False, "int": 0, "float": 0}.get(kind)


def with_defaults(defaults: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with what pulumi-aws itself puts into the objects that are given: the defaults with dotted paths."""
    filled = dict(values)
    for path, value in defaults.items():
        head, _, rest = path.partition(".")
        if rest and filled.get(head) is not None:
            filled[head] = _filled(filled[head], rest, value)
    return filled


def _filled(value: Any, path: str, default: Any) -> Any:
    if isinstance(value, list):
        return [_filled(item, path, default) for item in value]
    if not isinstance(value, Mapping):
        return value
    return with_defaults({path: default}, value) if "." in path else {path: default, **value}


def nothing(kind: Kind) -> Any:
    """What Terraform reports of a kind where there is nothing to report."""
    return {} if isinstance(kind, Mapping) and "map" in kind else _zero(kind)


def is_zero(value: Any) -> bool:
    """Whether Terraform would treat the value as not set."""
    return value is None or value is False or value in ("", 0) or (isinstance(value, (list, Mapping)) and not value)


def same_json(left: Any, right: Any) -> bool:
    """Whether two JSON documents are the same but for whitespace and the order of keys. Policies mean more: see policies.py."""
    try:
        return bool(json.loads(left or "null") == json.loads(right or "null"))
    except (TypeError, ValueError):
        return bool(left == right)
