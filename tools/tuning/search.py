"""The search itself: asks for trials, keeps several running, prunes, counts the money, and ends in order whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tools.tuning.kept import KeptStudy, Row
from tools.tuning.space import Value
from tools.tuning.trials import Look, Trials

LOCAL_SECONDS: Final = 0.5
AWS_SECONDS: Final = 15.0
# No trial is pruned in its first third: while the learning rate warms up, the loss says little about the trial.
UNTOUCHED: Final = 3
# How long the search waits for stopped jobs when it ends: SageMaker's grace of 120 s, and some time to report the end.
STOP_SECONDS: Final = 150.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a search is to do.

    `trials` in all, over every run of the study; `metric` is a final metric of the job. `watched_lower_is_better` tells which way
    the curve in the log is better. `check` says what a workload has against hyperparameters before they cost anything.
    """

    metric: str
    minimize: bool
    trials: int
    parallel: int = 2
    prune: bool = True
    watched_lower_is_better: bool = True
    max_cost_usd: float | None = None
    check: Callable[[Mapping[str, Value]], str] = field(default=lambda params: "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a search came to. `ended` is done, budget or interrupted."""

    study: str
    metric: str
    minimize: bool
    ended: str
    rows: tuple[Row, ...]
    best: Row | None
    cost_usd: float

    def to_json(self) -> dict[str, Any]:
        return {
            "study": self.study,
            "metric": self.metric,
            "direction": "minimize" if self.minimize else "maximize",
            "ended": self.ended,
            "trials": [row.to_json() for row in self.rows],
            "best": self.best.to_json() if self.best else None,
            "cost_usd": self.cost_usd,
        }


def search(
    study: KeptStudy,
    trials: Trials,
    plan: Plan,
    *,
    say: Callable[[str], None] = lambda line: None,
    pause: float = LOCAL_SECONDS,
) -> Outcome:
    """Runs until all trials have ended, the budget is spent, or Ctrl-C: then what runs is stopped and the study kept."""
    return _Search(study, trials, plan, say, pause).run()


class _Search:
    def __init__(self, study: KeptStudy, trials: Trials, plan: Plan, say: Callable[[str], None], pause: float) -> None:
        self._study, self._trials, self._plan, self._say, self._pause = study, trials, plan, say, pause
        self._running: dict[int, str] = {}
        self._looks: dict[int, Look] = {}
        self._pruned: set[int] = set()

    def run(self) -> Outcome:
        ended = "done"
        try:
            self._take_up()
            while self._running or self._more():
                if self._spent_all():
                    ended = "budget"
                    break
                while len(self._running) < self._plan.parallel and self._more() and self._affords():
                    self._begin()
                for number in list(self._running):
                    self._attend(number)
                if self._running:
                    time.sleep(self._pause)
                elif self._more() and not self._affords():
                    ended = "budget"
                    break
        except KeyboardInterrupt:
            ended = "interrupted"
        if ended == "budget":
            self._say(
                f"the budget of ${self._plan.max_cost_usd:g} does not reach for more; what ran so far cost ${self._cost():.4f}"
            )
        if self._running:
            self._stop_all()
        return Outcome(
            study=self._study.name,
            metric=self._plan.metric,
            minimize=self._plan.minimize,
            ended=ended,
            rows=tuple(self._study.rows()),
            best=self._study.best(),
            cost_usd=round(self._cost(), 6),
        )

    def _take_up(self) -> None:
        """Trials that an earlier process left running: their jobs are watched again, or started where none was."""
        for row in self._study.rows():
            if row.status != "running":
                continue
            job = row.job or self._trials.name(row.number)
            try:
                self._trials.look(job)
            except ValueError:
                if row.job:  # the cloud it ran in is gone, and what it had with it
                    self._end_badly(row.number, f"job {job} is not there any more", again=row.params)
                else:
                    self._launch(row.number, row.params)
                continue
            self._study.note(row.number, job=job)
            if row.pruned:
                self._pruned.add(row.number)
            self._running[row.number] = job
            self._say(f"trial {row.number}: taken up, job {job}")

    def _more(self) -> bool:
        """Whether trials are still to be begun. What was interrupted does not count: it is tried again."""
        return sum(not row.interrupted for row in self._study.rows()) < self._plan.trials

    def _begin(self) -> None:
        number, params = self._study.ask()
        self._launch(number, params)

    def _launch(self, number: int, params: Mapping[str, Value]) -> None:
        told = ", ".join(f"{name}={_short(value)}" for name, value in params.items())
        if fault := self._plan.check(params):
            self._end_badly(number, f"{told}: {fault}")
            return
        try:
            job = self._trials.start(number, params)
        except ValueError as error:
            self._end_badly(number, str(error))
            return
        self._study.note(number, job=job)
        self._running[number] = job
        self._say(f"trial {number}: {told}; job {job}")

    def _attend(self, number: int) -> None:
        try:
            look = self._trials.look(self._running[number])
        except ValueError as error:
            del self._running[number]
            self._end_badly(number, str(error))
            return
        self._looks[number] = look
        if look.ended:
            self._finish(number, look)
        elif self._plan.prune and number not in self._pruned and self._is_hopeless(number, look):
            self._pruned.add(number)
            self._study.note(number, pruned=True)
            self._say(f"trial {number}: pruned at step {look.points[-1][0]}, worse than the median there; its job is stopped")
            self._trials.stop(self._running[number])

    def _is_hopeless(self, number: int, look: Look) -> bool:
        upright = 1.0 if self._plan.watched_lower_is_better == self._plan.minimize else -1.0
        for step, value in look.points:
            self._study.report(number, step, upright * value)
        return bool(look.points) and look.points[-1][0] * UNTOUCHED >= look.steps and self._study.hopeless(number)

    def _finish(self, number: int, look: Look) -> None:
        job = self._running.pop(number)
        self._study.note(number, seconds=look.seconds, cost_usd=look.cost_usd)
        value = (look.metrics or {}).get(self._plan.metric)
        if look.status == "Completed" and value is not None and value == value:
            self._study.tell(number, value)
            self._say(f"trial {number}: {self._plan.metric}={value:g} in {look.seconds:.0f} s")
        elif number in self._pruned and look.status == "Stopped":
            self._study.tell_pruned(number)
        elif look.status == "Completed":
            has = ", ".join(sorted(look.metrics or {})) or "no metrics"
            self._end_badly(number, f"job {job} ended without {self._plan.metric}; it has {has}")
        else:
            self._end_badly(number, look.failure or f"job {job} ended as {look.status}")

    def _end_badly(self, number: int, failure: str, *, again: Mapping[str, Value] | None = None) -> None:
        self._study.note(number, failure=failure, interrupted=again is not None)
        self._study.tell_failed(number)
        if again is not None:
            self._study.again(again)
        what = "failed" if again is None else "to be tried again"
        self._say(f"trial {number}: {what}: {failure.splitlines()[0]}")

    def _stop_all(self) -> None:
        """Stops what runs; each of these trials is tried again when the search goes on."""
        self._say(f"stopping {len(self._running)} running job{'s' if len(self._running) > 1 else ''}; the study is kept")
        for job in self._running.values():
            self._trials.stop(job)
        params = {row.number: row.params for row in self._study.rows()}
        until = time.monotonic() + STOP_SECONDS
        while self._running and time.monotonic() < until:
            for number, job in list(self._running.items()):
                look = self._trials.look(job)
                self._looks[number] = look
                if look.status == "Completed" or (look.ended and number in self._pruned):
                    self._finish(number, look)  # it was quicker than the stop
                elif look.ended:
                    del self._running[number]
                    self._study.note(number, seconds=look.seconds, cost_usd=look.cost_usd)
                    self._end_badly(number, "stopped before it was done", again=params[number])
            if self._running:
                time.sleep(min(self._pause, 1.0))

    def _spent_all(self) -> bool:
        return self._plan.max_cost_usd is not None and self._cost() >= self._plan.max_cost_usd

    def _affords(self) -> bool:
        """Whether one more trial, at the mean of those that ended, stays within the budget beside those that run."""
        if self._plan.max_cost_usd is None:
            return True
        ended = [row.cost_usd for row in self._study.rows() if row.cost_usd is not None]
        mean = sum(ended) / len(ended) if ended else 0.0
        still = sum(max(0.0, mean - (self._cost_now(number) or 0.0)) for number in self._running)
        return self._cost() + still + mean <= self._plan.max_cost_usd

    def _cost(self) -> float:
        ended = sum(row.cost_usd or 0.0 for row in self._study.rows() if row.number not in self._running)
        return ended + sum(self._cost_now(number) or 0.0 for number in self._running)

    def _cost_now(self, number: int) -> float | None:
        return self._looks[number].cost_usd if number in self._looks else None


def _short(value: Value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
