"""Stand-ins for jobs: no process runs, the objective is a formula, and a job ends after as many looks as a test says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tools.tuning.space import Range, Value, parse
from tools.tuning.trials import Look

SPACE: tuple[Range, ...] = parse(
    {
        "learning_rate": {"low": 0.0001, "high": 0.1, "log": True},
        "width": {"choices": [16, 32, 64]},
        "epochs": {"low": 1, "high": 9},
    },
    source="test",
)


def objective(params: Mapping[str, Value]) -> float:
    """Least at learning_rate 0.01, width 32."""
    rate, width = float(params["learning_rate"]), float(params["width"])
    return abs(rate - 0.01) * 10 + abs(width - 32) / 32


@dataclass
class FakeJob:
    params: Mapping[str, Value]
    looks: int = 0
    stopped: bool = False
    status: str = "InProgress"


@dataclass
class FakeTrials:
    """Every job ends at its `length`-th look with the objective as test_loss and a curve that falls to it, at $0.01 a look."""

    length: int = 2
    fails: Callable[[int], str] = lambda number: ""
    on_look: Callable[[str], None] = lambda job: None
    metric: str = "test_loss"
    jobs: dict[str, FakeJob] = field(default_factory=dict)
    most_at_once: int = 0

    def name(self, number: int) -> str:
        return f"job-{number}"

    def start(self, number: int, params: Mapping[str, Value]) -> str:
        if self.fails(number) == "refused":
            raise ValueError("SageMaker refuses it: no such role")
        self.jobs[self.name(number)] = FakeJob(dict(params))
        running = sum(job.status == "InProgress" for job in self.jobs.values())
        self.most_at_once = max(self.most_at_once, running)
        return self.name(number)

    def look(self, job: str) -> Look:
        self.on_look(job)
        if job not in self.jobs:
            raise ValueError(f"there is no training job {job!r}")
        it = self.jobs[job]
        failure = self.fails(int(job.rpartition("-")[2]))
        if it.status == "InProgress":
            it.looks += 1
            if it.stopped:
                it.status = "Stopped"
            elif it.looks >= self.length:
                it.status = "Failed" if failure else "Completed"
        value = objective(it.params)
        ended = it.status != "InProgress"
        return Look(
            status=it.status,
            ended=ended,
            seconds=float(it.looks),
            cost_usd=0.01 * it.looks,
            metrics={self.metric: value} if it.status == "Completed" else {},
            failure=failure if it.status == "Failed" else "",
            points=((10 * it.looks, value + 1 / it.looks),),
            steps=10 * self.length,
        )

    def stop(self, job: str) -> None:
        self.jobs[job].stopped = True

    @property
    def tried(self) -> list[Mapping[str, Value]]:
        return [job.params for job in self.jobs.values()]
