"""`check`: the policies over a plan, wherever it comes from."""

from __future__ import annotations

from policies.evaluate import Report, evaluate
from policies.rule import Rule
from policies.rules import all_rules
from tools.flows.plans import PlanSource, plan_of
from tools.flows.progress import Progress
from tools.flows.stack_settings import overrides_of, overrides_of_file, settings_of


def check(source: PlanSource, *, progress: Progress) -> Report:
    """Judges a plan under the severities and exceptions of the stack's file. Raises as `plan_of`, and SettingsError."""
    stack = source.stack.name
    overrides = overrides_of(settings_of(stack)) if source.resources is None else overrides_of_file(stack)
    return evaluate(plan_of(source, progress=progress), overrides=overrides, whole=source.resources is None)


def rules() -> list[Rule]:
    """Every rule of the pack, by its id."""
    return sorted(all_rules(), key=lambda rule: rule.id)
