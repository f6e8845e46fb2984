"""Kubernetes jobs: they end, give up, and go away."""

from __future__ import annotations

from catalog.types import kubernetes
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    kubernetes.JOB,
    severity="mandatory",
    why="A job that hangs keeps its GPUs until somebody looks.",
    fix="set spec.activeDeadlineSeconds",
)
def has_a_time_limit(resource: ResourceView) -> Verdict:
    seconds = Block.of(resource).number("spec.activeDeadlineSeconds")
    return PASS if seconds and seconds > 0 else Fail("no longest time is set")


@rule(
    kubernetes.JOB,
    severity="advisory",
    why="Left alone, a job fails six times over on the same GPUs, and its pods stay for ever once it is done.",
    fix="set spec.backoffLimit and spec.ttlSecondsAfterFinished",
)
def gives_up_and_goes_away(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    missing = [key for key in ("backoffLimit", "ttlSecondsAfterFinished") if block.number(f"spec.{key}") is None]
    return Fail(f"{' and '.join(missing)} not set") if missing else PASS
