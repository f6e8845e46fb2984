"""What the rules name exists: every type and property is one of pulumi-aws's, and every type that takes tags is listed."""

from __future__ import annotations

import importlib
import inspect
import keyword
import re
from functools import cache
from pathlib import Path

import pulumi_aws
import pytest

from catalog.types.every import TAGGABLE
from policies.families import lines
from policies.rule import EVERY_TYPE
from policies.rules import all_rules
from tests.policies.plans import WORLD

_TOKEN = re.compile(r"^aws:(\w+)/(\w+):(\w+)$")


@cache
def arguments(token: str) -> frozenset[str]:
    """The camelCase inputs of a pulumi-aws type, from its Python class; empty where the SDK has no such type."""
    match = _TOKEN.match(token)
    assert match, token
    try:
        service = f"{match[1]}_" if keyword.iskeyword(match[1]) else match[1]
        made = getattr(importlib.import_module(f"{pulumi_aws.__name__}.{service}"), match[3])
    except (ImportError, AttributeError):
        return frozenset()
    names = inspect.signature(made._internal_init).parameters
    return frozenset(re.sub(r"_(\w)", lambda found: found[1].upper(), name) for name in names if name not in ("__self__", "opts"))


def test_every_type_that_a_rule_names_is_one_of_the_sdk() -> None:
    named = {type_ for rule in all_rules() for type_ in rule.types if type_.startswith("aws:")}
    assert [type_ for type_ in sorted(named) if not arguments(type_)] == []
    assert {type_.split(":")[0] for rule in all_rules() for type_ in rule.types} <= {
        "aws",
        "pulumi",
        "pulumi-python",
        "kubernetes",
        EVERY_TYPE.token,
    }


@pytest.mark.parametrize("name", [name for name, (type_, _) in WORLD.items() if type_.startswith("aws:")])
def test_every_property_of_a_base_is_one_of_the_sdk(name: str) -> None:
    type_, props = WORLD[name]
    known = {key.lower() for key in arguments(type_)}
    assert [key for key in props if key.lower() not in known] == []


def test_the_types_that_take_tags_are_those_of_the_sdk() -> None:
    tagged = {card.token for card in TAGGABLE if card.token.startswith("aws:")}
    assert [type_ for type_ in sorted(tagged) if "tags" not in arguments(type_)] == []
    ours = {type_ for type_, _ in WORLD.values() if type_.startswith("aws:")} - {"aws:autoscaling/group:Group"}
    untagged = {type_ for type_ in ours if "tags" in arguments(type_)} - tagged
    # Rules of a security group are tagged with their group, objects with their bucket: their own tags would say it twice.
    assert untagged == {
        "aws:s3/bucketObjectv2:BucketObjectv2",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    }


def test_the_page_on_policies_has_every_family_with_its_numbers() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
    table = "\n".join(lines())
    assert table in page, f"docs/policies.md: put this in the place of its table (python -m policies.families):\n{table}"
