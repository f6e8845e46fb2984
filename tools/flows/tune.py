"""`tune`: a search over the hyperparameters of a job; its trials are training jobs, and what it found is kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.engine.home import StackPlace, home_path
from tools.flows.deployed import Deployed
from tools.flows.ending import Ending
from tools.flows.job_needs import models_of, open_needs, planned, run_needs
from tools.flows.job_packages import fetch_packages
from tools.flows.job_progress import JobProgress
from tools.flows.job_verdict import NamedSpec, Refused, judge
from tools.jobs.cost import most_usd
from tools.jobs.definition import JobDefinition
from tools.tuning.kept import KeptStudy, alone, path_of, study_name
from tools.tuning.search import AWS_SECONDS, LOCAL_SECONDS, Outcome, Plan, search
from tools.tuning.space import Range, Value, check, fitted, parse, read_space, value_of
from tools.tuning.trials import JobTrials
from workloads.catalog import hyperparameter_faults

WATCHED: Final = "train_loss"
# Channel of a model that a job reads -> the setting that its workload fills with the channel's folder.
_MODEL_SETTINGS: Final = {"model": "start_from", "teacher": "teacher"}
# Words in the name of a metric that is better when it is less. An accuracy or a speed is better when it is more.
_LESS_IS_BETTER: Final = ("loss", "perplexity", "error", "bits_per_byte", "seconds", "rmse", "mae")


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchOrder:
    """What a person asks of a search.

    `minimize` is None where the metric's name decides; `space` is a file of ranges, None for the job's own; `fixed` are
    `KEY=VALUE` of every trial; `study` names another study of the same search; `restart` forgets what was found.
    """

    job: str
    metric: str
    minimize: bool | None = None
    space: Path | None = None
    fixed: Sequence[str] = ()
    seed: int = 0
    study: str = ""
    trials: int
    parallel: int
    prune: bool = True
    max_cost_usd: float | None = None
    restart: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A search that was checked. `base` are the job's own hyperparameters with those that are set for every trial (`fixed`)."""

    job: JobDefinition
    path: Path
    study: str
    space: tuple[Range, ...]
    minimize: bool
    fixed: Mapping[str, Value]
    base: Mapping[str, Value]

    def trials(self, stack: Deployed, life: str, channels: Mapping[str, str] | None = None) -> JobTrials:
        """The trials as jobs that read these models beside their data."""
        return JobTrials(stack.runner, self.job, self.study, life=life, fixed=self.fixed, channels=channels, watch=WATCHED)

    def plan(self, order: SearchOrder) -> Plan:
        """What the search is to do."""

        def fault(params: Mapping[str, Value]) -> str:
            return hyperparameter_faults(self.job.workload, {**self.base, **params})

        return Plan(
            metric=order.metric,
            minimize=self.minimize,
            trials=order.trials,
            parallel=order.parallel,
            prune=order.prune,
            watched_lower_is_better=less_is_better(WATCHED),
            max_cost_usd=order.max_cost_usd,
            check=fault,
        )


def tune(stack: Deployed, order: SearchOrder, *, progress: JobProgress) -> Outcome | Refused:
    """Searches until all trials have ended, the budget is spent, or Ctrl-C: then what runs is stopped and the study kept.

    Raises ValueError with what is wrong with the order, before anything is started.
    """
    ready = prepare(stack, order)
    needs = open_needs(stack, ready.job)
    refused = guard(stack, ready, needs, order)
    if refused:
        return refused
    with alone(ready.path):
        if order.restart:
            ready.path.unlink(missing_ok=True)
        kept = KeptStudy(ready.path, ready.space, minimize=ready.minimize, seed=order.seed)
        fetch_packages(planned(stack, [*needs, ready.job]), local=stack.runner.local, say=progress.say)
        failed = run_needs(stack, needs, progress)
        if failed is not None:
            why = f"no trial was started, for {failed.job} did not complete: {failed.failure}"
            return Refused(ending=Ending.FAILED, lines=(why,))
        known = len(kept.rows())
        begun = f"goes on after {known} trials" if known else f"up to {order.trials} trials, {order.parallel} at once"
        progress.say(f"study {ready.study}: {begun}")
        return search(
            kept,
            ready.trials(stack, kept.life, models_of(stack, ready.job)),
            ready.plan(order),
            say=progress.say,
            pause=LOCAL_SECONDS if stack.runner.local else AWS_SECONDS,
        )


