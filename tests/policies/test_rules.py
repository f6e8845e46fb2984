"""Every rule passes on a valid stack and, after a change that should break it, is the only rule that breaks."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest

from policies.evaluate import Violation, evaluate
from policies.rule import EVERY_TYPE
from policies.rules import all_rules
from policies.verdict import Fail, Pass
from tests.policies.case import Case, of, unknown
from tests.policies.cases import CASES, HARMLESS, PAIRS
from tests.policies.expectation import KINDS, Expect
from tests.policies.expectations import EXPECTATIONS
from tests.policies.plans import WORLD, broken, changed, plan_of, world
from tests.policies.reports import report_on
from tools.plan.view import Plan, ResourceView

RULES = {rule.id: rule for rule in all_rules()}
# Rules that ask whether something is set, and not what it is. An unknown value is set.
PRESENCE = {
    "caches-cache-asks-who",
    "functions-permission-names-its-source",
    "kubernetes-no-host-paths",
    "notebooks-notebook-stops-when-idle",
    "rds-password-is-managed",
    "budgets-budget-tells-somebody",
    "compute-no-key-pair",
    "compute-placement-fits-the-reservation",
    "eks-nodes-come-from-a-template",
    "gpu-efa-machines-are-close",
    "iam-role-has-boundary",
    "kms-key-has-policy",
    "logs-alarm-tells-somebody",
    "messaging-queue-has-a-dead-letter-queue",
    "sagemaker-endpoint-rolls-back",
    "sagemaker-model-is-complete",
    "tags-required-tags-are-there",
    "tags-data-is-classified",
    "tags-tags-are-taken-by-aws",
    "credentials-none-in-plain-sight",
    "iam-no-users-or-keys",
}


def broken_rules(violations: Iterable[Violation]) -> set[str]:
    """The ids of the broken rules. No violation may come from a rule that raised."""
    found = tuple(violations)
    assert not [violation for violation in found if violation.internal], found
    return {violation.rule for violation in found}


def test_the_valid_stack_keeps_every_rule_and_leaves_nothing_unknown() -> None:
    report = evaluate(plan_of(WORLD))
    assert report.violations == ()
    assert report.unknown == ()
    assert report.rules == len(RULES) >= 150
    assert report.evaluated == len(WORLD)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_change_breaks_exactly_its_rule(case: Case) -> None:
    violations, unknown_verdicts = report_on(broken(case))
    assert broken_rules(violations) == {case.rule, *case.also}
    assert unknown_verdicts == ()


@pytest.mark.parametrize("case", PAIRS, ids=str)
def test_a_change_on_top_of_another_breaks_exactly_its_rule(case: Case) -> None:
    assert case.after is not None
    before, _ = report_on(changed(case.resource, case.after))
    assert case.rule not in broken_rules(before)
    violations, _ = report_on(broken(case))
    assert broken_rules(violations) == {case.rule, *case.also}


@pytest.mark.parametrize("case", HARMLESS, ids=str)
def test_a_change_that_comes_near_to_breaking_a_rule_breaks_none(case: Case) -> None:
    violations, unknown_verdicts = report_on(broken(case))
    assert [found.message for found in violations] == []
    assert unknown_verdicts == ()


@pytest.mark.parametrize("expectation", EXPECTATIONS, ids=[f"{one.rule}:{one.resource}-{one.says}" for one in EXPECTATIONS])
def test_a_rule_gives_the_expected_verdict_on_one_resource(expectation: Expect) -> None:
    view, plan = expectation.stage()
    assert type(RULES[expectation.rule].check(view, plan)) is KINDS[expectation.says], expectation.changes


def test_every_rule_has_a_case_that_breaks_it_and_a_resource_that_keeps_it() -> None:
    broken_by_a_case = {case.rule for case in (*CASES, *PAIRS)}
    assert broken_by_a_case == set(RULES)
    types = {type_ for type_, _ in WORLD.values()}
    # The rule no_users_or_keys fails on every resource of its types, so the valid stack has none of these.
    assert not {rule.id for rule in RULES.values() if not types & {*rule.types} and EVERY_TYPE not in rule.cards} - {
        "iam-no-users-or-keys"
    }


DECIDED = [case for case in CASES if case.decides and case.rule not in PRESENCE]


@pytest.mark.parametrize("case", DECIDED, ids=str)
def test_a_rule_is_undecided_where_the_property_that_breaks_it_is_unknown(case: Case) -> None:
    violations, unknown_verdicts = report_on(changed(case.resource, case.change, unknown(case.change.path.split(".")[0])))
    assert case.rule not in broken_rules(violations)
    assert case.rule in {found.rule for found in unknown_verdicts}, "an unknown was silently passed"


@pytest.mark.parametrize("name", WORLD)
def test_an_unknown_property_of_a_valid_resource_breaks_no_rule(name: str) -> None:
    for key in WORLD[name][1]:
        violations, _ = report_on(changed(name, unknown(key)))
        assert broken_rules(violations) == set(), f"{name}.{key} unknown"


def test_a_first_preview_that_knows_no_id_breaks_nothing() -> None:
    hidden = [
        of(name, unknown(key))
        for name, (_, props) in WORLD.items()
        for key, value in props.items()
        if isinstance(value, str) and value.startswith("id-")
    ]
    hidden += [
        of("template", unknown("networkInterfaces.0.securityGroups")),
        of("gpu", unknown("launchTemplate.id")),
        of("registered", unknown("containers.0.modelPackageName")),
    ]
    report = evaluate(plan_of(changed("", *hidden), ids=False))
    assert broken_rules(report.violations) == set()
    assert {found.rule for found in report.unknown} <= {"gpu-efa-group-talks-to-itself"}


def test_the_metadata_of_a_rule_is_complete_and_gives_the_way_out() -> None:
    faults = []
    for rule in RULES.values():
        if rule.severity not in ("mandatory", "advisory"):
            faults.append(f"{rule.id}: severity {rule.severity}")
        if not rule.types:
            faults.append(f"{rule.id}: no types")
        if len(rule.why) < 20 or not rule.why.endswith((".", ")")):
            faults.append(f"{rule.id}: `why` is no sentence: {rule.why}")
        if len(rule.fix) < 8 or rule.fix.endswith("."):
            faults.append(f"{rule.id}: `fix` is no ending of a message: {rule.fix}")
        if len(rule.id) > 100 or rule.id == "all":
            faults.append(f"{rule.id}: an id that the engine refuses")
    assert faults == []


def test_an_alias_that_pulumi_aws_kept_from_v6_is_judged_as_its_type() -> None:
    view = ResourceView(type="aws:s3/bucketV2:BucketV2", name="b", props={"tags": WORLD["data"][1]["tags"]})
    assert "s3-bucket-public-access-blocked" in broken_rules(evaluate(Plan([view])).violations)


def test_a_thousand_resources_are_judged_without_a_quadratic_search() -> None:
    views = []
    for copy in range(20):
        for view in plan_of(world()):
            parent = f"urn:component-{copy}"
            views.append(
                ResourceView(
                    type=view.type, name=f"c{copy}-{view.name}", props=view.props, urn=f"{view.urn}-{copy}", parent=parent
                )
            )
    plan = Plan(views, stack="prod")
    assert len(plan) > 1000
    started = time.perf_counter()
    report = evaluate(plan)
    assert time.perf_counter() - started < 10  # about 1 s here; a quadratic rule takes minutes
    assert report.evaluated == len(plan)


def test_verdicts_are_equal_where_their_messages_are() -> None:
    assert Fail("a") == Fail("a") != Fail("b")
    assert Pass() == Pass()
