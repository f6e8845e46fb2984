"""What a stack file changes about the pack (`slipway:policies`): severities, and exceptions that end on a day.

They are read from the plain value of the key, because the engine's pack reads them too and may import nothing of infra.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

from policies.rule import Rule, Severity

POLICIES_KEY: Final = "slipway:policies"
# Ids of the findings about exceptions. They are no rules, so no stack file can switch them off.
EXPIRED: Final = "policies-exception-expired"
UNUSED: Final = "policies-exception-unused"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyException:
    """One resource (or a pattern of names) that may break one rule up to a day; `where` is its place in the stack file."""

    rule: str
    resource: str
    who: str
    why: str
    until: date
    where: str = ""

    def covers(self, rule: str, urn: str, name: str = "") -> bool:
        """Whether it is about this rule on this resource, by its urn or by its name."""
        names = (urn, name or urn.rpartition("::")[2])
        return rule == self.rule and any(fnmatchcase(text, self.resource) for text in names)

    def live(self, today: date) -> bool:
        return today <= self.until

    def terms(self) -> str:
        """What the advice about a covered violation says."""
        return f"excepted until {self.until} by {self.who}: {self.why}"

    def expired(self) -> str:
        return (
            f"the exception of {self.resource} from {self.rule} ended on {self.until} ({self.who}: {self.why}); "
            f"mend the resource and take {self.where} out, or agree on a new day with whoever reviews the stack file"
        )

    def unused(self) -> str:
        return f"{self.resource} breaks {self.rule} no longer (or is not there); take {self.where} out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """A stack's own severities and exceptions; none of either by default."""

    severity: Mapping[str, Literal["mandatory", "advisory", "off"]] = field(default_factory=dict)
    exceptions: tuple[PolicyException, ...] = ()

    @classmethod
    def read(cls, value: Mapping[str, Any] | None) -> Overrides:
        """The overrides in the value of `slipway:policies`, whose form `infra.governance.settings` checks."""
        given = value or {}
        return cls(
            # YAML 1.1 reads a bare `off` as false, and so it comes from the engine.
            severity={rule: "off" if level is False else level for rule, level in (given.get("severity") or {}).items()},
            exceptions=tuple(_exception(one, number) for number, one in enumerate(given.get("exceptions") or ())),
        )

    def off(self, rules: Iterable[Rule]) -> tuple[str, ...]:
        """The ids of these rules that the stack switches off."""
        return tuple(rule.id for rule in rules if self.severity.get(rule.id) == "off")

    def level(self, rule: Rule) -> Severity:
        """The severity of a rule in this stack."""
        level = self.severity.get(rule.id, rule.severity)
        return rule.severity if level == "off" else level

    def covering(self, rule: str, urn: str, name: str, today: date) -> PolicyException | None:
        """The live exception that covers a violation, if one does."""
        return next((one for one in self.exceptions if one.live(today) and one.covers(rule, urn, name)), None)

    def unknown_rules(self, rules: Iterable[Rule]) -> Iterator[tuple[str, str, str]]:
        """(path, id, what to do) of each rule id that the pack does not have."""
        known = [rule.id for rule in rules]
        places = [(f"{POLICIES_KEY}.severity", identity) for identity in self.severity]
        places += [(f"{one.where}.rule", one.rule) for one in self.exceptions]
        for path, identity in places:
            if identity not in known:
                near = difflib.get_close_matches(identity, known, n=3, cutoff=0.5)
                hint = f"did you mean {' or '.join(near)}?" if near else "`slipway check --list` prints those there are"
                yield path, identity, f"is no rule of the pack; {hint}"


def _exception(value: Mapping[str, Any], number: int) -> PolicyException:
    return PolicyException(
        rule=str(value["rule"]),
        resource=str(value["resource"]),
        who=str(value["who"]),
        why=str(value["why"]),
        # A day written without quotes comes from the engine as the moment it begins.
        until=date.fromisoformat(str(value["until"])[:10]),
        where=f"{POLICIES_KEY}.exceptions[{number}]",
    )
