"""The pack over a plan: every rule on every resource of its types, and one report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from policies.linked import LinkedPlan
from policies.rule import EVERY_TYPE, Fail, Rule, Severity, Unknown
from policies.rules import all_rules
from tools.plan.view import Plan, ResourceView

# What goes away, or belongs to somebody else, is not ours to judge.
_NOT_JUDGED: Final = frozenset({"delete", "delete-replaced", "discard", "discard-replaced", "read", "read-replacement", "remove"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A broken rule. `internal` marks a rule that raised instead of judging: our fault, and it blocks like a mandatory one."""

    rule: str
    level: Severity
    urn: str
    message: str
    internal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Undetermined:
    """A rule that only `up` can decide, and the property it waits for."""

    rule: str
    urn: str
    property: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the pack found: how many rules there are, how many resources they looked at, what is broken, what is not yet known."""

    rules: int
    evaluated: int
    violations: tuple[Violation, ...]
    unknown: tuple[Undetermined, ...]

    @property
    def mandatory(self) -> tuple[Violation, ...]:
        """The violations that block."""
        return tuple(violation for violation in self.violations if violation.level == "mandatory")

    def to_json(self) -> dict[str, Any]:
        """The `policy` object of DESIGN.md."""
        return {
            "rules": self.rules,
            "evaluated": self.evaluated,
            "violations": [
                {"rule": found.rule, "level": found.level, "urn": found.urn, "message": found.message}
                for found in self.violations
            ],
            "unknown": [{"rule": found.rule, "urn": found.urn, "property": found.property} for found in self.unknown],
        }


def evaluate(plan: Plan, rules: Iterable[Rule] | None = None) -> Report:
    """Judges a plan by these rules (all of the pack by default). A rule that raises is reported as an internal failure."""
    chosen = tuple(all_rules() if rules is None else rules)
    by_type: dict[str, list[Rule]] = {}
    for rule in chosen:
        for type_ in rule.types:
            by_type.setdefault(type_, []).append(rule)
    linked = LinkedPlan.of_plan(plan)
    judged = [view for view in linked if view.op not in _NOT_JUDGED]
    violations: list[Violation] = []
    unknown: list[Undetermined] = []
    for view in judged:
        for rule in (*by_type.get(view.type, ()), *by_type.get(EVERY_TYPE, ())):
            found = _judge(rule, view, linked)
            if isinstance(found, Violation):
                violations.append(found)
            elif found is not None:
                unknown.append(found)
    return Report(rules=len(chosen), evaluated=len(judged), violations=tuple(violations), unknown=tuple(unknown))


def _judge(rule: Rule, view: ResourceView, plan: LinkedPlan) -> Violation | Undetermined | None:
    urn = view.urn or view.name
    try:
        verdict = rule.check(view, plan)
    except Exception as error:
        message = f"internal failure: rule {rule.id} raised {error!r} on {urn}; this is a fault of the rule, please report it"
        return Violation(rule=rule.id, level="mandatory", urn=urn, message=message, internal=True)
    if isinstance(verdict, Fail):
        return Violation(rule=rule.id, level=rule.severity, urn=urn, message=f"{verdict.message}; {rule.fix}")
    if isinstance(verdict, Unknown):
        return Undetermined(rule=rule.id, urn=urn, property=verdict.property)
    return None
