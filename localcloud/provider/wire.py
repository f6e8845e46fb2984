"""Pulumi's property values between protobuf structs and plain Python values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2

from localcloud.kernel.diff import UNKNOWN_MARK
from localcloud.kernel.lookup import Secret

# Source of the three markers: pulumi sdk, runtime/rpc.py.
_UNKNOWN = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # list
        "30a010f8-3567-4cc5-9c3d-22c1a2c0d1d1",  # map
    }
)
_UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


def decode(struct: struct_pb2.Struct) -> dict[str, Any]:
    """A struct as plain values: unknowns are `UNKNOWN_MARK`, secrets and outputs are opened, assets stay marked mappings."""
    return {key: _value(value) for key, value in struct.fields.items()}


def encode(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Plain values as a struct; None is left out."""
    struct = struct_pb2.Struct()
    for key, value in values.items():
        if value is not None:
            struct.fields[key].CopyFrom(_encode(value))
    return struct


def covered(struct: struct_pb2.Struct, *likes: struct_pb2.Struct) -> struct_pb2.Struct:
    """`struct` with everything secret that is secret in one of `likes`; what is secret in `tags` is so in `tagsAll`."""
    for like in likes:
        for key, value in struct.fields.items():
            source = "tags" if key == "tagsAll" and key not in like.fields else key
            if source in like.fields:
                value.CopyFrom(_covered(value, like.fields[source]))
    return struct


def _covered(value: struct_pb2.Value, like: struct_pb2.Value) -> struct_pb2.Value:
    if _is_secret(value):
        return value
    if _is_secret(like):
        fields = {SIGNATURE: struct_pb2.Value(string_value=_SECRET), "value": value}
        return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))
    if value.HasField("struct_value") and like.HasField("struct_value"):
        return struct_pb2.Value(struct_value=covered(value.struct_value, like.struct_value))
    if value.HasField("list_value") and like.HasField("list_value"):
        for item, other in zip(value.list_value.values, like.list_value.values, strict=False):
            item.CopyFrom(_covered(item, other))
    return value


def _is_secret(value: struct_pb2.Value) -> bool:
    fields = value.struct_value.fields if value.HasField("struct_value") else {}
    return SIGNATURE in fields and fields[SIGNATURE].string_value == _SECRET


def _value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        items = decode(value.struct_value)
        mark = items.get(SIGNATURE)
        if mark in (_SECRET, _OUTPUT):
            return items.get("value", UNKNOWN_MARK)
        return items
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value":
        return UNKNOWN_MARK if value.string_value in _UNKNOWN else value.string_value
    return value.bool_value if kind == "bool_value" else None


def _encode(value: Any) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if value is UNKNOWN_MARK:
        return struct_pb2.Value(string_value=_UNKNOWN_TEXT)
    if isinstance(value, Secret):
        fields = {SIGNATURE: struct_pb2.Value(string_value=_SECRET), "value": _encode(value.value)}
        return struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, (int, float)):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, Mapping):
        return struct_pb2.Value(struct_value=encode(value))
    if isinstance(value, (list, tuple, set, frozenset)):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_encode(item) for item in value]))
    return struct_pb2.Value(string_value=str(value))
