"""Every name in every row, held to what it names: pulumi-aws's schema, boto3's operations and their members."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from localcloud.kernel.context import Call, Clients
from localcloud.kernel.engine import Engine
from localcloud.kernel.schema import Kind, Schema
from localcloud.kernel.spec import Resource, Tags, Update
from tests.localcloud.golden_report import new_engine

OF_INPUTS = ("replace", "computed", "defaults", "unset", "json", "policies", "sets", "same", "replace_if")
OF_OUTPUTS = ("empty", "zeros", "moves", "outputs")
_TEMPLATE = re.compile(r"\{([A-Za-z0-9_.]+)\}")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return new_engine()


def test_every_name_in_every_row_names_something(engine: Engine) -> None:
    faults = [
        f"{token.rpartition(':')[2]} {fault}"
        for token, row in engine.rows.items()
        for fault in _faults(row, engine.schemas[token], engine.clients)
    ]
    assert not faults, "\n".join(faults)


def test_every_type_whose_name_may_be_left_out_gets_one(engine: Engine) -> None:
    """pulumi-aws names whatever has a `name`: nothing is left for AWS to require."""
    named = {token for token, schema in engine.schemas.items() if "name" in schema.inputs and "name" not in schema.required}
    assert {token for token in named if engine.rows[token].autoname is None} == set()


def test_a_row_that_names_what_is_not_there_is_told_of_each(engine: Engine) -> None:
    row = Resource(
        type="aws:ec2/vpc:Vpc",
        service="ec2",
        create=Call(op="make_vpc"),
        id="{data.Vpc.VpcId}",
        read=Call(op="describe_vpcs", params={"VpcIdz": ["{idd}"]}),
        delete=None,
        updates=(Update(on=("cidr",), do=Call(op="modify_vpc_attribute", take=("enableDns",))),),
        replace=frozenset({"cidrBlok"}),
        outputs={"arm": "{region}"},
        rename={"tagz.x": "Tags"},
        tags=Tags(add="tag_it"),
    )
    faults = list(_faults(row, engine.schemas[row.type], engine.clients))
    named = ("make_vpc", "VpcIdz", "idd", "'cidr'", "enableDns", "cidrBlok", "arm", "tagz.x", "tag_it", "untag_resource")
    assert [name for name in named if not any(name in fault for fault in faults)] == []


def _faults(row: Resource, schema: Schema, clients: Clients) -> Iterator[str]:
    both = {**schema.outputs, **schema.inputs}
    for kinds, columns in ((schema.inputs, OF_INPUTS), (schema.outputs, OF_OUTPUTS), (both, ("rename",))):
        for column in columns:
            yield from _unknown(column, getattr(row, column), kinds)
    yield from _unknown("moves", [name for name in row.moves.values() if name], schema.inputs)
    for check in row.checks:
        yield from _unknown("checks", check.props, schema.inputs)
    for update in row.updates:
        yield from _unknown("updates", update.on, schema.inputs)
    if row.autoname is not None:
        yield from _unknown("autoname", [row.autoname.prop], schema.inputs)
    yield from _templates("id", row.id, both)
    yield from _templates("outputs", list(row.outputs.values()), both)
    for column, call in _calls(row):
        yield from _of_call(f"{column} {call.op}", call, clients(call.service or row.service, "us-east-1"), schema, both)
    if row.tags is not None:
        yield from _of_tags(row.tags, clients(row.service, "us-east-1"), both)


def _unknown(column: str, paths: Iterable[str], kinds: Mapping[str, Kind]) -> Iterator[str]:
    for path in paths:
        if not path.startswith("__") and not _is_there({"object": kinds}, path.split(".")):
            yield f"{column}: no property {path!r}"


def _is_there(kind: Kind, path: list[str]) -> bool:
    if not path:
        return True
    if not isinstance(kind, Mapping):
        return False
    if "object" in kind:
        return path[0] in kind["object"] and _is_there(kind["object"][path[0]], path[1:])
    return _is_there(kind["list"], path) if "list" in kind else _is_there(kind["map"], path[1:])


def _templates(column: str, value: Any, kinds: Mapping[str, Kind]) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _templates(column, item, kinds)
    elif isinstance(value, str):
        for name in _TEMPLATE.findall(value):
            if name not in ("id", "region", "account") and not name.startswith("data."):
                yield from _unknown(f"{column} {value!r}", [name], kinds)


def _calls(row: Resource) -> Iterator[tuple[str, Call]]:
    found = [("create", row.create), ("read", row.read), ("delete", row.delete)]
    for column, call in [*found, *(("updates", update.do) for update in row.updates)]:
        if isinstance(call, Call):
            yield column, call


def _members(client: Any, operation: str) -> Mapping[str, Any] | None:
    """The members of an operation's request; None when boto3 has no such method."""
    name = client.meta.method_to_api_mapping.get(operation)
    if name is None:
        return None
    shape = client.meta.service_model.operation_model(name).input_shape
    return shape.members if shape else {}


def _of_call(where: str, call: Call, client: Any, schema: Schema, both: Mapping[str, Kind]) -> Iterator[str]:
    members = _members(client, call.op)
    yield from _unknown(f"{where}: take", call.take or (), schema.inputs)
    yield from _unknown(f"{where}: skip", call.skip, schema.inputs)
    yield from _unknown(f"{where}: rename", call.rename, both)
    yield from _templates(where, call.params, both)
    if members is None:
        yield f"{where}: boto3 has no such operation"
        return
    yield from (f"{where}: no member {member!r}" for member in call.params if member not in members)


def _of_tags(tags: Tags, client: Any, both: Mapping[str, Kind]) -> Iterator[str]:
    yield from _templates("tags", tags.target[1], both)
    if tags.change is not None:
        return
    asked = [(tags.add, (tags.target[0], tags.add_member)), (tags.remove, (tags.target[0], tags.remove_member))]
    for operation, names in [*asked, *([(tags.list_op, (tags.target[0],))] if tags.list_op else [])]:
        members = _members(client, operation)
        if members is None:
            yield f"tags: boto3 has no operation {operation!r}"
        else:
            yield from (f"tags {operation}: no member {name!r}" for name in names if name not in members)
