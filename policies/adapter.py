"""The rules as the engine's own policies: a rule on one resource also stops that resource's `up`, a plan-wide one the stack's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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

from policies.linked import LinkedPlan
from policies.rule import EVERY_TYPE, Fail, Rule, Unknown
from tools.plan.view import UNKNOWN, ResourceView

_LEVELS: Final = {"mandatory": EnforcementLevel.MANDATORY, "advisory": EnforcementLevel.ADVISORY}


def policies(rules: Sequence[Rule]) -> list[Policy]:
    """One engine policy a rule."""
    return [_policy(rule) for rule in rules]


def _policy(rule: Rule) -> Policy:
    kind: Callable[..., Policy] = StackValidationPolicy if rule.plan_wide else ResourceValidationPolicy
    return kind(
        name=rule.id,
        description=rule.why,
        enforcement_level=_LEVELS[rule.severity],
        validate=_stack_check(rule) if rule.plan_wide else _resource_check(rule),
        remediation_steps=rule.fix,
        tags=[*rule.frameworks, *rule.anchors],
    )


def _resource_check(rule: Rule) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if EVERY_TYPE not in rule.types and args.resource_type not in rule.types:
            return
        parent = args.opts.parent or ""
        view = ResourceView(type=args.resource_type, name=args.name, urn=args.urn, parent=parent, props=plain(args.props))
        verdict = rule.check(view, LinkedPlan([view]))
        if isinstance(verdict, Fail):
            report(f"{verdict.message}; {rule.fix}", None)
        elif isinstance(verdict, Unknown):
            raise UnknownValueError(UNKNOWN_STRING_VALUE, [verdict.property])

    return validate


def _stack_check(rule: Rule) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        plan = LinkedPlan(map(view_of, args.resources), _stack_of(args.resources))
        unknown = ""
        for view in plan.of(*rule.types):
            verdict = rule.check(view, plan)
            if isinstance(verdict, Fail):
                report(f"{verdict.message}; {rule.fix}", view.urn)
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
    props = plain(resource.props)
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


def _item(container: Any, key: Any) -> Any:
    try:
        return plain(container[key])
    except UnknownValueError:
        return UNKNOWN
