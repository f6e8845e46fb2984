"""Values on the wire: what is secret going in is secret coming out, at the same place, and nothing else is."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format, struct_pb2

from localcloud.kernel.diff import UNKNOWN_MARK
from localcloud.provider import wire

SECRET = "1b47061264138c4ac30d75fd1eb44270"


def secret(value: Any) -> dict[str, Any]:
    return {wire.SIGNATURE: SECRET, "value": value}


def struct(value: dict[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(value, struct_pb2.Struct())


def covered(value: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json_format.MessageToDict(wire.covered(wire.encode(value), struct(like)))
    return found


def test_a_secret_is_opened_and_an_unknown_one_is_unknown() -> None:
    assert wire.decode(struct({"a": secret("x"), "b": [secret(1)]})) == {"a": "x", "b": [1]}
    text = wire.encode({"a": UNKNOWN_MARK}).fields["a"].string_value
    assert wire.decode(struct({"a": secret(text)})) == {"a": UNKNOWN_MARK}


def test_only_what_was_secret_is_covered_again() -> None:
    value = {"name": "n", "word": "w", "blocks": [{"a": 1, "b": 2}], "arn": "x"}
    like = {"name": "n", "word": secret("w"), "blocks": [{"a": secret(1)}], "other": secret("o")}
    assert covered(value, like) == {"name": "n", "word": secret("w"), "blocks": [{"a": secret(1), "b": 2}], "arn": "x"}


def test_a_secret_tag_is_secret_among_all_tags_too() -> None:
    tags = {"word": "w", "plain": "p"}
    hidden = {"word": secret("w"), "plain": "p"}
    assert covered({"tags": tags, "tagsAll": tags}, {"tags": hidden}) == {"tags": hidden, "tagsAll": hidden}
    assert covered({"tagsAll": tags}, {"tags": secret(tags)}) == {"tagsAll": secret(tags)}


def test_what_two_structs_say_is_covered_once() -> None:
    once = wire.covered(wire.encode({"a": "x"}), struct({"a": secret("x")}), struct({"a": secret("x")}))
    assert json_format.MessageToDict(once) == {"a": secret("x")}
