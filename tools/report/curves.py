"""The curves of a training job: loss, learning rate and speed over steps, out of the numbers that its log lines hold."""

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
    """(step, value) each, by step. `rate` is in `rate_unit` a second ("tokens", "samples"; "" where the job says none)."""

    name: str
    train: Points = ()
    test: Points = ()
    learning_rate: Points = ()
    rate: Points = ()
    rate_unit: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is no loss to draw."""
        return not (self.train or self.test)


def curves_of(name: str, lines: Iterable[Mapping[str, float]]) -> Curves:
    """The curves in a log, given the `name=value;` numbers of each of its lines in order.

    A value belongs to the last step that was said. Of a step said twice, by two hosts or by a job that went on from a checkpoint,
    the last word counts.
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
    kept = points[::stride]
    return tuple(kept if not points or kept[-1] == points[-1] else [*kept, points[-1]])
