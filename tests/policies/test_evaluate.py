"""The evaluation of a plan: the report, resources that are not judged, rules that raise, and properties of any shape."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.types import s3
from policies.evaluate import evaluate
from policies.rule import Rule
from policies.rules import all_rules
from policies.verdict import Fail, Verdict
from tests.policies.plans import WORLD, plan_of
from tests.support.odd_values import odd_value
from tools.plan.view import UNKNOWN, Plan, ResourceView

RULES = {rule.id: rule for rule in all_rules()}
BARE = ResourceView(type=s3.BUCKET.token, name="b", urn="urn:b")


def made(judge: Any, identity: str = "test-rule") -> Rule:
    return Rule(id=identity, severity="advisory", cards=(s3.BUCKET,), why="because", fix="mend it", judge=judge)


def test_the_report_prints_as_the_policy_object_that_verbs_print() -> None:
    known = made(lambda view: Fail("it is bad"))
    report = evaluate(Plan([BARE]), [known]).to_json()
    violation = {"rule": "test-rule", "level": "advisory", "urn": "urn:b", "message": "it is bad; mend it"}
    assert report == {"rules": 1, "evaluated": 1, "violations": [violation], "unknown": [], "exceptions": [], "off": []}


def test_an_unknown_is_reported_with_its_property() -> None:
    plan = Plan([ResourceView(type=s3.BUCKET.token, name="b", urn="urn:b", props={"acl": UNKNOWN})])
    unknown = evaluate(plan).to_json()["unknown"]
    assert {"rule": "s3-acl-not-public", "urn": "urn:b", "property": "acl"} in unknown


GOING = ["delete", "delete-replaced", "discard", "discard-replaced", "remove"]
BLOCKED = RULES["s3-bucket-public-access-blocked"]


def public_access_block(op: str) -> ResourceView:
    """The public access block of the bucket `b`, and what the plan does with it."""
    return ResourceView(type=s3.BUCKET_PUBLIC_ACCESS_BLOCK.token, name="b-block", props={"bucket": "b"}, op=op)


@pytest.mark.parametrize("op", [*GOING, "read", "read-replacement"])
def test_what_goes_away_or_belongs_to_another_stack_is_not_judged(op: str) -> None:
    report = evaluate(Plan([ResourceView(type=s3.BUCKET.token, name="b", op=op)]))
    assert (report.evaluated, report.violations) == (0, ())


@pytest.mark.parametrize("op", GOING)
def test_a_companion_that_the_same_change_takes_away_protects_nothing(op: str) -> None:
    report = evaluate(Plan([BARE, public_access_block(op)]), [BLOCKED])
    assert [found.rule for found in report.violations] == [BLOCKED.id]
    assert (report.evaluated, report.unknown) == (1, ())


@pytest.mark.parametrize("op", ["create", "update", "replace", "create-replacement", "same", "refresh", "import", "read"])
def test_a_companion_that_is_there_after_the_change_protects(op: str) -> None:
    assert evaluate(Plan([BARE, public_access_block(op)]), [BLOCKED]).violations == ()


def test_a_companion_that_is_replaced_in_two_steps_protects() -> None:
    steps = [public_access_block("create-replacement"), public_access_block("delete-replaced")]
    for plan in (Plan([BARE, *steps]), Plan([BARE, *reversed(steps)])):
        assert evaluate(plan, [BLOCKED]).violations == ()


def test_a_rule_that_raises_is_an_internal_failure_that_blocks_and_names_itself() -> None:
    def judge(view: ResourceView) -> Verdict:
        raise KeyError("oops")

    report = evaluate(Plan([BARE]), [made(judge, "test-broken"), made(lambda view: Fail("seen"), "test-next")])
    broken, after = report.violations
    assert broken.internal
    assert broken.level == "mandatory"
    assert "test-broken" in broken.message
    assert "urn:b" in broken.message
    assert "oops" in broken.message
    assert after.message == "seen; mend it", "the rules after it still run"


def test_only_mandatory_violations_block() -> None:
    report = evaluate(Plan([BARE]))
    assert {found.level for found in report.mandatory} == {"mandatory"}
    assert len(report.mandatory) < len(report.violations)


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {str(key) for key in value}.union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()


KEYS = sorted(set().union(*(_keys(props) for _, props in WORLD.values())))
TEXTS = ("*", "0.0.0.0/0", "true", "-1", "p5.48xlarge", "efa", "spot", "{", "a b", "\x00\u00e9")


def any_properties(random: Random, valid: Mapping[str, Any]) -> dict[str, Any]:
    """Some of a resource's own properties and some of other types', each of any value; half of the time over the valid ones."""
    names = [name for name in valid if random.random() < 0.5] + random.choices(KEYS, k=random.randrange(4))
    odd = {name: odd_value(random, KEYS, TEXTS) for name in names}
    return {**valid, **odd} if random.random() < 0.5 else odd


# Each example is a stack of a hundred odd resources, so that fifty of them are five thousand.
@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32))
def test_no_properties_of_any_shape_make_a_rule_raise(seed: int) -> None:
    random = Random(seed)
    resources = {name: (type_, any_properties(random, valid)) for name, (type_, valid) in WORLD.items()}
    report = evaluate(plan_of(resources, ids=random.random() < 0.5))
    assert [found.message for found in report.violations if found.internal] == []
    assert report.evaluated == len(WORLD)
