"""The settings of a stack, and what they change about the policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.overrides import KEY, Overrides
from tools.engine.home import stacks_path
from tools.engine.stack_ref import stack_source

if TYPE_CHECKING:
    from infra.stack_file import Settings


def settings_of(stack: str) -> Settings:
    """The typed settings of a stack's file. Raises FileNotFoundError (no such stack) or SettingsError (every fault)."""
    source = stack_source(stack)
    # Not above: to read a stack file takes the models of all settings, half a second that a plan from a file does without.
    from infra.base.section import Fault, SettingsError
    from infra.stack_file import load_file
    from infra.training.workloads import Leaves, workload_facts
    from workloads.catalog import hyperparameter_faults

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


def overrides_of(settings: Settings) -> Overrides:
    """What the stack file changes about the policies."""
    return Overrides.read(settings.policies.model_dump(mode="json", by_alias=True))


def overrides_of_file(stack: str) -> Overrides:
    """What a stack file changes about the policies, for a plan that is no plan of this stack. A stack file that does not mention
    policies is not read any further: that takes longer than to judge a thousand resources."""
    source = stacks_path() / f"Pulumi.{stack}.yaml"
    silent = source.is_file() and KEY not in source.read_text(encoding="utf-8", errors="replace")
    return Overrides.read({}) if silent else overrides_of(settings_of(stack))


def _unknown_rules(settings: Settings) -> list[tuple[str, str, str]]:
    """(path, id, message) of the rules that the file names and the pack does not have."""
    if not (settings.policies.severity or settings.policies.exceptions):
        return []
    from policies.rules import all_rules

    return list(overrides_of(settings).unknown_rules(all_rules()))
