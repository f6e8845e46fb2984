"""What has to be so before a job of a stack is started: its needs have run, its models are there, rules and ceiling hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from catalog.types import sagemaker
from tools.cli.deployed import Deployed
from tools.cli.job_line import JobLine
from tools.cli.terminal.streams import say
from tools.engine.home import PROJECT
from tools.flows.ending import Ending
from tools.jobs import submit
from tools.jobs.cost import most_usd
from tools.jobs.definition import JobDefinition, build, named, run_definition
from tools.jobs.follow import follow
from tools.jobs.result import Result
from tools.plan.view import Plan, from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdict over requests. `most_usd` is the most they can cost together, None where a price is not known."""

    policy: Any
    most_usd: float | None
    ceiling_usd: float

    @property
    def code(self) -> int:
        """What the command line exits with when it stops here."""
        if self.policy.mandatory:
            return Ending.POLICY
        return Ending.CEILING if self.most_usd is not None and self.most_usd > self.ceiling_usd else Ending.DONE

    def lines(self) -> list[str]:
        """What is wrong; or else what the stack excepts, and the price."""
        told = [f"{found.rule}: {found.message} ({found.urn.rpartition('::')[2]})" for found in self.policy.mandatory]
        price = "at a price that is not known here" if self.most_usd is None else f"at most {self.most_usd:,.2f} USD"
        if self.code == Ending.CEILING:
            told.append(
                f"{price}, over the ceiling of {self.ceiling_usd:,.0f} USD; lower the job's maxRuntimeSeconds or its machines, "
                "or raise slipway:cost.ceilingMonthlyUsd in the stack file, and run up"
            )
        excepted = [f"{one.violation.rule}: {one.exception.terms()}" for one in self.policy.exceptions]
        return told or [*excepted, price]


def needs_of(found: Deployed, job: JobDefinition) -> list[JobDefinition]:
    """The jobs that must have run before `job`, in the order to run them, those of their own needs first."""
    order: list[JobDefinition] = []
    for name in job.needs:
        need = named(found.jobs, name)
        order += [other for other in [*needs_of(found, need), need] if other not in order]
    return order


def open_needs(found: Deployed, job: JobDefinition) -> list[JobDefinition]:
    """Those of them that have no completed run of their definition whose result is still there.

    Raises ValueError for one that `up` runs: only `up` may make it again.
    """
    missing: list[JobDefinition] = []
    for need in needs_of(found, job):
        if any(other.name in need.needs for other in missing) or not _done(found, need):
            if need.run == "up":
                way = f"./slipway up {found.stack}{' --local' if found.options.endswith('--local') else ''}"
                raise ValueError(f"job {job.name} needs {need.name}, whose model is not there; run `{way}`")
            missing.append(need)
    return missing


def _done(found: Deployed, need: JobDefinition) -> bool:
    definition = need.definition
    if need.models:
        try:
            definition = run_definition(need, channels=submit.models_of(found.clients, need, found.jobs))
        except ValueError:
            return False  # the model that it reads is not there yet, so it cannot have run on it
    run = submit.completed(found.clients, need, definition=definition)
    return run is not None and submit.usable(found.clients, run)


def judge(requests: Iterable[Mapping[str, Any]], found: Deployed) -> Judged:
    """Policies and prices over CreateTrainingJob requests, before any is sent, under what the stack file says of its policies.

    Raises FileNotFoundError or SettingsError for a stack file that is not there or is wrong.
    """
    from policies.evaluate import evaluate
    from tools.flows.stack_settings import overrides_of, settings_of

    asked = list(requests)
    prices = [most_usd(request, found.clients.region) for request in asked]
    most = None if None in prices else sum(price for price in prices if price is not None)
    plan = job_plan(asked)
    overrides = _of_jobs(overrides_of(settings_of(found.stack)), plan)
    return Judged(policy=evaluate(plan, overrides=overrides, whole=False), most_usd=most, ceiling_usd=found.ceiling_usd)


def _of_jobs(overrides: Any, plan: Plan) -> Any:
    """Without the exceptions of other resources: one of those that has ended stops `up`, not a job."""
    mine = tuple(one for one in overrides.exceptions if any(one.covers(one.rule, view.urn, view.name) for view in plan))
    return replace(overrides, exceptions=mine)


def job_plan(requests: Iterable[Mapping[str, Any]]) -> Plan:
    """Requests as the plan of the resources that they would be. The urn is of the run; the name is the stack's for the job, where
    its tags tell it, so that an exception of the job holds for every run."""
    return from_json([_resource(request) for request in requests])


def _resource(request: Mapping[str, Any]) -> dict[str, Any]:
    run, props = request["TrainingJobName"], _props(request)
    urn = f"urn:pulumi:train::{PROJECT}::{sagemaker.TRAINING_JOB.token}::{run}"
    return {"type": sagemaker.TRAINING_JOB.token, "name": props["tags"].get("Name", run), "urn": urn, "props": props}


def _props(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request as the rules know a job: tags are a map there."""
    return {
        **{key: value for key, value in request.items() if key != "Tags"},
        "tags": {item["Key"]: item["Value"] for item in request.get("Tags", ())},
    }


def planned(found: Deployed, needs: Sequence[JobDefinition]) -> list[dict[str, Any]]:
    """The requests of needs as far as they are known before the first has run: a model that one of them makes is not."""
    return [build(need, submit.need_name(found.clients, need)) for need in needs]


def run_needs(found: Deployed, needs: Iterable[JobDefinition]) -> Result | None:
    """Runs them one after the other to their ends; the result of the first that did not complete, None when all did."""
    for need in needs:
        channels = submit.models_of(found.clients, need, found.jobs)
        name = submit.need_name(found.clients, need)
        submit.submit(found.clients, build(need, name, channels=channels), take_up=True)
        say(f"first {need.name}, which it needs: {name}")
        with JobLine(need.name).shown() as line:
            result = follow(found.clients, name, on=line)
        if result.status != "Completed":
            return result
    return None
