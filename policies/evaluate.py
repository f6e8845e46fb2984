"""The pack over a plan: every rule on every resource of its types, and one report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from policies.overrides import EXPIRED, UNUSED, Overrides, PolicyException
from policies.rule import EVERY_TYPE, Rule, Severity
from policies.rules import all_rules
from policies.verdict import Fail, Unknown
from tools.plan.links import LinkedPlan
from tools.plan.view import Plan, ResourceView

# Operations on resources that the change takes away. No rule sees them: what is gone afterwards breaks and protects nothing.
_GOING: Final = frozenset({"delete", "delete-replaced", "discard", "discard-replaced", "remove"})
# Operations on resources of another stack. They protect what belongs to them, but are not judged here.
_FOREIGN: Final = frozenset({"read", "read-replacement"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A broken rule. `internal` marks a rule that raised instead of judging: our own fault, which blocks as a mandatory rule."""

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
class Excepted:
    """A broken rule that a live exception of the stack file covers."""

    violation: Violation
    exception: PolicyException

    def to_json(self) -> dict[str, str]:
        """The violation, and the terms of the exception that covers it."""
        broken, terms = self.violation, self.exception
        return {
            "rule": broken.rule,
            "level": broken.level,
            "urn": broken.urn,
            "message": broken.message,
            "who": terms.who,
            "why": terms.why,
            "until": terms.until.isoformat(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the pack found: how many rules there are, how many resources they looked at, what is broken, what is not yet known,
    and what the stack file excepts and switches off."""

    rules: int
    evaluated: int
    violations: tuple[Violation, ...]
    unknown: tuple[Undetermined, ...]
    exceptions: tuple[Excepted, ...] = ()
    off: tuple[str, ...] = ()

    @property
    def mandatory(self) -> tuple[Violation, ...]:
        """The violations that block."""
        return tuple(violation for violation in self.violations if violation.level == "mandatory")

    def to_json(self) -> dict[str, Any]:
        """The `policy` object of docs/json.md."""
        return {
            "rules": self.rules,
            "evaluated": self.evaluated,
            "violations": [
                {"rule": found.rule, "level": found.level, "urn": found.urn, "message": found.message}
                for found in self.violations
            ],
            "unknown": [{"rule": found.rule, "urn": found.urn, "property": found.property} for found in self.unknown],
            "exceptions": [found.to_json() for found in self.exceptions],
            "off": list(self.off),
        }


def evaluate(
    plan: Plan,
    rules: Iterable[Rule] | None = None,
    *,
    overrides: Overrides | None = None,
    today: date | None = None,
    whole: bool = True,
) -> Report:
    """Judges a plan by these rules (all of the pack by default) under a stack's overrides. A rule that raises is reported as an
    internal failure. Exceptions end by `today` (by default the present day, UTC). `whole` says that the plan is the whole stack,
    in which an exception that covers nothing is no longer needed."""
    overrides = overrides or Overrides()
    given = tuple(all_rules() if rules is None else rules)
    off = overrides.off(given)
    chosen = tuple(rule for rule in given if rule.id not in off)
    by_type: dict[str, list[Rule]] = {}
    for rule in chosen:
        for type_ in rule.types:
            by_type.setdefault(type_, []).append(rule)
    linked = LinkedPlan.of_plan(_after(plan))
    judged = [view for view in linked if view.op not in _FOREIGN]
    today = today or datetime.now(UTC).date()
    violations: list[Violation] = []
    unknown: list[Undetermined] = []
    excepted: list[Excepted] = []
    for view in judged:
        for rule in (*by_type.get(view.type, ()), *by_type.get(EVERY_TYPE.token, ())):
            found = _judge(rule, overrides.level(rule), view, linked)
            if isinstance(found, Violation):
                # An exception is an agreement on a breach; it does not cover a rule that failed.
                terms = None if found.internal else overrides.covering(rule.id, view.urn, view.name, today)
                if terms is None:
                    violations.append(found)
                else:
                    excepted.append(Excepted(violation=found, exception=terms))
            elif found is not None:
                unknown.append(found)
    violations += _about_exceptions(overrides, [*violations, *unknown], excepted, today, whole=whole)
    return Report(
        rules=len(chosen),
        evaluated=len(judged),
        violations=tuple(violations),
        unknown=tuple(unknown),
        exceptions=tuple(excepted),
        off=off,
    )


def _after(plan: Plan) -> Plan:
    """The plan without what the change takes away."""
    staying = [view for view in plan if view.op not in _GOING]
    return plan if len(staying) == len(plan) else Plan(staying, plan.stack)


def _about_exceptions(
    overrides: Overrides, open_: Iterable[Violation | Undetermined], excepted: Iterable[Excepted], today: date, *, whole: bool
) -> list[Violation]:
    """What is wrong with the exceptions themselves: those whose day is over block, those that cover nothing are advice."""
    found = []
    used = {one.exception.where for one in excepted}
    for one in overrides.exceptions:
        if not one.live(today):
            found.append(Violation(rule=EXPIRED, level="mandatory", urn=one.where, message=one.expired()))
        elif whole and one.where not in used and not any(one.covers(other.rule, other.urn) for other in open_):
            found.append(Violation(rule=UNUSED, level="advisory", urn=one.where, message=one.unused()))
    return found


def _judge(rule: Rule, level: Severity, view: ResourceView, plan: LinkedPlan) -> Violation | Undetermined | None:
    urn = view.urn or view.name
    try:
        verdict = rule.check(view, plan)
    except Exception as error:
        message = f"internal failure: rule {rule.id} raised {error!r} on {urn}; this is a fault of the rule, please report it"
        return Violation(rule=rule.id, level="mandatory", urn=urn, message=message, internal=True)
    if isinstance(verdict, Fail):
        return Violation(rule=rule.id, level=level, urn=urn, message=rule.message(verdict))
    if isinstance(verdict, Unknown):
        return Undetermined(rule=rule.id, urn=urn, property=verdict.property)
    return None
