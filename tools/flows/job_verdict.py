"""What guards a job: the policies and the ceiling, judged over the runs that a verb is about to start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from infra.base.naming import PROJECT
from tools.flows.ending import Ending
from tools.flows.stack_settings import overrides_of, settings_of
from tools.jobs.cost import most_usd
from tools.jobs.runner import Runner
from tools.jobs.spec import JobSpec
from tools.plan.view import Plan, from_json

if TYPE_CHECKING:
    from policies.evaluate import Report
    from policies.overrides import Overrides
    from tools.flows.deployed import Deployed


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSpec:
    """A run that is about to be started."""

    name: str
    spec: JobSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class JobVerdict:
    """The verdict over runs. `most_usd` is the most they can cost together, None where a price is not known."""

    policy: Report
    most_usd: float | None
    ceiling_usd: float

    @property
    def ending(self) -> Ending:
        """How a verb ends that stops at this verdict; DONE where nothing stops it. A violation outweighs the ceiling."""
        if self.policy.mandatory:
            return Ending.POLICY
        return Ending.CEILING if self.most_usd is not None and self.most_usd > self.ceiling_usd else Ending.DONE

    def lines(self) -> tuple[str, ...]:
        """What is wrong; where nothing is, what the stack excepts, and the price."""
        told = [f"{found.rule}: {found.message} ({found.urn.rpartition('::')[2]})" for found in self.policy.mandatory]
        price = "at a price that is not known here" if self.most_usd is None else f"at most {self.most_usd:,.2f} USD"
        if self.ending is Ending.CEILING:
            told.append(
                f"{price}, over the ceiling of {self.ceiling_usd:,.0f} USD; lower the job's maxRuntimeSeconds or its machines, "
                "or raise slipway:cost.ceilingMonthlyUsd in the stack file, and run up"
            )
        excepted = [f"{one.violation.rule}: {one.exception.terms()}" for one in self.policy.exceptions]
        return tuple(told or [*excepted, price])


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Nothing was started: `ending` says what forbade it, `lines` why and what to do."""

    ending: Ending
    lines: tuple[str, ...]


def judge(wanted: Iterable[NamedSpec], stack: Deployed) -> JobVerdict:
    """Judges runs before any of them is started, under what the stack file says of its policies.

    Raises FileNotFoundError or SettingsError for a stack file that is not there or is wrong.
    """
    from policies.evaluate import evaluate

    runs = list(wanted)
    prices = [most_usd(run.spec, stack.runner.region) for run in runs]
    most = None if None in prices else sum(price for price in prices if price is not None)
    plan = job_plan(stack.runner, runs)
    overrides = _of_jobs(overrides_of(settings_of(stack.stack.name)), plan)
    return JobVerdict(policy=evaluate(plan, overrides=overrides, whole=False), most_usd=most, ceiling_usd=stack.ceiling_usd)


def job_plan(runner: Runner, wanted: Iterable[NamedSpec]) -> Plan:
    """The runs as a plan of the resources that they would be. The urn is of the run, the name of the stack's job."""
    return from_json([_resource(runner, run) for run in wanted])


def _resource(runner: Runner, run: NamedSpec) -> dict[str, Any]:
    planned = runner.planned(run.spec, run.name)
    urn = f"urn:pulumi:train::{PROJECT}::{planned.type}::{run.name}"
    return {"type": planned.type, "name": planned.name, "urn": urn, "props": dict(planned.props)}


def _of_jobs(overrides: Overrides, plan: Plan) -> Overrides:
    """The overrides without exceptions of other resources: an exception that has ended stops `up`, and must not stop a job."""
    kept = tuple(one for one in overrides.exceptions if any(one.covers(one.rule, view.urn, view.name) for view in plan))
    return replace(overrides, exceptions=kept)
