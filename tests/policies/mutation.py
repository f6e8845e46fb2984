"""How much of the rules' conditions the cases hold: every mutant of every rule, judged as the tests judge.

    python -m tests.policies.mutation [FAMILY ...]

A mutant is killed where a rule that leans on it says, of some plan, other than what `test_rules.py` asserts: of the valid stack
and of every change that breaks nothing, that it passes; of each case, that it breaks exactly the rules that the case names; of a
case whose property is not known yet, that it is undecided. What the recorded stacks and the unit tests of helpers kill is not
counted.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

from policies.rule import EVERY_TYPE, Rule
from policies.rules import all_rules
from policies.verdict import Fail, Pass, Unknown
from tests.policies.case import unknown
from tests.policies.cases import CASES, KEPT, PAIRS
from tests.policies.equivalents import EQUIVALENT
from tests.policies.mutants import Mutant, Source
from tests.policies.plans import WORLD, broken, changed, plan_of
from tests.policies.sight import KINDS, Sight
from tests.policies.sights import SIGHTS
from tests.policies.test_rules import PRESENCE
from tools.plan.links import LinkedPlan
from tools.plan.view import ResourceView

RULES: Final = Path(__file__).resolve().parents[2] / "policies" / "rules"
# Modules of conditions that families share.
SHARED: Final = ("policies.checks", "policies.iam_grants", "policies.pods", "policies.tagging", "policies.machines")


@dataclass(frozen=True, slots=True)
class Scene:
    """A plan, and which rules break on it; `undecided` is the one that must be undecided there instead."""

    plan: LinkedPlan
    breaks: frozenset[str]
    changed: str
    undecided: str = ""
    # Only that nothing breaks is asserted where some value of the valid stack is unknown.
    may_be_unknown: bool = False

    def is_about(self, rule: str) -> bool:
        """Whether the plan was made to tell of this rule."""
        return rule in self.breaks or rule == self.undecided

    def contradicts(self, rule: Rule, views: Iterable[ResourceView]) -> bool:
        """Whether a rule says other than what is asserted."""
        spoke = unknown = False
        for view in views:
            try:
                verdict = rule.check(view, self.plan)
            except Exception:  # a rule never raises: a mutant that does is found out
                return True
            spoke = spoke or isinstance(verdict, Fail)
            unknown = unknown or isinstance(verdict, Unknown)
            if type(verdict) not in (Fail, Pass, Unknown):
                return True
        if self.undecided:
            return self.undecided == rule.id and (spoke or not unknown)
        return spoke != (rule.id in self.breaks) or (unknown and not self.may_be_unknown)


@cache
def scenes() -> tuple[Scene, ...]:
    """Every plan that the tests judge."""
    found = [Scene(_linked(WORLD), frozenset(), "")]
    for case in (*CASES, *PAIRS, *KEPT):
        found.append(Scene(_linked(broken(case)), frozenset({case.rule, *case.also} - {""}), case.resource))
    for case in CASES:
        if case.decides and case.rule not in PRESENCE:
            resources = changed(case.resource, case.change, unknown(case.change.path.split(".")[0]))
            found.append(Scene(_linked(resources), frozenset(), case.resource, undecided=case.rule))
    for name, (_, props) in WORLD.items():
        for key in props:
            found.append(Scene(_linked(changed(name, unknown(key))), frozenset(), name, may_be_unknown=True))
    return tuple(found)


def _linked(resources: Any) -> LinkedPlan:
    return LinkedPlan.of_plan(plan_of(resources))


@cache
def sights() -> tuple[tuple[Sight, ResourceView, LinkedPlan], ...]:
    return tuple((sight, *sight.stage()) for sight in SIGHTS)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A plan in which one resource alone is looked at, and what its rule says of it."""

    plan: LinkedPlan
    says: str

    def is_about(self, rule: str) -> bool:
        return True

    def contradicts(self, rule: Rule, views: Iterable[ResourceView]) -> bool:
        (view,) = views
        try:
            return type(rule.check(view, self.plan)) is not KINDS[self.says]
        except Exception:  # as above
            return True


