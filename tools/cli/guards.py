"""What guards a change: the policies and the ceiling, over a plan, before anything is touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tools.cli.differences import properties
from tools.cli.terminal import CEILING, DONE, POLICY
from tools.plan.view import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The policies' report and the cost of one plan; `code` is what the command line exits with when it stops here."""

    policy: Any
    cost: Any

    @property
    def code(self) -> int:
        if self.policy.mandatory:
            return POLICY
        return CEILING if self.cost.over_ceiling else DONE


def judge(plan: Plan, settings: Any, *, before: Plan | None = None) -> Verdict:
    """Evaluates the policies and the price of a plan, under the settings of its stack."""
    from policies.evaluate import evaluate

    return Verdict(policy=evaluate(plan, overrides=overrides_of(settings)), cost=priced(plan, settings, before=before))


def priced(plan: Plan, settings: Any, *, before: Plan | None = None, region: str = "") -> Any:
    """The price of a plan, under the ceiling and the assumptions of its stack; in `region` instead of the stack's own."""
    from catalog.instances import instance_table
    from tools.cost.estimate import estimate
    from tools.cost.hints import hints

    purchase = purchase_of(settings)
    report = estimate(
        plan,
        region=region or settings.region,
        usage=usage_of(settings, plan),
        purchase=purchase,
        ceiling_usd=settings.cost.ceiling_monthly_usd,
        ceiling_holds=settings.cost.ceiling_holds,
        before=before,
    )
    # A stack whose data is protected is one that people use at night.
    found = hints(plan, report, instance_table(), purchase=purchase, production=settings.protect)
    return replace(report, hints=found)


def usage_of(settings: Any, plan: Plan) -> Any:
    """What the stack file assumes of use, the rest by default; pools that working hours empty run only in these."""
    from infra.money.settings import HOURS_A_WEEK
    from tools.cost.usage import HOURS_A_MONTH, Usage

    given = settings.cost.usage.model_dump(exclude_none=True)
    hours = settings.cost.working_hours
    if hours is not None:
        monthly = round(HOURS_A_MONTH * hours.hours_a_week / HOURS_A_WEEK, 2)
        emptied = {settings.naming.name(pool.name) for pool in settings.emptied_pools}
        found = sorted(emptied & {view.name for view in plan})
        given["overrides"] = {name: {"instance_hours": monthly} for name in found} | given["overrides"]
    return Usage.of(given)


def deployed(session: Any) -> Plan | None:
    """What is deployed before the change; None on AWS, where the plan's own operations tell."""
    from tools.plan.loaders import from_state

    if session.place.mode != "local":
        return None
    return from_state(session.document() or {"checkpoint": {}}, session.place.stack)


def purchase_of(settings: Any) -> Any:
    """How the stack file says that instances are bought."""
    from tools.cost.purchase import Purchase

    bought = settings.cost.purchase
    return Purchase(
        option=bought.option,
        discount=bought.discount,
        source=bought.source,
        as_of=bought.as_of.isoformat() if bought.as_of else "",
    )


def settings_of(stack: str) -> Any:
    """The typed settings of a stack's file. Raises FileNotFoundError (no such stack) or SettingsError (every fault)."""
    from infra.base.section import Fault, SettingsError
    from infra.stack_file import load_file
    from infra.training.workloads import Leaves, workload_facts
    from tools.engine.workspace import stack_source
    from workloads.catalog import hyperparameter_faults

    source = stack_source(stack)
    settings = load_file(source, stack)
    # infra knows no workload's settings and no rules, and a job that is paid for is a late place to find out.
    faults = [Fault(*unknown) for unknown in _unknown_rules(settings)]
    for name, job in settings.training.jobs.items():
        own = dict(job.hyperparameters)
        set_by_the_stack = {"output_uri": "s3://curated"} if workload_facts(job.workload).leaves is Leaves.CORPUS else {}
        if fault := hyperparameter_faults(job.workload, {**own, **set_by_the_stack}):
            faults.append(Fault(f"slipway:training.jobs.{name}.hyperparameters", own, fault))
    if faults:
        raise SettingsError(source.name, tuple(faults))
    return settings


def overrides_of(settings: Any) -> Any:
    """What the stack file changes about the policies."""
    from policies.overrides import Overrides

    return Overrides.read(settings.policies.model_dump(mode="json", by_alias=True))


def overrides_of_file(stack: str) -> Any:
    """The same for a plan that is no plan of this stack. A stack file that says nothing of policies is not read any further:
    that takes longer than to judge a thousand resources."""
    from policies.overrides import KEY, Overrides
    from tools.engine.home import stacks_path

    source = stacks_path() / f"Pulumi.{stack}.yaml"
    silent = source.is_file() and KEY not in source.read_text(encoding="utf-8", errors="replace")
    return Overrides.read({}) if silent else overrides_of(settings_of(stack))


def _unknown_rules(settings: Any) -> list[tuple[str, str, str]]:
    """(path, id, message) of the rules that the file names and the pack does not have."""
    if not (settings.policies.severity or settings.policies.exceptions):
        return []
    from policies.rules import all_rules

    return list(overrides_of(settings).unknown_rules(all_rules()))


def plain_value(value: Any) -> Any:
    """A decoded value as JSON can say it: `[unknown]` and `[secret]` in place of what is not to be shown."""
    from tools.plan.view import UNKNOWN, Secret

    if value is UNKNOWN:
        return "[unknown]"
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, Mapping):
        return {key: plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    return value


def drift_document(found: Iterable[Any]) -> list[dict[str, Any]]:
    """What changed outside, as JSON and a terminal show it: secrets hidden."""
    from tools.plan.view import decode

    return [
        {
            "urn": item.urn,
            "type": item.type,
            "name": item.urn.rpartition("::")[2],
            "op": item.op,
            "properties": [
                {"path": one.path, "was": plain_value(decode(one.was)), "now": plain_value(decode(one.now))}
                for one in item.properties
            ],
        }
        for item in found
    ]


def resource_entry(step: Any) -> dict[str, Any]:
    """One resource of the document. `custom` is false of a component; an update and a replace say which properties differ, with
    old and new where neither is secret, and a replace which of them it is `because` of."""
    entry: dict[str, Any] = {"urn": step.urn, "type": step.type, "name": step.name, "op": step.op, "custom": step.custom}
    if step.op in ("update", "replace"):
        entry["properties"] = properties(step.diffs, step.before, step.inputs)
    if step.op == "replace":
        entry["because"] = list(step.replaces)
    return entry


def run_document(stack: str, seconds: float, result: Any, verdict: Verdict | None, preflight: Any = None) -> dict[str, Any]:
    """The object that `preview --json` and `up --json` print; with a `preflight` where the account was asked."""
    from tools.plan.view import decode

    document: dict[str, Any] = {
        "stack": stack,
        "seconds": round(seconds, 2),
        "changes": dict(result.changes),
        "resources": [resource_entry(step) for step in result.steps],
        "policy": verdict.policy.to_json() if verdict else None,
        "cost": verdict.cost.to_json() if verdict else None,
        "outputs": plain_value(decode(result.outputs)),
    }
    if preflight:
        document["preflight"] = preflight.to_json()
    if not result.ok:
        document["error"] = {
            "code": 1,
            "interrupted": result.interrupted,
            "faults": [{"urn": f.urn, "message": f.message} for f in result.faults],
            "log": str(result.log),
        }
    return document
