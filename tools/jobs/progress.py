"""How far a job is, read from its status and the lines that it wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from catalog import jobs
from tools.jobs.cost import cost_usd
from tools.jobs.lines import values_of
from tools.jobs.view import JobView

# Which number of a line is the loss of its step, and which is the speed, in the order of what is preferred.
LOSSES: Final = ("train_loss", "loss", "test_loss")


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """A job at one moment.

    `steps` is None until the job says how many; `series` are (step, loss) so far; `metrics` the last value of every number.
    """

    job: str
    status: str
    phase: str
    seconds: float
    step: int = 0
    steps: int | None = None
    epoch: int | None = None
    loss: float | None = None
    rate: float | None = None
    rate_of: str = ""
    mfu: float | None = None
    cost_usd: float | None = None
    spot: bool = False
    metrics: Mapping[str, float] = field(default_factory=dict)
    series: tuple[tuple[int, float], ...] = ()


class Tracker:
    """Gathers the numbers in the lines of one run, and makes its progress of them and its status."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._values: dict[str, float] = {}
        self._losses: dict[int, float] = {}

    def feed(self, lines: Iterable[str]) -> None:
        """Takes new lines in order. Where several hosts report the same step, the last line counts."""
        for line in lines:
            values = values_of(line)
            if not values:
                continue
            self._values.update(values)
            loss = next((values[name] for name in LOSSES if name in values), None)
            if loss is not None and "step" in values:
                self._losses[int(values["step"])] = loss

    @property
    def series(self) -> tuple[tuple[int, float], ...]:
        """(step, loss), by step."""
        return tuple(sorted(self._losses.items()))

    def at(self, job: JobView) -> Progress:
        """The progress of `job`, with the numbers of all lines so far."""
        values = self._values
        rate_of = next((name for name in jobs.RATES if name in values), "")
        return Progress(
            job=job.name,
            status=job.status,
            phase=job.phase,
            seconds=job.seconds,
            step=int(values.get("step", 0)),
            steps=_whole(values.get("steps")),
            epoch=_whole(values.get("epoch")),
            loss=next((values[name] for name in LOSSES if name in values), None),
            rate=values.get(rate_of),
            rate_of=rate_of.partition("_")[0],
            mfu=values.get("mfu"),
            cost_usd=cost_usd(job, self._region),
            spot=job.spec.spot,
            metrics=dict(values),
            series=self.series,
        )


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def words(progress: Progress) -> str:
    """One line: phase, step of steps, loss, speed, MFU, time and cost, as far as they are known."""
    told: list[Any] = [progress.phase or progress.status]
    if progress.step or progress.steps:
        told.append(f"step {progress.step}{f' of {progress.steps}' if progress.steps else ''}")
    if progress.loss is not None:
        told.append(f"loss {progress.loss:.4f}")
    if progress.rate is not None:
        told.append(f"{progress.rate:,.0f} {progress.rate_of}/s")
    if progress.mfu is not None:
        told.append(f"MFU {progress.mfu:.1%}")
    told.append(clock(progress.seconds))
    if progress.cost_usd is not None:
        told.append(f"{'at most ' if progress.spot else ''}{progress.cost_usd:,.4f} USD")
    return ", ".join(told)


def clock(seconds: float) -> str:
    """`0:07`, `12:30`, `1:02:03`."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
