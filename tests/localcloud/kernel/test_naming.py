"""Names made of a prefix: of every type that takes one, as pulumi-aws makes them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from catalog.types import eks, s3, sns, sqs
from localcloud.kernel.diff import UNKNOWN_MARK
from localcloud.kernel.engine import Engine
from tests.localcloud import golden
from tests.localcloud.cloud import Cloud
from tests.localcloud.golden_report import new_engine


def _prefixed(engine: Engine) -> dict[str, str]:
    """The types whose schema has a prefix for the name: token -> the prefix's property."""
    found = {}
    for token, row in engine.rows.items():
        if row.autoname and row.autoname.prefix_prop in engine.schemas[token].inputs:
            found[token] = row.autoname.prefix_prop
    return found


def _inputs(world: golden.World, token: str, *without: str) -> dict[str, Any]:
    name = f"{token.split(':')[1].split('/')[0]}.{token.rpartition(':')[2]}"
    return {key: value for key, value in world.fill(golden.load(name)["cases"][0]["inputs"]).items() if key not in without}


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return Cloud()


def test_a_dozen_types_take_a_prefix_and_none_is_named_where_it_is_given() -> None:
    engine = new_engine()
    prefixed = _prefixed(engine)
    assert len(prefixed) >= 12, sorted(prefixed)
    wrong = []
    for token, prefix in prefixed.items():
        prop = engine.rows[token].autoname.prop  # type: ignore[union-attr]
        inputs, failures = engine.check(token, "it", {}, {prefix: "abc"}, b"x")
        both = engine.check(token, "it", {}, {prefix: "a", prop: "b"}, b"x")[1]
        long = engine.check(token, "it", {}, {prefix: "a" * 500}, b"x")[1]
        conflict = f'"{prop}": conflicts with {prefix}'
        wrong += [f"{token}: named {inputs[prop]}"] if prop in inputs else []
        wrong += [] if any(conflict in said for _, said in both) else [f"{token}: takes both"]
        wrong += [] if any(key == prefix for key, _ in long) else [f"{token}: takes a prefix of 500 letters"]
        wrong += [f"{token}: {failures}"] if any(key in (prefix, prop) for key, _ in failures) else []
        named, _ = engine.check(token, "it", {}, {}, b"x")
        wrong += [] if prop in named and prop in named["__defaults"] else [f"{token}: has no name without a prefix"]
    assert wrong == []


GOLDEN = (
    *("cloudwatch.LogGroup", "ec2.LaunchTemplate", "ec2.SecurityGroup", "eks.NodeGroup", "iam.Role", "iam.Policy"),
    *("iam.InstanceProfile", "s3.Bucket", "scheduler.Schedule", "secretsmanager.Secret", "sns.Topic", "sqs.Queue"),
)


# What AWS asks of a resource and moto, on which the golden files were made, does not.
MORE: dict[str, dict[str, Any]] = {
    "ec2.LaunchTemplate": {"instanceType": "t3.micro"},
    "scheduler.Schedule": {"scheduleExpression": "rate(2 hours)"},
}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_name_is_made_with_the_resource_and_stays(cloud: Cloud, name: str) -> None:
    engine, token = cloud.engine, golden.load(name)["type"]
    auto = engine.rows[token].autoname
    assert auto is not None
    inputs = {**_inputs(cloud.world, token, auto.prop, auto.prefix_prop), **MORE.get(name, {}), auto.prefix_prop: "pre-"}
    checked, failures = engine.check(token, "it", {}, inputs, b"x")
    assert not failures
    assert engine.preview(token, {}, checked)[auto.prop] is UNKNOWN_MARK
    identifier, outputs = engine.create(token, checked)
    assert re.fullmatch(r"pre-\d{18}[0-9a-f]{8}", outputs[auto.prop])
    again, _ = engine.check(token, "it", checked, inputs, b"x")
    assert engine.diff(token, outputs, again).effect == "none"
    read = engine.read(token, identifier, again, outputs)
    assert read is not None
    assert engine.diff(token, read[1], again).effect == "none"
    assert engine.preview(token, outputs, again)[auto.prop] == outputs[auto.prop]
    assert engine.diff(token, outputs, {**again, auto.prefix_prop: "other-"}).effect == "replace"
    if engine.rows[token].tags and "tags" in engine.schemas[token].inputs:
        after = engine.update(token, identifier, outputs, {**again, "tags": {"a": "b"}})
        assert after[auto.prop] == outputs[auto.prop]


def test_two_of_one_prefix_have_two_names_and_a_fifo_s_ends_as_it_must(cloud: Cloud) -> None:
    names = {cloud.make(sns.TOPIC.token, namePrefix="t-", fifoTopic=True).outputs["name"] for _ in range(3)}
    assert len(names) == 3
    assert all(re.fullmatch(r"t-[0-9a-f]{26}\.fifo", name) for name in names)


def test_what_was_named_is_replaced_where_a_prefix_comes_instead(cloud: Cloud) -> None:
    made = cloud.make(sqs.QUEUE.token)
    assert made.inputs["name"].startswith("it-")
    wanted, _ = cloud.engine.check(sqs.QUEUE.token, "it", made.inputs, {"namePrefix": "q-"}, b"x")
    assert cloud.engine.diff(sqs.QUEUE.token, made.outputs, wanted).effect == "replace"


def test_the_names_of_prefixes_differ_by_type() -> None:
    prefixes = _prefixed(new_engine())
    assert (prefixes[eks.NODE_GROUP.token], prefixes[s3.BUCKET.token]) == ("nodeGroupNamePrefix", "bucketPrefix")
