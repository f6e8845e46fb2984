"""A rule: a pure check of one resource, with what a reader needs to know about it stated once.

    @rule(BUCKET, severity="mandatory", anchors=("CKV_AWS_18",), why="...", fix="...")
    def bucket_logs_access(resource: ResourceView, plan: LinkedPlan) -> Verdict: ...

A function of `(resource)` looks at one resource alone and also runs while the engine registers it; one of `(resource, plan)`
needs its neighbours and runs over the whole stack. The id comes from file and function (`s3-bucket-logs-access`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from policies.block import Undecided
from policies.linked import LinkedPlan
from tools.plan.view import Plan, ResourceView

Severity = Literal["mandatory", "advisory"]
EVERY_TYPE: Final = "*"


@dataclass(frozen=True, slots=True)
class Pass:
    """The resource keeps the rule (or the rule has nothing to say about it)."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The resource breaks the rule. The message says what was found; the rule's `fix` says the way out."""

    message: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Only `up` can tell: the property of this path is not known yet."""

    property: str


PASS: Final = Pass()
Verdict = Pass | Fail | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `anchors` name the same check elsewhere (checkov, cloudsplaining); `frameworks` the controls it serves."""

    id: str
    severity: Severity
    types: tuple[str, ...]
    why: str
    fix: str
    frameworks: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    plan_wide: bool = False
    judge: Callable[..., Verdict]

    def check(self, resource: ResourceView, plan: Plan) -> Verdict:
        """The verdict on one resource of a plan. Raises only where the rule itself is wrong."""
        try:
            return self.judge(resource, LinkedPlan.of_plan(plan)) if self.plan_wide else self.judge(resource)
        except Undecided as undecided:
            return Unknown(undecided.path)

    def told(self, broken: Fail) -> str:
        """What a reader is told of a resource that breaks it: what was found, and the way out."""
        return f"{broken.message}; {self.fix}"


REGISTRY: Final[dict[str, Rule]] = {}


def rule(
    *types: str, severity: Severity, why: str, fix: str, frameworks: Iterable[str] = (), anchors: Iterable[str] = ()
) -> Callable[[Callable[..., Verdict]], Rule]:
    """Registers a check for these resource types (`EVERY_TYPE` for all of them)."""

    def register(judge: Callable[..., Verdict]) -> Rule:
        identity = f"{judge.__module__.rsplit('.', 1)[-1]}-{judge.__name__}".replace("_", "-")
        made = Rule(
            id=identity,
            severity=severity,
            types=types,
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


def _verdicts(items: Iterable[Any], judge: Callable[[Any], Verdict]) -> Iterator[Verdict]:
    """The verdict on each item, one after the other; an item that cannot be decided is Unknown."""
    for item in items:
        try:
            yield judge(item)
        except Undecided as undecided:
            yield Unknown(undecided.path)


def every(items: Iterable[Any], judge: Callable[[Any], Verdict]) -> Verdict:
    """The worst verdict over the items: the first failure, else the first unknown, else PASS."""
    unknown: Unknown | None = None
    for verdict in _verdicts(items, judge):
        if isinstance(verdict, Fail):
            return verdict
        if isinstance(verdict, Unknown) and unknown is None:
            unknown = verdict
    return unknown or PASS


def some(items: Iterable[Any], judge: Callable[[Any], Verdict], otherwise: str) -> Verdict:
    """The best verdict over the items: PASS where one passes, else the first unknown, else a failure with this message."""
    unknown: Unknown | None = None
    for verdict in _verdicts(items, judge):
        if isinstance(verdict, Pass):
            return PASS
        if isinstance(verdict, Unknown) and unknown is None:
            unknown = verdict
    return unknown or Fail(otherwise)
