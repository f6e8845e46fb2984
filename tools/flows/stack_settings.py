"""The settings of a stack, and what they change about the policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.overrides import POLICIES_KEY, Overrides
from tools.engine.home import stacks_path
from tools.engine.stack_ref import stack_source

if TYPE_CHECKING:
    from infra.stack_file import Settings


def settings_of(stack: str) -> Settings:
    """The typed settings of a stack's file. Raises FileNotFoundError (no such stack) or SettingsError (every fault)."""
    source = stack_source(stack)
    # Not above: to read a stack file takes the models of all settings, half a second that a plan from a file does without.
    from infra.stack_file import load_file

    return load_file(source, stack)


def overrides_of(settings: Settings) -> Overrides:
    """What the stack file changes about the policies."""
    return Overrides.read(settings.policies.model_dump(mode="json", by_alias=True))


def overrides_of_file(stack: str) -> Overrides:
    """What a stack file changes about the policies, for a plan that is no plan of this stack. A stack file that does not mention
    policies is not read any further: that takes longer than to judge a thousand resources."""
    source = stacks_path() / f"Pulumi.{stack}.yaml"
    silent = source.is_file() and POLICIES_KEY not in source.read_text(encoding="utf-8", errors="replace")
    return Overrides.read({}) if silent else overrides_of(settings_of(stack))
