"""SageMaker training jobs: a one-off cost, bounded by the job's own run-time limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from catalog.types import sagemaker
from tools.cost.bill import Ask, Charge, Row
from tools.cost.usage import HOURS_A_MONTH
from tools.plan.reader import Block, folded
from tools.plan.view import UNKNOWN

# SageMaker's default, one day: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html
DEFAULT_RUNTIME_S: Final = 86_400.0
# Properties with the workload's own values: an `instance_type` in one of them is not the job's.
NOT_OURS: Final = ("hyperparameters", "environment", "tags", "channels")


def _training_job(ask: Ask) -> Iterator[Charge]:
    job = ask.block
    groups = _find(job, "instanceGroups")
    blocks = (groups.items(unknown=[]) if groups else []) or [job]
    limit_s = _number(ask, job, ("maxRuntimeInSeconds", "maxRuntimeSeconds", "maxRunSeconds"), DEFAULT_RUNTIME_S)
    on_spot = _find(job, "enableManagedSpotTraining", "useSpot")
    spot = on_spot is not None and on_spot.flag(unknown=False)
    if spot:
        ask.note("managed spot: on-demand price taken, spot is lower")
    most_h = limit_s / 3600
    expected_h = most_h * ask.usage.training_share
    ask.note(
        f"one run expected {expected_h:.3g} h, at most {most_h:.3g} h; {ask.usage.training_runs:g} runs a month and"
        f" {ask.usage.training_share:.0%} of the limit assumed"
    )
    gib = _number(ask, job, ("volumeSizeInGb", "volumeSizeGb", "volumeSize"), 0.0)
    for block in blocks:
        found = _find(block, "instanceType")
        instance = found.text(unknown="") if found else ""
        count = _number(ask, block, ("instanceCount",), 1.0)
        if not instance:
            given = found.value(unknown=UNKNOWN) if found else None
            ask.gaps.append(f"instance type is {given!r}: a job of unknown instances has no price")
            continue
        yield from _runs(ask, instance, f"{count:g} x {instance}", count, expected_h, most_h, committed=not spot)
        if gib:
            months = gib * count / HOURS_A_MONTH
            yield from _runs(ask, "storage", "volumes", months, expected_h, most_h)


def _runs(
    ask: Ask, dimension: str, label: str, per_hour: float, expected_h: float, most_h: float, *, committed: bool = True
) -> Iterator[Charge]:
    runs = ask.usage.training_runs
    expected, most = per_hour * expected_h, per_hour * most_h
    bounds = {"least": 0.0, "most": runs * most}
    yield from ask.charge("sagemaker", dimension, label, runs * expected, **bounds, one_off=(expected, most), committed=committed)


def _number(ask: Ask, block: Block, keys: tuple[str, ...], default: float) -> float:
    found = _find(block, *keys)
    return default if found is None else ask.number("", default, found, called=folded(keys[0]))


def _find(block: Block, *keys: str) -> Block | None:
    """The first property with one of these names, in any spelling and at any depth outside `NOT_OURS`; None without one."""
    below = {folded(name): item for name, item in block.entries(unknown={}).items()}
    for key in keys:
        if (found := below.get(folded(key))) is not None and found.given(""):
            return found
    for name, item in below.items():
        if name not in NOT_OURS and (found := _find(item, *keys)) is not None:
            return found
    return None


ROWS: Final = (Row(card=sagemaker.TRAINING_JOB, charges=_training_job),)
