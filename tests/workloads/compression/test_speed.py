"""The measure of speed finds the model that is really slower, on a machine that others use too."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from workloads.compression import report, speed
from workloads.compression.report import Measured, Size
from workloads.compression.settings import CompressionSettings
from workloads.compression.speed import Timing


def turns(*calls: float) -> tuple[tuple[float, ...], ...]:
    return tuple((call, call * 3) for call in calls)


def test_a_model_that_does_four_times_the_work_is_found_slower() -> None:
    one = nn.Linear(256, 256)
    (timing,) = speed.compare(one, nn.Sequential(one, one, one, one), {64: torch.randn(64, 256)}, rounds=8)
    assert timing.speedup < 0.6
    (timing,) = speed.compare(nn.Sequential(one, one, one, one), one, {64: torch.randn(64, 256)}, rounds=8)
    assert timing.speedup > 1.6


def test_the_cheapest_calls_decide_and_interruptions_do_not() -> None:
    timing = Timing(rows=1, original=turns(2.0, 90.0, 2.0, 2.0), compressed=turns(1.0, 1.0, 50.0, 1.0), latency=(2.0, 1.0))
    assert timing.speedup == 2.0
    assert timing.noise == 0.0


def test_noise_is_how_far_two_halves_of_the_turns_differ() -> None:
    timing = Timing(rows=1, original=turns(1.0, 1.0, 1.1, 1.1), compressed=turns(1.0, 1.0, 1.0, 1.0), latency=(1.0, 1.0))
    assert timing.noise == pytest.approx(0.1)


def measured(*, speedup: float = 1.0, noise: float = 0.0, size: float = 1.0, accuracy: float = 0.9) -> Measured:
    original = turns(1.0, 1.0, 1.0 + noise, 1.0 + noise)
    quick = Timing(rows=1, original=turns(1.0, 1.0, 1.0, 1.0), compressed=turns(0.1, 0.1, 0.1, 0.1), latency=(1.0, 0.1))
    slow = Timing(rows=8, original=original, compressed=turns(*[1.0 / speedup] * 4), latency=(1.0, 1.0 / speedup))
    sizes = [Size(weights_bytes=round(1000 * share), archive_bytes=10, parameters=10, zeros=0) for share in (1.0, size)]
    return Measured(
        task="digits",
        size=(sizes[0], sizes[1]),
        quality=({"test_accuracy": 0.9, "test_loss": 1.0}, {"test_accuracy": accuracy, "test_loss": 1.0}),
        speed=(quick, slow),
        conditions={},
    )


LIMITS = CompressionSettings(recipe="bf16", max_quality_drop=0.01, min_speedup=0.9, max_size_ratio=1.0)


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (measured(accuracy=0.88), "quality_drop is 0.0200 (test_accuracy 0.9000 became 0.8800), above max_quality_drop 0.01"),
        (measured(accuracy=float("nan")), "quality_drop is nan"),
        (measured(speedup=0.8), "speedup is 0.800 (batches of 8, 0.0% of noise forgiven), below min_speedup 0.9"),
        (measured(speedup=0.8, noise=0.5), "10.0% of noise forgiven), below min_speedup"),
        (measured(size=1.2), "size_ratio is 1.200 (1000 bytes became 1200), above max_size_ratio 1"),
    ],
)
def test_the_gate_names_figure_limit_and_way_out(what: Measured, says: str) -> None:
    (fault,) = report.faults(what, LIMITS)
    assert says in fault


def test_the_gate_lets_pass_what_keeps_the_limits_and_forgives_noise_it_has_measured() -> None:
    assert report.faults(measured(size=0.5), LIMITS) == []
    assert report.faults(measured(accuracy=0.89), LIMITS) == [], "0.9 - 0.89 is a little more than 0.01 in binary"
    assert report.faults(measured(speedup=0.87, noise=0.05), LIMITS) == []
    assert report.faults(measured(speedup=0.87), LIMITS) != []


def test_quality_of_language_is_the_loss_gained_as_a_share() -> None:
    assert report.JUDGES["language"].drop(2.0, 2.1) == pytest.approx(0.05)
    assert report.JUDGES["digits"].drop(0.9, 0.95) == pytest.approx(-0.05)
