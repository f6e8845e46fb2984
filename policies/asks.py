"""The two questions that most rules on one resource come down to: is it on, is it set."""

from __future__ import annotations

from policies.block import Block
from policies.rule import PASS, Fail, Verdict
from tools.plan.view import ResourceView


def is_on(resource: ResourceView, path: str, otherwise: str) -> Verdict:
    """PASS where the flag at this path is true."""
    return PASS if Block.of(resource).flag(path) else Fail(otherwise)


def is_set(resource: ResourceView, path: str, otherwise: str) -> Verdict:
    """PASS where something is set at this path."""
    return PASS if Block.of(resource).has(path) else Fail(otherwise)