def prepare(stack: Deployed, order: SearchOrder) -> Prepared:
    """Checks the job, the metric and the space. Raises ValueError with what is wrong, before anything is started."""
    job = stack.job(order.job)
    source = str(order.space) if order.space else f"slipway:training.jobs.{job.name}.search"
    ranges = fitted(parse(read_space(order.space) if order.space else job.search, source=source), workload=job.workload)
    given = dict(value_of(text) for text in order.fixed)
    if twice := sorted(set(given) & {item.name for item in ranges}):
        raise ValueError(f"{', '.join(twice)} is searched and set; take it out of one")
    base = {**_own(job), **given}
    check(ranges, workload=job.workload, fixed=base)
    _check_metric(job, order.metric)
    minimize = less_is_better(order.metric) if order.minimize is None else order.minimize
    what = {"space": {item.name: item.to_json() for item in ranges}, "fixed": given, "seed": order.seed}
    study = study_name(job.name, name=order.study, definition=job.definition, metric=order.metric, minimize=minimize, **what)
    place = StackPlace(home=home_path(), mode="local" if stack.stack.local else "aws", stack=stack.stack.name)
    path = path_of(place.work / "tuning", study)
    return Prepared(job=job, path=path, study=study, space=ranges, minimize=minimize, fixed=given, base=base)


def guard(stack: Deployed, ready: Prepared, needs: Sequence[JobDefinition], order: SearchOrder) -> Refused | None:
    """Policies over a trial and the needs, the ceiling over all trials; None where the search may begin."""
    spec = ready.trials(stack, "").spec(0, {item.name: item.samples[0] for item in ready.space})
    sample = NamedSpec(name=ready.trials(stack, "").name(0), spec=spec)
    verdict = judge([*planned(stack, needs), sample], stack)
    if verdict.ending is Ending.POLICY:
        return Refused(ending=Ending.POLICY, lines=verdict.lines())
    each = most_usd(spec, stack.runner.region)
    if each is None and order.max_cost_usd is not None:
        why = f"--max-cost-usd: no price of {ready.job.name}'s machines is known in {stack.runner.region}; drop it"
        return Refused(ending=Ending.WRONG_USE, lines=(why,))
    most = min(math.inf if order.max_cost_usd is None else order.max_cost_usd, order.trials * (each or 0.0))
    if most > stack.ceiling_usd:
        why = (
            f"{order.trials} trials cost at most {most:,.2f} USD, over the ceiling of {stack.ceiling_usd:,.0f} USD; "
            "set --max-cost-usd, lower --trials, or raise slipway:cost.ceilingMonthlyUsd in the stack file and run up"
        )
        return Refused(ending=Ending.CEILING, lines=(why,))
    return None


def less_is_better(metric: str) -> bool:
    """Whether a metric of this name is better when it is less."""
    return any(word in metric.lower() for word in _LESS_IS_BETTER)


def _own(job: JobDefinition) -> dict[str, Value]:
    """The job's own hyperparameters as its workload will see them: models come as channels, which settings name by folder."""
    own = dict(value_of(f"{key}={told}") for key, told in job.spec.hyperparameters.items())
    return own | {setting: channel for channel, setting in _MODEL_SETTINGS.items() if channel in job.models}


def _check_metric(job: JobDefinition, metric: str) -> None:
    if metric not in job.spec.metrics:
        raise ValueError(
            f"job {job.name} reports no metric {metric!r}; it has {', '.join(job.spec.metrics) or 'none'}. "
            f"Take one of them, or name it in slipway:training.jobs.{job.name}.metrics and run up"
        )
