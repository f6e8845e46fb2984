"""A rule: a pure check of one resource, together with its reason, its way out and the controls that it serves.

    @rule(s3.BUCKET, severity="mandatory", anchors=("CKV_AWS_18",), why="...", fix="...")
    def bucket_logs_access(resource: ResourceView, plan: LinkedPlan) -> Verdict: ...

A function of `(resource)` looks at one resource alone and also runs while the engine registers it; one of `(resource, plan)`
needs its neighbours and runs over the whole stack. The id comes from file and function (`s3-bucket-logs-access`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from catalog.types.card import Card
from policies.verdict import Fail, Unknown, Verdict
from tools.plan.links import LinkedPlan
from tools.plan.reader import Undecided
from tools.plan.view import Plan, ResourceView

Severity = Literal["mandatory", "advisory"]
# In the place of a card, for a rule that is about every type.
EVERY_TYPE: Final = Card(token="*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `anchors` name the same check elsewhere (checkov, cloudsplaining); `frameworks` the controls it serves."""

    id: str
    severity: Severity
    cards: tuple[Card, ...]
    why: str
    fix: str
    frameworks: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    plan_wide: bool = False
    judge: Callable[..., Verdict]

    @property
    def types(self) -> tuple[str, ...]:
        """The tokens of the types that the rule is about."""
        return tuple(card.token for card in self.cards)

    def check(self, resource: ResourceView, plan: Plan) -> Verdict:
        """The verdict on one resource of a plan. Raises only where the rule itself is wrong."""
        try:
            return self.judge(resource, LinkedPlan.of_plan(plan)) if self.plan_wide else self.judge(resource)
        except Undecided as undecided:
            return Unknown(undecided.path)

    def message(self, broken: Fail) -> str:
        """The message to the user about a resource that breaks the rule: what was found, and the way out."""
        return f"{broken.message}; {self.fix}"


REGISTRY: Final[dict[str, Rule]] = {}


def rule(
    *cards: Card, severity: Severity, why: str, fix: str, frameworks: Iterable[str] = (), anchors: Iterable[str] = ()
) -> Callable[[Callable[..., Verdict]], Rule]:
    """Registers a check for these resource types (`EVERY_TYPE` for all of them)."""

    def register(judge: Callable[..., Verdict]) -> Rule:
        identity = f"{judge.__module__.rsplit('.', 1)[-1]}-{judge.__name__}".replace("_", "-")
        made = Rule(
            id=identity,
            severity=severity,
            cards=cards,
            why=why,
            fix=fix,
            frameworks=tuple(frameworks),
            anchors=tuple(anchors),
            plan_wide=len(inspect.signature(judge).parameters) == 2,
            judge=judge,
        )
        assert identity not in REGISTRY, f"two rules are called {identity}"
        REGISTRY[identity] = made
        return made

    return register
