"""The rules as the engine's own policies: a rule on one resource also stops that resource's `up`, a plan-wide one the stack's.

The engine hands a pack the stack's configuration (`PULUMI_CONFIG`), so `slipway:policies` holds here too. Severities become the
policies' enforcement levels, a rule that is off becomes no policy, and a violation that a live exception covers is reported as
advice, with the terms of the exception.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from policies.once import once
from policies.overrides import EXPIRED, POLICIES_KEY, Overrides
from policies.rule import EVERY_TYPE, Rule
from policies.verdict import Fail, Unknown
from tools.plan.links import LinkedPlan
from tools.plan.view import UNKNOWN, ResourceView

_LEVELS: Final = {"mandatory": EnforcementLevel.MANDATORY, "advisory": EnforcementLevel.ADVISORY}
# The policy that reports covered violations. It is advisory, since an engine policy has one level for all that it reports.
EXCEPTED: Final = "policies-excepted"


def policies(rules: Sequence[Rule], overrides: Overrides, today: date) -> list[Policy]:
    """One engine policy for each rule that is not off, and the policies about exceptions where the stack has any.

    Raises ValueError where the overrides name a rule that is not among these.
    """
    faults = [f"{path} = {identity!r}: {message}" for path, identity, message in overrides.unknown_rules(rules)]
    if faults:
        raise ValueError("\n".join(faults))
    off = overrides.off(rules)
    terms = _Terms(overrides, today)
    made = [_policy(rule, terms) for rule in rules if rule.id not in off]
    return [*made, terms.covered_policy(), terms.expired_policy()] if overrides.exceptions else made


def overrides_of(config: Mapping[str, str]) -> Overrides:
    """The overrides in the configuration that the engine hands over: each object in it is JSON text."""
    return Overrides.read(json.loads(config.get(POLICIES_KEY) or "{}"))


class _Terms:
    """The exceptions of the stack, and the violations that they covered so far in this run."""

    def __init__(self, overrides: Overrides, today: date) -> None:
        self.overrides = overrides
        self._today = today
        self._covered: dict[tuple[str, str], str] = {}

    def report(self, report: ReportViolation, rule: Rule, view: ResourceView, broken: Fail, urn: str | None) -> None:
        """Reports a violation against `urn`; one that a live exception covers is left to the policy about covered violations."""
        message = rule.message(broken)
        found = self.overrides.covering(rule.id, view.urn, view.name, self._today)
        if found is None:
            report(message, urn)
        else:
            self._covered[rule.id, view.urn] = f"{rule.id} {found.terms()} ({message})"

    def covered_policy(self) -> Policy:
        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            for (_, urn), message in self._covered.items():
                report(message, urn)

        return StackValidationPolicy(
            name=EXCEPTED,
            description="What breaks a rule under a live exception of the stack file.",
            enforcement_level=EnforcementLevel.ADVISORY,
            validate=validate,
        )

    def expired_policy(self) -> Policy:
        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            for one in self.overrides.exceptions:
                if not one.live(self._today):
                    report(one.expired(), None)

        return StackValidationPolicy(
            name=EXPIRED,
            description="An exception whose day is over excepts nothing, and is settled or taken out.",
            enforcement_level=EnforcementLevel.MANDATORY,
            validate=validate,
        )


def _policy(rule: Rule, terms: _Terms) -> Policy:
    kind: Callable[..., Policy] = StackValidationPolicy if rule.plan_wide else ResourceValidationPolicy
    return kind(
        name=rule.id,
        description=rule.why,
        enforcement_level=_LEVELS[terms.overrides.level(rule)],
        validate=_stack_check(rule, terms) if rule.plan_wide else _resource_check(rule, terms),
        remediation_steps=rule.fix,
        tags=[*rule.frameworks, *rule.anchors],
    )


def _resource_check(rule: Rule, terms: _Terms) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    types = frozenset(rule.types)

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if EVERY_TYPE.token not in types and args.resource_type not in types:
            return
        parent = args.opts.parent or ""
        view = ResourceView(type=args.resource_type, name=args.name, urn=args.urn, parent=parent, props=plain_once(args.props))
        verdict = rule.check(view, LinkedPlan([view]))
        if isinstance(verdict, Fail):
            terms.report(report, rule, view, verdict, None)
        elif isinstance(verdict, Unknown):
            raise UnknownValueError(UNKNOWN_STRING_VALUE, [verdict.property])

    return validate


def _stack_check(rule: Rule, terms: _Terms) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        plan = LinkedPlan(map(view_of, args.resources), _stack_of(args.resources))
        unknown = ""
        for view in plan.of(*rule.cards):
            verdict = rule.check(view, plan)
            if isinstance(verdict, Fail):
                terms.report(report, rule, view, verdict, view.urn)
            elif isinstance(verdict, Unknown):
                unknown = unknown or f"{view.name}.{verdict.property}"
        if unknown:
            raise UnknownValueError(UNKNOWN_STRING_VALUE, [unknown])

    return validate


def _stack_of(resources: Sequence[PolicyResource]) -> str:
    """The stack's name, which every urn carries: urn:pulumi:<stack>::<project>::..."""
    return resources[0].urn.split("::")[0].rpartition(":")[2] if resources else ""


def view_of(resource: PolicyResource) -> ResourceView:
    """A resource as the engine shows it to a stack policy: its properties are the outputs, its id among them."""
    props = plain_once(resource.props)
    identity = props.get("id")
    return ResourceView(
        type=resource.resource_type,
        name=resource.name,
        urn=resource.urn,
        parent=resource.parent.urn if resource.parent else resource.opts.parent or "",
        props=props,
        id=identity if isinstance(identity, str) else "",
    )


def plain(value: Any) -> Any:
    """The SDK's proxies, which raise on unknowns, as plain values with UNKNOWN in place."""
    if isinstance(value, Mapping):
        return {key: _item(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_item(value, index) for index in range(len(value))]
    return value


# With `read_once`, every rule is handed the same object for the properties of a resource.
plain_once: Final = once(plain)


def _item(container: Any, key: Any) -> Any:
    try:
        return plain(container[key])
    except UnknownValueError:
        return UNKNOWN
