"""What the pack reports on the valid stack after some changes, without judging again what the changes cannot touch.

A rule whose check takes a resource and no plan is a pure function of that resource. On a resource of the valid stack that a test
left alone it says what `test_the_valid_stack_keeps_every_rule_and_leaves_nothing_unknown` asserts, so such rules are asked about
the changed resources only. Rules that take the plan are asked about every resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from policies.evaluate import Undetermined, Violation, evaluate
from policies.rule import Rule
from policies.rules import all_rules
from tests.policies.plans import WORLD, plan_of
from tools.plan.view import Plan


def report_on(
    resources: Mapping[str, tuple[str, Mapping[str, Any]]],
) -> tuple[tuple[Violation, ...], tuple[Undetermined, ...]]:
    """The violations and the undetermined verdicts on a stack; resources shared with the valid stack count as unchanged."""
    plan = plan_of(resources)
    touched = Plan([view for view in plan if WORLD.get(view.name) is not resources[view.name]], plan.stack)
    of_one, of_plan = _rules_by_reach()
    reports = (evaluate(touched, of_one), evaluate(plan, of_plan))
    return (
        tuple(found for report in reports for found in report.violations),
        tuple(found for report in reports for found in report.unknown),
    )


@cache
def _rules_by_reach() -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """The rules that see one resource, and those that see the plan."""
    rules = all_rules()
    return tuple(rule for rule in rules if not rule.plan_wide), tuple(rule for rule in rules if rule.plan_wide)
