"""The settings of the policies: which rules weigh more or less in this stack, and what is excepted from which, until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from infra.base.section import Fault, Place, Section


def _level(value: Any) -> Any:
    """YAML 1.1 reads a bare `off` as false."""
    return "off" if value is False else value


Level = Annotated[Literal["mandatory", "advisory", "off"], BeforeValidator(_level)]


class PolicyExceptionSettings(Section):
    """One thing that may break one rule for a while, and who answers for it."""

    rule: str = Field(min_length=1, description="The rule's id, as `slipway check --list` prints it.")
    resource: str = Field(
        min_length=1,
        description="The resource's urn or name, or a pattern of either (`digits-*`). It cannot mean every resource.",
    )
    who: str = Field(min_length=1, description="Who answers for it.")
    why: str = Field(min_length=1, description="Why it is acceptable for now.")
    until: date = Field(
        description='The last day it holds, as `"2027-01-31"`. From the next on it excepts nothing, and blocks until it is out.'
    )


class PoliciesSettings(Section):
    """What this stack changes about the policies: see docs/policies.md."""

    severity: dict[str, Level] = Field(
        default_factory=dict, description="Rules that weigh otherwise here, by id: `off` is not run, and every answer says so."
    )
    exceptions: tuple[PolicyExceptionSettings, ...] = Field(
        default=(), description="What may break which rule, until when; after that day the exception itself blocks."
    )

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        for number, one in enumerate(self.exceptions):
            where = f"{path}.exceptions[{number}]"
            if not one.resource.strip("*?"):
                yield Fault(
                    f"{where}.resource",
                    one.resource,
                    f"means every resource; name those that are meant, or set {path}.severity of {one.rule}",
                )
            if self.severity.get(one.rule) == "off":
                yield Fault(f"{where}.rule", one.rule, f"is off in {path}.severity, so nothing is excepted; drop one of the two")
        yield from self._unknown_rules()

    def _unknown_rules(self) -> Iterator[Fault]:
        """Rule ids that the pack does not have. The rules are imported only where the stack file names some."""
        if not (self.severity or self.exceptions):
            return
        from policies.overrides import Overrides
        from policies.rules import all_rules

        overrides = Overrides.read(self.model_dump(mode="json", by_alias=True))
        for where, rule, message in overrides.unknown_rules(all_rules()):
            yield Fault(where, rule, message)
