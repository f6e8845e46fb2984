from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.services.sagemaker.invoke import Traffic
from localcloud.services.sagemaker.scaling import METRIC, History, Policy, after, decide, read_policy

FREE = Policy(minimum=1, maximum=10, target=100.0, scale_out_cooldown_s=0, scale_in_cooldown_s=0)
COOL = Policy(minimum=1, maximum=10, target=100.0, scale_out_cooldown_s=300, scale_in_cooldown_s=600)


def wanted(policy: Policy, current: int, per_minute: float, *, now: float = 10_000, history: History = History()) -> int:
    return decide(policy, current=current, per_minute=per_minute, now=now, history=history)


@pytest.mark.parametrize(
    ("current", "per_minute", "desired"),
    [
        (1, 0, 1),
        (1, 100, 1),  # a rate exactly on target is not above it
        (1, 101, 2),
        (1, 250, 3),
        (2, 5_000, 10),  # the number never exceeds the maximum
        (5, 0, 1),  # the number never falls below the minimum
        (3, 250, 3),
        (3, 180, 2),  # 180 / 90 = 2: what is left is below 90 % of the target
        (3, 185, 3),  # 185 / 2 = 92.5: what is left is within the margin, so the number stays
        (2, 95, 2),
        (2, 90, 1),
    ],
)
def test_the_number_follows_the_load(current: int, per_minute: float, desired: int) -> None:
    assert wanted(FREE, current, per_minute) == desired


@pytest.mark.parametrize(("current", "desired"), [(0, 2), (1, 2), (9, 5)])
def test_outside_its_limits_it_moves_at_once_in_spite_of_cooldowns(current: int, desired: int) -> None:
    policy = Policy(minimum=2, maximum=5, target=100.0)
    assert wanted(policy, current, 0, history=History(out_at=9_999, in_at=9_999)) == desired


def test_without_a_policy_only_the_limits_count() -> None:
    assert wanted(Policy(minimum=1, maximum=4, target=None), 2, 1_000_000) == 2


def test_growing_waits_for_the_scale_out_cooldown_unless_it_must_grow_by_more() -> None:
    history = History(out_at=9_900, grown_by=2)
    assert wanted(COOL, 3, 450, history=history) == 3, "two more, as before: wait"
    assert wanted(COOL, 3, 550, history=history) == 6, "three more than the last step of two: at once"
    assert wanted(COOL, 3, 450, now=10_200, history=history) == 5, "the cooldown is over"


def test_shrinking_waits_after_growing_and_after_shrinking() -> None:
    assert wanted(COOL, 4, 0, history=History(out_at=9_500)) == 4
    assert wanted(COOL, 4, 0, history=History(in_at=9_500)) == 4
    assert wanted(COOL, 4, 0, history=History(out_at=9_400, in_at=9_400)) == 1


def test_growing_does_not_wait_for_the_scale_in_cooldown() -> None:
    assert wanted(COOL, 1, 300, history=History(in_at=9_999)) == 3


def test_scaling_in_can_be_disabled_and_both_directions_suspended() -> None:
    assert wanted(Policy(minimum=1, maximum=9, target=100.0, scale_in=False), 5, 0) == 5
    assert wanted(Policy(minimum=1, maximum=9, target=100.0, scale_out=False), 1, 900) == 1


@given(
    st.integers(0, 30),
    st.floats(0, 1e6),
    st.integers(1, 10),
    st.integers(0, 20),
    st.floats(0.1, 1e4),
    st.floats(0, 1e4),
    st.floats(0, 1e4),
)
def test_it_never_leaves_its_limits(
    current: int, load: float, minimum: int, span: int, target: float, out_at: float, in_at: float
) -> None:
    policy = Policy(minimum=minimum, maximum=minimum + span, target=target)
    desired = wanted(policy, current, load, history=History(out_at=out_at, in_at=in_at))
    assert policy.minimum <= desired <= policy.maximum


@given(st.integers(1, 10), st.floats(0, 2_000))
def test_a_steady_load_comes_to_rest(current: int, load: float) -> None:
    first = wanted(FREE, current, load)
    assert wanted(FREE, first, load) == first
    assert first == 10 or load <= first * FREE.target  # type: ignore[operator]


def test_the_history_remembers_direction_and_step() -> None:
    grown = after(History(), before=1, desired=4, now=5.0)
    assert (grown.out_at, grown.grown_by, grown.in_at) == (5.0, 3, -math.inf)
    shrunk = after(grown, before=4, desired=2, now=9.0)
    assert (shrunk.out_at, shrunk.in_at) == (5.0, 9.0)
    assert after(shrunk, before=2, desired=2, now=11.0) == shrunk


def tracking(value: float, metric: str = METRIC, **more: object) -> SimpleNamespace:
    body = {"TargetValue": value, "PredefinedMetricSpecification": {"PredefinedMetricType": metric}, **more}
    return SimpleNamespace(target_tracking_scaling_policy_configuration=body)


def test_a_policy_is_read_as_the_api_has_it() -> None:
    target = SimpleNamespace(min_capacity=1, max_capacity=4, suspended_state=None)
    policy = read_policy(
        target, [tracking(70, ScaleInCooldown=0, DisableScaleIn=True), tracking(200), tracking(1, "CPUUtilization")]
    )
    assert policy == Policy(minimum=1, maximum=4, target=70.0, scale_out_cooldown_s=300, scale_in_cooldown_s=0, scale_in=False)
    step = SimpleNamespace(target_tracking_scaling_policy_configuration=None)
    assert read_policy(target, [step]).target is None
    target.suspended_state = {"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True}
    suspended = read_policy(target, [tracking(70)])
    assert (suspended.scale_in, suspended.scale_out) == (False, False)


def test_traffic_counts_the_last_sixty_seconds() -> None:
    traffic, key = Traffic(), ("r", "e", "v")
    for now in (100.2, 100.9, 130.0, 161.0):
        traffic.record(key, 200, 0.01, now=now)
    assert traffic.per_minute(key, now=161.5) == 2
    assert traffic.per_minute(key, now=189.0) == 2
    assert traffic.per_minute(key, now=300.0) == 0
    assert traffic.per_minute(("r", "other", "v"), now=161.0) == 0
    assert len(traffic.take()[key]) == 4
    assert traffic.take() == {}
