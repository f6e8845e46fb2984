"""A trial as a training job: started with its hyperparameters, looked at while it runs, stopped when it is hopeless."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from tools.jobs.clients import Clients
from tools.jobs.cost import cost_usd
from tools.jobs.definition import JobDefinition, build
from tools.jobs.lines import values_of
from tools.jobs.logs import Log
from tools.jobs.submit import stop, submit
from tools.jobs.view import describe
from tools.tuning.space import Value

STUDY_TAG: Final = "slipway:study"
TRIAL_TAG: Final = "slipway:trial"
# So often in a row a look may fail (beyond botocore's own retries) before the search gives up; the jobs go on.
LOST_SIGHT_AFTER: Final = 6
NAME_LIMIT: Final = 63


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
    """Trials of one job of a stack, over boto3. `life` tells a study's jobs from those before it was begun anew."""

    def __init__(
        self,
        clients: Clients,
        job: JobDefinition,
        study: str,
        *,
        life: str,
        fixed: Mapping[str, Any] | None = None,
        channels: Mapping[str, str] | None = None,
        watch: str = "train_loss",
    ) -> None:
        self._clients, self._job, self._study, self._life = clients, job, study, life
        self._fixed, self._channels, self._watch = dict(fixed or {}), dict(channels or {}), watch
        self._logs: dict[str, _Watched] = {}
        self._last: dict[str, Look] = {}
        self._misses = 0

    def name(self, number: int) -> str:
        """`<prefix>-t<life of the study>-<number>`: the same whoever asks, so that a search that was killed finds its jobs."""
        ending = f"-t{self._life}-{number:03d}"
        return f"{self._job.name_prefix[: NAME_LIMIT - len(ending)].rstrip('-')}{ending}"

    def request(self, number: int, params: Mapping[str, Value]) -> dict[str, Any]:
        """CreateTrainingJob's arguments for a trial."""
        return build(
            self._job,
            self.name(number),
            hyperparameters={**self._fixed, **params},
            channels=self._channels,
            tags={STUDY_TAG: self._study, TRIAL_TAG: str(number)},
        )

    def start(self, number: int, params: Mapping[str, Value]) -> str:
        return submit(self._clients, self.request(number, params))

    def look(self, job: str) -> Look:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._last[job] = self._look(job)
            self._misses = 0
        except (BotoCoreError, ClientError):
            self._misses += 1
            if self._misses > LOST_SIGHT_AFTER or job not in self._last:
                raise
            return replace(self._last[job], points=())
        return self._last[job]

    def _look(self, job: str) -> Look:
        view = describe(self._clients, job)
        watched = self._logs.setdefault(job, _Watched(Log(self._clients, job), self._watch))
        points = watched.new_points()
        return Look(
            status=view.status,
            ended=view.ended,
            seconds=round(view.seconds, 1),
            cost_usd=cost_usd(view, self._clients.region),
            metrics=view.metrics,
            failure=view.failure,
            points=points,
            steps=watched.steps,
        )

    def stop(self, job: str) -> None:
        stop(self._clients, job)


class _Watched:
    """The curve of one number in a job's log, as it grows."""

    def __init__(self, log: Log, watch: str) -> None:
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
            # Several hosts may say the same step, and a resumed job says some twice: the first word counts, it was acted on.
            if self._watch in values and step > self._last:
                self._last = step
                found[step] = values[self._watch]
        return tuple(found.items())
