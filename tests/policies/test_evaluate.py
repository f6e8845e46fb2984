"""The report: its shape, what is left out, what a broken rule does to it, and properties of any shape at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.types import s3
from policies.evaluate import evaluate
from policies.rule import Rule
from policies.rules import all_rules
from policies.verdict import Fail, Verdict
from tests.policies.plans import WORLD, plan_of
from tools.plan.view import ENGINE_UNKNOWN, UNKNOWN, Plan, ResourceView, Secret

BARE = ResourceView(type=s3.BUCKET.token, name="b", urn="urn:b")


def made(judge: Any, identity: str = "test-rule") -> Rule:
    return Rule(id=identity, severity="advisory", cards=(s3.BUCKET,), why="because", fix="mend it", judge=judge)


def test_the_report_prints_as_the_policy_object_of_the_design() -> None:
    known = made(lambda view: Fail("it is bad"))
    report = evaluate(Plan([BARE]), [known]).to_json()
    violation = {"rule": "test-rule", "level": "advisory", "urn": "urn:b", "message": "it is bad; mend it"}
    assert report == {"rules": 1, "evaluated": 1, "violations": [violation], "unknown": [], "exceptions": [], "off": []}


def test_an_unknown_is_reported_with_its_property() -> None:
    plan = Plan([ResourceView(type=s3.BUCKET.token, name="b", urn="urn:b", props={"acl": UNKNOWN})])
    unknown = evaluate(plan).to_json()["unknown"]
    assert {"rule": "s3-acl-not-public", "urn": "urn:b", "property": "acl"} in unknown


@pytest.mark.parametrize("op", ["delete", "read", "delete-replaced"])
def test_what_goes_away_or_is_not_ours_is_not_judged(op: str) -> None:
    report = evaluate(Plan([ResourceView(type=s3.BUCKET.token, name="b", op=op)]))
    assert (report.evaluated, report.violations) == (0, ())


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


def test_mandatory_are_those_that_block() -> None:
    report = evaluate(Plan([BARE]))
    assert {found.level for found in report.mandatory} == {"mandatory"}
    assert len(report.mandatory) < len(report.violations)


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {str(key) for key in value}.union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()


KEYS = sorted(set().union(*(_keys(props) for _, props in WORLD.values())))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 70000)
    | st.floats(allow_nan=False)
    | st.text(max_size=6)
    | st.sampled_from(
        ["*", "0.0.0.0/0", "true", "-1", "p5.48xlarge", "efa", "spot", "{", ENGINE_UNKNOWN, UNKNOWN, Secret("x"), Secret(UNKNOWN)]
    )
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4), max_leaves=10
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6), st.sampled_from(sorted(WORLD)), st.booleans())
def test_no_property_of_any_shape_makes_a_rule_raise(props: dict[str, Any], name: str, over_the_valid: bool) -> None:
    resources = dict(WORLD)
    type_, valid = WORLD[name]
    resources[name] = (type_, {**valid, **props} if over_the_valid else props)
    report = evaluate(plan_of(resources))
    assert not [found.message for found in report.violations if found.internal]


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_every_type_takes_every_shape_of_its_own_properties(data: st.DataObject) -> None:
    views = [
        ResourceView(
            type=type_,
            name=name,
            props={key: data.draw(VALUES) for key in data.draw(st.sets(st.sampled_from(sorted(props) or ["x"])))},
        )
        for name, (type_, props) in WORLD.items()
    ]
    report = evaluate(Plan(views, stack="prod"))
    assert not [found.message for found in report.violations if found.internal]
    assert report.rules == len(all_rules())
