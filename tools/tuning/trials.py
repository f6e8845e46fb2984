"""A trial as a training job: started with its hyperparameters, looked at while it runs, stopped when it is hopeless."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from catalog.limits import SAGEMAKER_NAME
from tools.jobs.cost import cost_usd
from tools.jobs.definition import JobDefinition, run_spec
from tools.jobs.life import Sight, require, start_new, stop
from tools.jobs.lines import values_of
from tools.jobs.runner import JobLog, Runner
from tools.jobs.spec import JobSpec
from tools.jobs.view import JobView
from tools.tuning.space import Value

STUDY_TAG: Final = "slipway:study"
TRIAL_TAG: Final = "slipway:trial"


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """A trial's job at one moment.

    `points` are the new (step, value) of what is watched since the last look; `steps` how many there will be, 0 for unknown.
    """

    status: str
    ended: bool
    seconds: float = 0.0
    cost_usd: float | None = None
    metrics: Mapping[str, float] | None = None
    failure: str = ""
    points: tuple[tuple[int, float], ...] = ()
    steps: int = 0


class Trials(Protocol):
    """What a search needs of the jobs it starts."""

    def start(self, number: int, params: Mapping[str, Value]) -> str:
        """Starts the job of trial `number`; its name. ValueError where it cannot be started."""

    def look(self, job: str) -> Look:
        """The job now. ValueError where there is no such job."""

    def stop(self, job: str) -> None:
        """Asks the job to stop; one that has ended is fine."""

    def name(self, number: int) -> str:
        """The name of the job that trial `number` has or would have."""


class JobTrials:
    """Trials of one job of a stack. `life` is the study's own mark: one that is begun anew has other names for its jobs."""

    def __init__(
        self,
        runner: Runner,
        job: JobDefinition,
        study: str,
        *,
        life: str,
        fixed: Mapping[str, Value] | None = None,
        channels: Mapping[str, str] | None = None,
        watch: str = "train_loss",
    ) -> None:
        self._runner, self._job, self._study, self._life = runner, job, study, life
        self._fixed, self._channels, self._watch = dict(fixed or {}), dict(channels or {}), watch
        self._logs: dict[str, _Watched] = {}
        self._last: dict[str, Look] = {}
        self._sight = Sight(lambda name: require(runner, name))

    def name(self, number: int) -> str:
        """`<prefix>-t<life of the study>-<number>`: the same whoever asks, so that a search that was killed finds its jobs."""
        ending = f"-t{self._life}-{number:03d}"
        return f"{self._job.name_prefix[: SAGEMAKER_NAME - len(ending)].rstrip('-')}{ending}"

    def spec(self, number: int, params: Mapping[str, Value]) -> JobSpec:
        """What the job of a trial is."""
        return run_spec(
            self._job,
            hyperparameters={**self._fixed, **params},
            channels=self._channels,
            tags={STUDY_TAG: self._study, TRIAL_TAG: str(number)},
        )

    def start(self, number: int, params: Mapping[str, Value]) -> str:
        return start_new(self._runner, self.spec(number, params), self.name(number))

    def look(self, job: str) -> Look:
        """Of a job that was seen before, a look that fails gives the last one again. Raises LostSight after too many of them."""
        view = self._sight.look(job) if job in self._last else require(self._runner, job)
        self._last[job] = self._look(view) if view else replace(self._last[job], points=())
        return self._last[job]

    def _look(self, view: JobView) -> Look:
        watched = self._logs.setdefault(view.name, _Watched(self._runner.log(view.name), self._watch))
        points = watched.new_points()
        return Look(
            status=view.status,
            ended=view.ended,
            seconds=round(view.seconds, 1),
            cost_usd=cost_usd(view, self._runner.region),
            metrics=view.metrics,
            failure=view.failure,
            points=points,
            steps=watched.steps,
        )

    def stop(self, job: str) -> None:
        stop(self._runner, job)


class _Watched:
    """The curve of one number in a job's log, as it grows."""

    def __init__(self, log: JobLog, watch: str) -> None:
        self._log, self._watch = log, watch
        self._last = -1
        self.steps = 0

    def new_points(self) -> tuple[tuple[int, float], ...]:
        return self._points(self._log.lines())

    def _points(self, lines: Sequence[str]) -> tuple[tuple[int, float], ...]:
        found = {}
        for line in lines:
            values = values_of(line)
            self.steps = int(values.get("steps", self.steps))
            step = int(values.get("step", -1))
            # Several hosts may report one step, and a resumed job reports some twice: the first value counts, pruning used it.
            if self._watch in values and step > self._last:
                self._last = step
                found[step] = values[self._watch]
        return tuple(found.items())
