"""The links between resources, with known ids and, as at a first preview, without any."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.types import appautoscaling, ec2, eks, s3, sagemaker
from tools.plan.links import LinkedPlan, points_to
from tools.plan.view import UNKNOWN, ResourceView, Secret


def bucket(name: str, parent: str = "", **props: object) -> ResourceView:
    return ResourceView(type=s3.BUCKET.token, name=name, urn=f"urn:{parent}{name}", parent=parent, props=props)


def versioning(name: str, of: object = UNKNOWN, parent: str = "") -> ResourceView:
    return ResourceView(
        type=s3.BUCKET_VERSIONING.token, name=name, urn=f"urn:v:{parent}{name}", parent=parent, props={"bucket": of}
    )


def links(*views: ResourceView) -> dict[str, tuple[list[str], list[str]]]:
    plan = LinkedPlan(views)
    return {
        view.name: (
            [found.name for found in plan.companions(view, s3.BUCKET_VERSIONING).found],
            [found.name for found in plan.companions(view, s3.BUCKET_VERSIONING).possible],
        )
        for view in plan.of(s3.BUCKET)
    }


def test_a_known_name_links_and_nothing_else_does() -> None:
    found = links(bucket("a", bucket="one"), bucket("b", bucket="two"), versioning("a-versioning", of="two"))
    assert found == {"a": ([], []), "b": (["a-versioning"], [])}


def test_a_logical_name_links_where_a_file_gives_no_other() -> None:
    assert links(bucket("a"), bucket("b"), versioning("v", of="b")) == {"a": ([], []), "b": (["v"], [])}


def test_a_child_belongs_to_its_parent() -> None:
    assert links(bucket("a"), bucket("b"), versioning("x", parent="urn:b")) == {"a": ([], []), "b": (["x"], [])}


def test_an_unknown_link_goes_by_the_leading_words_of_the_names() -> None:
    found = links(bucket("lake-raw"), bucket("lake-curated"), versioning("lake-raw-versioning"))
    assert found == {"lake-raw": (["lake-raw-versioning"], []), "lake-curated": ([], [])}


def test_a_name_that_begins_with_data_points_to_data_and_not_to_data_raw() -> None:
    found = links(bucket("data"), bucket("data-raw"), versioning("data-versioning"), versioning("data-raw-versioning"))
    assert found == {"data": (["data-versioning"], []), "data-raw": (["data-raw-versioning"], [])}


def test_the_same_name_under_another_parent_is_another_resource() -> None:
    found = LinkedPlan([bucket("raw", "urn:p1"), bucket("raw", "urn:p2"), versioning("raw-v", parent="urn:p2")])
    one, two = found.of(s3.BUCKET)
    assert found.companions(one, s3.BUCKET_VERSIONING).found == []
    assert len(found.companions(two, s3.BUCKET_VERSIONING).found) == 1


def test_a_name_without_shared_words_may_point_to_any_bucket() -> None:
    assert links(bucket("a"), bucket("b"), versioning("x")) == {"a": ([], ["x"]), "b": ([], ["x"])}


def test_an_unknown_value_points_to_the_only_bucket() -> None:
    assert links(bucket("a"), versioning("x")) == {"a": (["x"], [])}


def test_a_known_value_of_no_resource_links_to_none() -> None:
    assert links(bucket("a", bucket="one"), versioning("a-v", of="of-another-stack")) == {"a": ([], [])}


def test_the_owner_is_read_out_of_a_longer_value() -> None:
    endpoint = ResourceView(type=sagemaker.ENDPOINT.token, name="e", props={"name": "digits"})
    target = ResourceView(type=appautoscaling.TARGET.token, name="t", props={"resourceId": "endpoint/digits/variant/a"})
    plan = LinkedPlan([endpoint, target])
    assert plan.companions(endpoint, appautoscaling.TARGET, lambda value: value.split("/")[1]).found == [target]


def test_an_id_that_only_the_arn_shows_links_too() -> None:
    """The engine gives a stack policy the outputs of a resource, which do not include its id."""
    arn = "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-{}"
    plan = LinkedPlan(
        [
            ResourceView(type=ec2.VPC.token, name="mine", urn="urn:mine", props={"arn": arn.format("1")}),
            ResourceView(type=ec2.VPC.token, name="other", urn="urn:other", props={"arn": arn.format("2")}),
            ResourceView(type=ec2.FLOW_LOG.token, name="log", urn="urn:log", props={"vpcId": "vpc-1"}),
        ]
    )
    found = {view.name: [log.name for log in plan.companions(view, ec2.FLOW_LOG).found] for view in plan.of(ec2.VPC)}
    assert found == {"mine": ["log"], "other": []}


def test_both_directions_agree_and_an_estimate_takes_the_first_that_is_possible() -> None:
    stray = versioning("x")
    plan = LinkedPlan([bucket("a"), bucket("b"), stray])
    target = plan.target(stray, s3.BUCKET)
    assert target.found is None
    assert [view.name for view in target.possible] == ["a", "b"]
    assert target.best is target.possible[0]
    assert LinkedPlan([stray]).target(stray, s3.BUCKET).best is None


def test_the_first_property_that_is_set_decides_the_target() -> None:
    a, b = (ResourceView(type=ec2.LAUNCH_TEMPLATE.token, name=name, props={"name": f"of-{name}"}) for name in "ab")
    pools = [
        ResourceView(type=eks.NODE_GROUP.token, name=name, props={"launchTemplate": template})
        for name, template in (("by-name", {"name": Secret("of-b")}), ("by-id", {"id": "a", "name": "of-b"}), ("by-nothing", {}))
    ]
    plan = LinkedPlan([a, b, *pools])
    assert [plan.target(pool, ec2.LAUNCH_TEMPLATE).best for pool in pools] == [b, a, None], "an absent value points to nobody"


def test_a_type_points_by_the_properties_that_its_card_names() -> None:
    assert points_to(eks.NODE_GROUP, ec2.LAUNCH_TEMPLATE.token) == ("launchTemplate.id", "launchTemplate.name")
    with pytest.raises(AssertionError, match="names no property that points to"):
        LinkedPlan([bucket("a")]).companions(ResourceView(type=ec2.VPC.token, name="v"), s3.BUCKET)


WORDS = st.lists(st.sampled_from(["data", "raw", "lake", "block"]), min_size=1, max_size=3).map("-".join)
PARENTS = st.sampled_from(["", "urn:p", "urn:q"])
OWNERS = st.lists(st.tuples(WORDS, PARENTS), max_size=5, unique_by=lambda one: one[0])
POINTING = st.lists(st.tuples(WORDS, PARENTS, st.none() | st.integers(0, 6)), max_size=5)


def plan_of(owners: list[tuple[str, str]], pointing: list[tuple[str, str, int | None]], *, reverse: bool = False) -> LinkedPlan:
    """Buckets, and versionings that point to the bucket of a number. None is an unknown value, a too large number no bucket's."""
    views = [bucket(name, parent, bucket=f"id-{number}") for number, (name, parent) in enumerate(owners)]
    for number, (name, parent, of) in enumerate(pointing):
        value = UNKNOWN if of is None else f"id-{of}"
        views.append(
            ResourceView(type=s3.BUCKET_VERSIONING.token, name=name, urn=f"urn:v{number}", parent=parent, props={"bucket": value})
        )
    return LinkedPlan(reversed(views) if reverse else views)


