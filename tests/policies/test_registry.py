"""What the rules name exists: pulumi-aws has every type and property, and every type that takes tags is known to take them."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.types.every import TAGGABLE
from policies.families import lines
from policies.rule import EVERY_TYPE
from policies.rules import all_rules
from tests.policies.plans import WORLD
from tests.support.aws_sdk import inputs_of


def test_every_type_that_a_rule_names_is_one_of_the_sdk() -> None:
    named = {type_ for rule in all_rules() for type_ in rule.types if type_.startswith("aws:")}
    assert [type_ for type_ in sorted(named) if not inputs_of(type_)] == []
    assert {type_.split(":")[0] for rule in all_rules() for type_ in rule.types} <= {
        "aws",
        "pulumi",
        "pulumi-python",
        "kubernetes",
        EVERY_TYPE.token,
    }


@pytest.mark.parametrize("name", [name for name, (type_, _) in WORLD.items() if type_.startswith("aws:")])
def test_every_property_of_a_valid_resource_is_one_of_the_sdk(name: str) -> None:
    type_, props = WORLD[name]
    known = {key.lower() for key in inputs_of(type_)}
    assert [key for key in props if key.lower() not in known] == []


def test_the_types_that_take_tags_are_those_of_the_sdk() -> None:
    tagged = {card.token for card in TAGGABLE if card.token.startswith("aws:")}
    assert [type_ for type_ in sorted(tagged) if "tags" not in inputs_of(type_)] == []
    ours = {type_ for type_, _ in WORLD.values() if type_.startswith("aws:")} - {"aws:autoscaling/group:Group"}
    untagged = {type_ for type_ in ours if "tags" in inputs_of(type_)} - tagged
    # A security group's rules belong to whoever the group's tags name, and objects to whoever their bucket's name.
    assert untagged == {
        "aws:s3/bucketObjectv2:BucketObjectv2",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    }


def test_the_page_on_policies_has_every_family_with_its_numbers() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
    table = "\n".join(lines())
    assert table in page, f"docs/policies.md: put this in the place of its table (python -m policies.families):\n{table}"
