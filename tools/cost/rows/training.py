"""SageMaker training jobs: a one-off cost, bounded by the job's own run-time limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tools.cost.bill import Ask, Charge, Row
from tools.cost.usage import HOURS_A_MONTH
from tools.plan.view import UNKNOWN, Secret

TRAINING_JOB: Final = "pulumi-python:dynamic/sagemaker:TrainingJob"
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html: one day when not given.
DEFAULT_RUNTIME_S: Final = 86_400.0
# What these hold belongs to the workload; an `instance_type` in there is not the job's.
NOT_OURS: Final = ("hyperparameters", "environment", "tags", "channels")


def _training_job(ask: Ask) -> Iterator[Charge]:
    groups = _find_all(ask.view.props, "instancegroups")
    blocks = [item for item in groups if isinstance(item, Mapping)] or [ask.view.props]
    limit_s = _number(ask, ask.view.props, ("maxruntimeinseconds", "maxruntimeseconds", "maxrunseconds"), DEFAULT_RUNTIME_S)
    spot = _find(ask.view.props, "enablemanagedspottraining", "usespot") is True
    if spot:
        ask.note("managed spot: on-demand price taken, spot is lower")
    most_h = limit_s / 3600
    expected_h = most_h * ask.usage.training_share
    ask.note(
        f"one run expected {expected_h:.3g} h, at most {most_h:.3g} h; {ask.usage.training_runs:g} runs a month and"
        f" {ask.usage.training_share:.0%} of the limit assumed"
    )
    gib = _number(ask, ask.view.props, ("volumesizeingb", "volumesizegb", "volumesize"), 0.0)
    for block in blocks:
        instance = _find(block, "instancetype")
        count = _number(ask, block, ("instancecount",), 1.0)
        if not isinstance(instance, str):
            ask.gaps.append(f"instance type is {instance!r}: a job of unknown instances has no price")
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


def _number(ask: Ask, props: Mapping[str, Any], keys: tuple[str, ...], default: float) -> float:
    value = _find(props, *keys)
    if value is UNKNOWN:
        ask.note(f"{keys[0]} unknown until up, {default:g} assumed")
        return default
    return default if value is None else ask.as_number(value, keys[0], default)


def _find(value: Any, *keys: str) -> Any:
    """The first value under one of `keys` (lower case, no underscores) anywhere in `value`; None when there is none."""
    if isinstance(value, Mapping):
        plain = {
            str(key).replace("_", "").lower(): item.value if isinstance(item, Secret) else item for key, item in value.items()
        }
        for key in keys:
            if key in plain:
                return plain[key]
        for name, item in plain.items():
            found = None if name in NOT_OURS else _find(item, *keys)
            if found is not None:
                return found
    return None


def _find_all(value: Any, key: str) -> list[Any]:
    found = _find(value, key)
    return list(found) if isinstance(found, (list, tuple)) else []


ROWS: Final = (Row(type=TRAINING_JOB, charges=_training_job),)
