"""Pulumi's protocol over any provider: here one that keeps its resources in a dictionary, asked over gRPC as an engine asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import grpc
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from localcloud.kernel.diff import Diff, Difference
from localcloud.provider import wire
from localcloud.provider.protocol import Connection, NotAnswered, Provider, serve

URN = "urn:pulumi:local::slipway::box:index:Box::it"


class Box(Connection):
    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = dict(settings)
        self.made: dict[str, dict[str, Any]] = {}

    def check(
        self, urn: str, olds: Mapping[str, Any], news: Mapping[str, Any], seed: bytes
    ) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        return {**news, "size": news.get("size", 1)}, [("size", "too large")] if news.get("size", 1) > 9 else []

    def diff(self, urn: str, state: Mapping[str, Any], news: Mapping[str, Any], ignore: tuple[str, ...]) -> Diff:
        changed = [key for key in news if news[key] != state.get(key) and key not in ignore]
        return Diff(tuple(Difference(key, "update", key == "name") for key in changed), delete_before_replace=True)

    def preview(self, urn: str, state: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        return {**news, "previewed": True}

    def create(self, urn: str, news: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        if news.get("size") == 9:
            raise OverflowError("full")
        self.made[urn] = dict(news)
        return "box-1", {**news, **self.settings}

    def read(
        self, urn: str, identifier: str, inputs: Mapping[str, Any], state: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        return (identifier, dict(self.made[urn]), dict(inputs)) if urn in self.made else None

    def update(self, urn: str, identifier: str, state: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        return dict(news)

    def delete(self, urn: str, identifier: str, state: Mapping[str, Any]) -> None:
        del self.made[urn]

    def invoke(self, function: str, args: Mapping[str, Any]) -> dict[str, Any]:
        if function != "box:index:count":
            raise NotAnswered(f"{function}: there is box:index:count")
        return {"count": len(self.made)}


class Boxes(Provider):
    name: ClassVar[str] = "box"
    replaced_by: ClassVar[frozenset[str]] = frozenset({"shelf"})
    version = "1.2.3"

    def configure(self, settings: Mapping[str, Any]) -> Connection:
        return Box(settings)


@pytest.fixture
def engine() -> Iterator[Any]:
    attached = serve(Boxes())
    assert attached.name == "box"
    channel = grpc.insecure_channel(f"127.0.0.1:{attached.port}")
    yield provider_pb2_grpc.ResourceProviderStub(channel)
    channel.close()
    attached.stop()


def struct(**value: Any) -> struct_pb2.Struct:
    return json_format.ParseDict(value, struct_pb2.Struct())


def values(found: struct_pb2.Struct) -> dict[str, Any]:
    return wire.decode(found)


def test_what_an_engine_configures_is_kept_for_its_connection(engine: Any) -> None:
    engine.Configure(
        provider_pb2.ConfigureRequest(variables={"box:config:shelf": "low", "box:config:door": "red"}, args=struct(shelf="top"))
    )
    made = engine.Create(provider_pb2.CreateRequest(urn=URN, properties=struct(name="a")))
    assert (made.id, values(made.properties)) == ("box-1", {"name": "a", "shelf": "top", "door": "red"})


def test_a_change_of_a_setting_that_makes_a_new_provider_says_so(engine: Any) -> None:
    answer = engine.DiffConfig(provider_pb2.DiffRequest(olds=struct(shelf="a", door="b"), news=struct(shelf="c", door="d")))
    assert (list(answer.diffs), list(answer.replaces)) == (["door", "shelf"], ["shelf"])


def test_inputs_are_checked_and_compared_in_the_engine_s_form(engine: Any) -> None:
    checked = engine.Check(provider_pb2.CheckRequest(urn=URN, news=struct(name="a", size=10)))
    assert [(each.property, each.reason) for each in checked.failures] == [("size", "too large")]
    request = provider_pb2.DiffRequest(
        urn=URN, olds=struct(name="a", size=1), news=struct(name="b", size=2), ignoreChanges=["size"]
    )
    found = engine.Diff(request)
    assert (list(found.diffs), list(found.replaces), found.deleteBeforeReplace) == (["name"], ["name"], True)
    assert found.detailedDiff["name"].kind == provider_pb2.PropertyDiff.Kind.UPDATE_REPLACE


def test_a_preview_makes_nothing(engine: Any) -> None:
    shown = engine.Create(provider_pb2.CreateRequest(urn=URN, properties=struct(name="a"), preview=True))
    assert (shown.id, values(shown.properties)) == ("", {"name": "a", "previewed": True})
    assert not engine.Read(provider_pb2.ReadRequest(urn=URN, id="box-1")).HasField("properties")


def test_marks_of_defaults_and_ignored_changes_go_through(engine: Any) -> None:
    made = engine.Create(provider_pb2.CreateRequest(urn=URN, properties=struct(name="a", __defaults=["size"])))
    assert values(made.properties)["__defaults"] == ["size"]
    request = provider_pb2.UpdateRequest(
        urn=URN, id="box-1", olds=struct(size=1), news=struct(size=2, name="b"), ignoreChanges=["size"]
    )
    assert values(engine.Update(request).properties) == {"size": 1, "name": "b"}
    engine.Delete(provider_pb2.DeleteRequest(urn=URN, id="box-1"))
    assert engine.Read(provider_pb2.ReadRequest(urn=URN, id="box-1")).id == ""


def test_a_function_answers_or_is_refused_as_not_there(engine: Any) -> None:
    answer = engine.Invoke(provider_pb2.InvokeRequest(tok="box:index:count"))
    assert values(getattr(answer, "return")) == {"count": 0}
    with pytest.raises(grpc.RpcError) as refused:
        engine.Invoke(provider_pb2.InvokeRequest(tok="box:index:colour"))
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert "there is box:index:count" in refused.value.details()


def test_an_exception_is_told_in_one_line(engine: Any) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        engine.Create(provider_pb2.CreateRequest(urn=URN, properties=struct(size=9)))
    assert (refused.value.code(), refused.value.details()) == (grpc.StatusCode.UNKNOWN, "OverflowError: full")


def test_the_plug_in_says_its_version(engine: Any) -> None:
    from google.protobuf import empty_pb2

    assert engine.GetPluginInfo(empty_pb2.Empty()).version == "1.2.3"
