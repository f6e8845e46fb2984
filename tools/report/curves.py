"""The curves of a training job: loss, learning rate and speed over steps, from the numbers in its log lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from catalog import jobs

Points = tuple[tuple[int, float], ...]
# A curve needs no more points than it has pixels, and a page holds several jobs.
MOST_POINTS: Final = 800


@dataclass(frozen=True, kw_only=True, slots=True)
class Curves:
    """The curves of one job, each a tuple of (step, value), sorted by step.

    `rate` is in `rate_unit` a second ("tokens" or "samples"; "" where the job reports no rate).
    """

    name: str
    train: Points = ()
    test: Points = ()
    learning_rate: Points = ()
    rate: Points = ()
    rate_unit: str = ""

    @property
    def empty(self) -> bool:
        """Whether the job reported no loss, so that there is nothing to draw."""
        return not (self.train or self.test)


def curves_of(name: str, lines: Iterable[Mapping[str, float]]) -> Curves:
    """The curves in a log, given the `name=value;` numbers of each of its lines in order.

    A value belongs to the last `step=` before it. Where a step is reported twice, by two hosts or by a job that resumed from a
    checkpoint, the later value counts.
    """
    found: dict[str, dict[int, float]] = {}
    step = 0
    for values in lines:
        step = int(values.get("step", step))
        for key, value in values.items():
            found.setdefault(key, {})[step] = value
    rate = next((key for key in jobs.RATES if key in found), "")
    return Curves(
        name=name,
        train=_points(found.get("train_loss") or found.get("loss") or {}),
        test=_points(found.get("test_loss", {})),
        learning_rate=_points(found.get("learning_rate", {})),
        rate=_points(found.get(rate, {})),
        rate_unit=rate.partition("_")[0],
    )


def _points(found: Mapping[int, float]) -> Points:
    points = sorted(found.items())
    stride = -(-len(points) // MOST_POINTS) if points else 1
    sampled = points[::stride]
    return tuple(sampled if not points or sampled[-1] == points[-1] else [*sampled, points[-1]])