@given(OWNERS, POINTING)
def test_a_known_value_links_to_its_resource_and_to_no_other(
    owners: list[tuple[str, str]], pointing: list[tuple[str, str, int | None]]
) -> None:
    plan = plan_of(owners, pointing)
    for view, (_, _, of) in zip(plan.of(s3.BUCKET_VERSIONING), pointing, strict=True):
        target = plan.target(view, s3.BUCKET)
        if of is not None:
            assert target.possible == ()
            assert (target.found.props["bucket"] if target.found else None) == (f"id-{of}" if of < len(owners) else None)


@given(OWNERS, POINTING)
def test_companions_of_a_resource_are_those_whose_target_is_that_resource(
    owners: list[tuple[str, str]], pointing: list[tuple[str, str, int | None]]
) -> None:
    plan = plan_of(owners, pointing)
    times: Counter[str] = Counter()
    for owner in plan.of(s3.BUCKET):
        companions = plan.companions(owner, s3.BUCKET_VERSIONING)
        times.update(view.urn for view in companions.found)
        for view in plan.of(s3.BUCKET_VERSIONING):
            target = plan.target(view, s3.BUCKET)
            assert (view in companions.found) == (target.found is owner)
            assert (view in companions.possible) == (owner in target.possible)
    assert all(count == 1 for count in times.values()), "nothing belongs to two"


@given(OWNERS, POINTING)
def test_the_order_of_a_plan_changes_no_link(owners: list[tuple[str, str]], pointing: list[tuple[str, str, int | None]]) -> None:
    forth, back = plan_of(owners, pointing), plan_of(owners, pointing, reverse=True)
    for view in forth.of(s3.BUCKET_VERSIONING):
        one, two = forth.target(view, s3.BUCKET), back.target(view, s3.BUCKET)
        assert one.found == two.found
        assert {owner.urn for owner in one.possible} == {owner.urn for owner in two.possible}


@given(OWNERS, WORDS, PARENTS)
def test_an_unknown_value_points_to_a_sibling_where_there_is_one(owners: list[tuple[str, str]], name: str, parent: str) -> None:
    plan = plan_of(owners, [(name, parent, None)])
    (view,) = plan.of(s3.BUCKET_VERSIONING)
    target = plan.target(view, s3.BUCKET)
    assert (target.best is None) == (not owners)
    assert target.found is None or target.possible == ()
    if len(plan.siblings(view, s3.BUCKET)) == 1:
        assert target.found is plan.siblings(view, s3.BUCKET)[0]
