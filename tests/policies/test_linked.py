"""Which resource belongs to which, when ids are known and when, at a first preview, none is."""

from __future__ import annotations

from policies.linked import LinkedPlan
from policies.tokens import BUCKET, BUCKET_VERSIONING, ENDPOINT, FLOW_LOG, SCALING_TARGET, VPC
from tools.plan.view import UNKNOWN, ResourceView


def bucket(name: str, parent: str = "", **props: object) -> ResourceView:
    return ResourceView(type=BUCKET, name=name, urn=f"urn:{parent}{name}", parent=parent, props=props)


def versioning(name: str, of: object = UNKNOWN, parent: str = "") -> ResourceView:
    return ResourceView(type=BUCKET_VERSIONING, name=name, urn=f"urn:v:{parent}{name}", parent=parent, props={"bucket": of})


def links(*views: ResourceView) -> dict[str, tuple[list[str], list[str]]]:
    plan = LinkedPlan(views)
    return {
        view.name: (
            [found.name for found in plan.companions(view, BUCKET_VERSIONING, "bucket").found],
            [found.name for found in plan.companions(view, BUCKET_VERSIONING, "bucket").possible],
        )
        for view in plan.of(BUCKET)
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


def test_data_is_not_data_raw() -> None:
    found = links(bucket("data"), bucket("data-raw"), versioning("data-versioning"), versioning("data-raw-versioning"))
    assert found == {"data": (["data-versioning"], []), "data-raw": (["data-raw-versioning"], [])}


def test_the_same_name_under_another_parent_is_another_resource() -> None:
    found = LinkedPlan([bucket("raw", "urn:p1"), bucket("raw", "urn:p2"), versioning("raw-v", parent="urn:p2")])
    one, two = found.of(BUCKET)
    assert found.companions(one, BUCKET_VERSIONING, "bucket").found == []
    assert len(found.companions(two, BUCKET_VERSIONING, "bucket").found) == 1


def test_a_name_that_tells_nothing_may_be_of_any() -> None:
    assert links(bucket("a"), bucket("b"), versioning("x")) == {"a": ([], ["x"]), "b": ([], ["x"])}


def test_the_only_bucket_is_meant() -> None:
    assert links(bucket("a"), versioning("x")) == {"a": (["x"], [])}


def test_a_known_value_of_nobody_links_to_nobody() -> None:
    assert links(bucket("a", bucket="one"), versioning("a-v", of="of-another-stack")) == {"a": ([], [])}


def test_the_owner_is_read_out_of_a_longer_value() -> None:
    endpoint = ResourceView(type=ENDPOINT, name="e", props={"name": "digits"})
    target = ResourceView(type=SCALING_TARGET, name="t", props={"resourceId": "endpoint/digits/variant/a"})
    plan = LinkedPlan([endpoint, target])
    assert plan.companions(endpoint, SCALING_TARGET, "resourceId", lambda value: value.split("/")[1]).found == [target]


def test_an_id_that_only_the_arn_shows_links_too() -> None:
    """The engine shows a stack policy a resource's outputs, and its id is none of them."""
    arn = "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-{}"
    plan = LinkedPlan(
        [
            ResourceView(type=VPC, name="mine", urn="urn:mine", props={"arn": arn.format("1")}),
            ResourceView(type=VPC, name="other", urn="urn:other", props={"arn": arn.format("2")}),
            ResourceView(type=FLOW_LOG, name="log", urn="urn:log", props={"vpcId": "vpc-1"}),
        ]
    )
    found = {view.name: [log.name for log in plan.companions(view, FLOW_LOG, "vpcId").found] for view in plan.of(VPC)}
    assert found == {"mine": ["log"], "other": []}
