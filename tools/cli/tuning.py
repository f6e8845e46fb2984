"""What `slipway tune` decides before it starts, and the table it ends with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tools.cli.deployed import Deployed
from tools.cli.terminal.console import console
from tools.engine.home import StackPlace, home_path
from tools.flows.ending import Ending
from tools.jobs.cost import most_usd
from tools.jobs.definition import JobDefinition, named, text
from tools.tuning.kept import Row, path_of, study_name
from tools.tuning.search import Outcome, Plan
from tools.tuning.space import Range, Value, check, fitted, parse, read_space, value_of
from tools.tuning.trials import JobTrials
from workloads.catalog import hyperparameter_faults

WATCHED: Final = "train_loss"
# Channel of a model that a job reads -> the setting that its workload fills with the channel's folder.
_MODEL_SETTINGS: Final = {"model": "start_from", "teacher": "teacher"}
# What is better when it is less; everything else, an accuracy or a speed, when it is more.
_LESS_IS_BETTER: Final = ("loss", "perplexity", "error", "bits_per_byte", "seconds", "rmse", "mae")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A search that was checked. `base` are the job's own hyperparameters with those that are set for every trial (`fixed`)."""

    job: JobDefinition
    path: Path
    study: str
    space: tuple[Range, ...]
    metric: str
    minimize: bool
    fixed: Mapping[str, Any]
    base: Mapping[str, Any]

    def trials(self, here: Deployed, life: str, channels: Mapping[str, str] | None = None) -> JobTrials:
        """Its trials as jobs that read these models beside their data."""
        return JobTrials(here.clients, self.job, self.study, life=life, fixed=self.fixed, channels=channels, watch=WATCHED)

    def plan(self, *, trials: int, parallel: int, prune: bool, max_cost_usd: float | None) -> Plan:
        """What the search is to do."""

        def fault(params: Mapping[str, Value]) -> str:
            return hyperparameter_faults(self.job.workload, {**self.base, **params})

        return Plan(
            metric=self.metric,
            minimize=self.minimize,
            trials=trials,
            parallel=parallel,
            prune=prune,
            watched_lower_is_better=less_is_better(WATCHED),
            max_cost_usd=max_cost_usd,
            check=fault,
        )


def prepare(
    here: Deployed,
    name: str,
    *,
    metric: str,
    minimize: bool | None,
    space: Path | None,
    fixed: Sequence[str],
    seed: int,
    study: str,
) -> Ready:
    """Checks the job, the metric and the space. Raises ValueError with what is wrong, before anything is started."""
    job = named(here.jobs, name)
    source = str(space) if space else f"slipway:training.jobs.{name}.search"
    ranges = fitted(parse(read_space(space) if space else job.search, source=source), workload=job.workload)
    given = dict(value_of(text) for text in fixed)
    if twice := sorted(set(given) & {item.name for item in ranges}):
        raise ValueError(f"{', '.join(twice)} is searched and set; take it out of one")
    base = {**_own(job), **given}
    check(ranges, workload=job.workload, fixed=base)
    _check_metric(job, metric)
    direction = less_is_better(metric) if minimize is None else minimize
    what = {"space": {item.name: item.to_json() for item in ranges}, "fixed": given, "seed": seed}
    full = study_name(name, name=study, definition=job.definition, metric=metric, minimize=direction, **what)
    place = StackPlace(home=home_path(), mode="local" if here.local else "aws", stack=here.stack)
    return Ready(
        job=job,
        path=path_of(place.work / "tuning", full),
        study=full,
        space=ranges,
        metric=metric,
        minimize=direction,
        fixed=given,
        base=base,
    )


def _own(job: JobDefinition) -> dict[str, Any]:
    """The job's own hyperparameters as its workload will see them: models come as channels, which settings name by folder."""
    own = dict(value_of(f"{key}={told}") for key, told in job.request.get("HyperParameters", {}).items())
    return own | {setting: channel for channel, setting in _MODEL_SETTINGS.items() if channel in job.models}


def guard(
    here: Deployed, ready: Ready, needs: Sequence[JobDefinition], *, trials: int, budget: float | None
) -> tuple[int, list[str]]:
    """Policies over a trial's request and those of its needs, the ceiling over all trials: the exit code, 0 to go, and why."""
    from tools.cli.training import judge, planned

    sample = ready.trials(here, "").request(0, {item.name: item.samples[0] for item in ready.space})
    judged = judge([*planned(here, needs), sample], here)
    if judged.policy.mandatory:
        return Ending.POLICY, judged.lines()
    each = most_usd(sample, here.clients.region)
    if each is None and budget is not None:
        return Ending.WRONG_USE, [
            f"--max-cost-usd: no price of {ready.job.name}'s machines is known in {here.clients.region}; drop it"
        ]
    most = min(budget if budget is not None else math.inf, trials * (each or 0.0))
    if most > here.ceiling_usd:
        return Ending.CEILING, [
            f"{trials} trials cost at most {most:,.2f} USD, over the ceiling of {here.ceiling_usd:,.0f} USD; set --max-cost-usd, "
            "lower --trials, or raise slipway:cost.ceilingMonthlyUsd in the stack file and run up"
        ]
    return Ending.DONE, []


def less_is_better(metric: str) -> bool:
    """Whether a metric of this name is better when it is less."""
    return any(word in metric.lower() for word in _LESS_IS_BETTER)


def show(outcome: Outcome, *, train: str) -> None:
    """The trials as a table, the best one, and the command that trains with it."""
    from rich.table import Table

    out = console()
    names = list(dict.fromkeys(name for row in outcome.rows for name in row.params))
    table = Table(box=None, pad_edge=False)
    for title in ("trial", *names, outcome.metric, "seconds", "usd", "status"):
        table.add_column(title, justify="left" if title in ("status", *names) else "right", no_wrap=title != "status")
    for row in outcome.rows:
        mark = "bold" if outcome.best and row.number == outcome.best.number else ""
        table.add_row(*_cells(row, names), style=mark)
    out.print(table)
    best = outcome.best
    if best is None:
        out.print("no trial ended well; the reasons are above", markup=False)
        return
    out.print(
        f"best: trial {best.number}, {outcome.metric}={best.value:g}; all trials cost ${outcome.cost_usd:.4f}", markup=False
    )
    flags = " ".join(f"--set {name}={text(value)}" for name, value in best.params.items())
    out.print(f"train with it: {train} {flags}", markup=False)


def _cells(row: Row, names: Sequence[str]) -> list[str]:
    status = "interrupted" if row.interrupted else row.status
    status += f": {row.failure.splitlines()[0]}" if row.failure and not row.interrupted else ""
    numbers = (f"{row.value:g}" if row.value is not None else "", "" if row.seconds is None else f"{row.seconds:.0f}")
    cost = "" if row.cost_usd is None else f"{row.cost_usd:.4f}"
    from rich.markup import escape

    return [str(row.number), *(escape(_plain(row.params.get(name, ""))) for name in names), *numbers, cost, escape(status)]


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _check_metric(job: JobDefinition, metric: str) -> None:
    rows = job.request.get("AlgorithmSpecification", {}).get("MetricDefinitions") or ()
    names = [row["Name"] for row in rows]
    if metric not in names:
        raise ValueError(
            f"job {job.name} reports no metric {metric!r}; it has {', '.join(names) or 'none'}. "
            f"Take one of them, or name it in slipway:training.jobs.{job.name}.metrics and run up"
        )
