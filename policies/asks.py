"""The questions that most rules come down to: is it on, is it set, is there what belongs to it."""

from __future__ import annotations

from policies.block import Block
from policies.linked import LinkedPlan
from policies.rule import PASS, Fail, Unknown, Verdict
from tools.plan.view import ResourceView


def is_on(resource: ResourceView, path: str, otherwise: str) -> Verdict:
    """PASS where the flag at this path is true."""
    return PASS if Block.of(resource).flag(path) else Fail(otherwise)


def is_set(resource: ResourceView, path: str, otherwise: str) -> Verdict:
    """PASS where something is set at this path."""
    return PASS if Block.of(resource).has(path) else Fail(otherwise)


def has_companion(owner: ResourceView, plan: LinkedPlan, type_: str, by: str, otherwise: str) -> Verdict:
    """PASS where a resource of this type names the owner in its property `by`, UNKNOWN where one may be the owner's."""
    companions = plan.companions(owner, type_, by)
    if companions.found:
        return PASS
    return Unknown(by) if companions.possible else Fail(otherwise)