@cache
def scenes_of(rule: str) -> tuple[tuple[Scene | _Seen, tuple[ResourceView, ...]], ...]:
    """The plans that may say something of a rule, those of its own cases first, with the resources that it looks at."""
    row = next(one for one in all_rules() if one.id == rule)
    found: list[tuple[Scene | _Seen, tuple[ResourceView, ...]]] = [
        (_Seen(plan, sight.says), (view,)) for sight, view, plan in sights() if sight.rule == rule
    ]
    for scene in scenes():
        views = tuple(scene.plan) if EVERY_TYPE in row.cards else tuple(scene.plan.of(*row.cards))
        if not row.plan_wide and scene.changed:
            views = tuple(view for view in views if view.name == scene.changed)
        if views:
            found.append((scene, views))
    return tuple(sorted(found, key=lambda pair: not pair[0].is_about(rule)))


@dataclass(frozen=True, slots=True)
class Target:
    """A module to mutate, and the families whose rules lean on it."""

    source: Source
    families: tuple[str, ...]

    def mutants(self) -> list[Mutant]:
        return [mutant for mutant in self.source.mutants() if self._rules(mutant)]

    def kills(self, mutant: Mutant | None) -> bool:
        """Whether some assertion of the tests sees the mutant; of the module as it is, with None, none may."""
        return any(scene.contradicts(rule, views) for rule in self._judges(mutant) for scene, views in scenes_of(rule.id))

    def _rules(self, mutant: Mutant | None) -> list[Rule]:
        mine = [rule for rule in all_rules() if rule.judge.__module__.rpartition(".")[2] in self.families]
        if mutant is None or self.source.module not in {rule.judge.__module__ for rule in mine}:
            return mine
        users = self.source.users.get(mutant.owner, set())
        return [rule for rule in mine if rule.judge.__name__ in users]

    def _judges(self, mutant: Mutant | None) -> Iterator[Rule]:
        """The rules as the mutant makes them."""
        code = self.source.code(mutant)
        made: dict[str, dict[str, Any]] = {}
        for rule in self._rules(mutant):
            module = rule.judge.__module__
            if module not in made:
                made[module] = self._run(code, module)
            yield replace(rule, judge=made[module][rule.judge.__name__])

    def _run(self, code: CodeType, module: str) -> dict[str, Any]:
        mine = ModuleType(self.source.module)
        if module == self.source.module:
            exec(code, mine.__dict__)
            return mine.__dict__
        held = sys.modules[self.source.module]
        other = ModuleType(module)
        sys.modules[self.source.module] = mine
        try:
            exec(code, mine.__dict__)
            exec(_plain_code(module), other.__dict__)
        finally:
            sys.modules[self.source.module] = held
        return other.__dict__


@cache
def _plain_code(module: str) -> CodeType:
    return _source(module).code()


def _source(module: str) -> Source:
    path = import_module(module).__file__
    assert path
    return Source.of(module, Path(path).read_text(encoding="utf-8"))


def targets(families: Sequence[str] = ()) -> list[Target]:
    """The modules to mutate: all of them, or those of these families."""
    all_rules()
    rules = {path.stem: (path.stem,) for path in sorted(RULES.glob("*.py")) if path.stem != "__init__"}
    found = [Target(_source(f"policies.rules.{family}"), own) for family, own in rules.items()]
    for module in SHARED:
        leaning = [family for family in rules if f"from {module} import" in (RULES / f"{family}.py").read_text(encoding="utf-8")]
        found.append(Target(_source(module), tuple(leaning)))
    return [one for one in found if not families or one.source.module.rpartition(".")[2] in families]


def main(families: Sequence[str]) -> int:
    started = time.monotonic()
    total = dead = equivalent = 0
    for target in targets(families):
        mutants = target.mutants()
        lived = [mutant for mutant in mutants if not target.kills(mutant)]
        open_ = [mutant for mutant in lived if mutant.name not in EQUIVALENT]
        total, dead, equivalent = total + len(mutants), dead + len(mutants) - len(lived), equivalent + len(lived) - len(open_)
        assert not target.kills(None), f"{target.source.module} is contradicted as it is"
        print(f"{target.source.module:34} {len(mutants) - len(lived):4} of {len(mutants):4}", flush=True)
        for mutant in open_:
            print(f"    survives: {mutant.name}")
    rate = 100 * dead / max(1, total - equivalent)
    seconds = time.monotonic() - started
    print(f"{dead} of {total} mutants killed, {equivalent} equivalent: {rate:.1f} % of those that differ, in {seconds:.0f} s")
    return 0 if dead + equivalent == total else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
