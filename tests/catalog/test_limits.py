"""The documented limits: each has its source, and stands at members and properties that there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from catalog.limits import nodes
from catalog.limits.every import EVERY
from catalog.limits.identity import LIMITS as IDENTITY
from catalog.limits.row import Limit, values_at
from localcloud.kernel import schema
from localcloud.services.gathered import all_rows


def test_each_limit_has_its_source_and_something_that_it_holds() -> None:
    faults = []
    for limit in EVERY:
        if not limit.source.startswith("https://docs.aws.amazon.com/"):
            faults.append(f"{limit.says}: source {limit.source}")
        if not (limit.calls or limit.at):
            faults.append(f"{limit.says}: holds nothing")
        if (
            limit.measure != "base64"
            and limit.least is limit.most is None
            and not (limit.allowed or limit.pattern or limit.never)
        ):
            faults.append(f"{limit.says}: limits nothing")
    assert not faults


def test_each_limit_stands_at_a_member_of_its_operation() -> None:
    session, faults = get_session(), []
    for limit in EVERY:
        model = session.get_service_model(limit.service)
        for operation, path in limit.calls.items():
            shape = model.operation_model(operation).input_shape
            if not _has(shape, path):
                faults.append(f"{limit.service} {operation}: no member {path}")
    assert not faults


def _has(shape: Any, path: str) -> bool:
    for name in path.split("."):
        while shape.type_name == "list":
            shape = shape.member
        if shape.type_name == "map":
            shape = shape.value
        elif name in shape.members:
            shape = shape.members[name]
        else:
            return False
    return True


def test_each_limit_stands_at_a_property_of_its_type() -> None:
    rows = all_rows()
    schemas = schema.load(rows)
    faults = [
        f"{at.card.token}: no property {at.path}"
        for limit in EVERY
        for at in limit.at
        if at.card.token in rows and at.path.partition(".")[0] not in schemas[at.card.token].inputs
    ]
    assert not faults


def _limit(**members: Any) -> Limit:
    return Limit(service="s", calls={}, code="c", says="no {value}", source="", **members)


@given(st.integers(-10, 300))
def test_a_number_is_taken_from_the_least_to_the_most(value: int) -> None:
    limit = _limit(measure="number", least=0, most=255)
    assert (limit.refused(value) is None) == (0 <= value <= 255)
    assert (limit.refused(str(value)) is None) == (0 <= value <= 255)


@given(st.text(alphabet="a \t\né", max_size=40))
def test_texts_are_measured_as_their_limit_says(text: str) -> None:
    assert (_limit(measure="characters", most=10).refused(text) is None) == (len(text) <= 10)
    assert (_limit(measure="bytes", most=10).refused(text) is None) == (len(text.encode()) <= 10)
    bare = text.replace(" ", "").replace("\t", "").replace("\n", "")
    assert (_limit(measure="without_spaces", most=10).refused(text) is None) == (len(bare) <= 10)


@pytest.mark.parametrize("value", [None, {}, [], object(), b"", 5], ids=lambda value: type(value).__name__)
def test_a_value_of_another_kind_is_for_the_model_to_refuse(value: Any) -> None:
    for limit in IDENTITY:
        if limit.measure != "number":
            assert limit.refused(value) is None


@pytest.mark.parametrize(
    ("path", "found"),
    [("a.b", [1, 2]), ("a.b.c", []), ("m.*.x", [3]), ("none", []), ("a", [[{"b": 1}, {"b": 2}]])],
)
def test_paths_go_through_lists_and_maps(path: str, found: list[Any]) -> None:
    value: Mapping[str, Any] = {"a": [{"b": 1}, {"b": 2}], "m": {"k": {"x": 3}}}
    assert list(values_at(value, path)) == found


VERSIONS = st.integers(20, 60).map(lambda minor: f"1.{minor}")


@given(VERSIONS, VERSIONS)
def test_a_cluster_takes_one_step_up(old: str, new: str) -> None:
    assert (nodes.step_refused(old, new) is None) == (nodes.minor(new) - nodes.minor(old) in (0, 1))


@given(VERSIONS, VERSIONS)
def test_nodes_are_between_their_cluster_and_three_behind(cluster: str, group: str) -> None:
    assert (nodes.nodes_refused(cluster, group) is None) == (0 <= nodes.minor(cluster) - nodes.minor(group) <= 3)


SIZES = st.one_of(st.none(), st.integers(0, 6))


@given(SIZES, SIZES, SIZES)
def test_sizes_are_taken_where_those_that_are_given_stand_in_order(
    least: int | None, wanted: int | None, most: int | None
) -> None:
    given_ones = [size for size in (least, wanted, most) if size is not None]
    assert (nodes.sizes_refused(least, wanted, most) is None) == (given_ones == sorted(given_ones))
