"""How many mutants of the rules' conditions the cases kill: every mutant of every rule, judged as `test_rules.py` judges.

    python -m tests.policies.mutation [FAMILY ...]

A mutant is killed where a rule that uses the mutated code gives another verdict than `test_rules.py` asserts. The tests assert
that a rule passes on the valid stack and after every change that breaks nothing, that each case breaks exactly the rules that it
names, and that a case whose property is not known yet is undecided. Mutants that only the recorded stacks or the unit tests of
helpers would kill are not counted as killed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

from policies.rule import EVERY_TYPE, Rule
from policies.rules import all_rules
from policies.verdict import Fail, Pass, Unknown
from tests.policies.case import Resources, unknown
from tests.policies.cases import CASES, HARMLESS, PAIRS
from tests.policies.equivalents import EQUIVALENT
from tests.policies.expectation import KINDS
from tests.policies.expectations import EXPECTATIONS
from tests.policies.mutants import Mutant, Source
from tests.policies.plans import WORLD, broken, changed, plan_of, view_of
from tests.policies.test_rules import PRESENCE
from tools.plan.links import LinkedPlan
from tools.plan.view import ResourceView

RULES: Final = Path(__file__).resolve().parents[2] / "policies" / "rules"
# Modules of conditions that rules of several families use.
SHARED: Final = ("policies.checks", "policies.iam_grants", "policies.pods", "policies.tagging", "policies.machines")


@dataclass(frozen=True)
class Scene:
    """A stack, and which rules the tests find broken on it; `undecided` is the one that must be undecided there instead."""

    resources: Resources
    breaks: frozenset[str]
    # The resource that the stack differs in from the valid one; "" for the valid stack itself.
    changed: str
    undecided: str = ""
    # The tests assert only that nothing breaks where some value of the valid stack is unknown.
    may_be_unknown: bool = False

    @cached_property
    def plan(self) -> LinkedPlan:
        return LinkedPlan.of_plan(plan_of(self.resources))

    def is_about(self, rule: str) -> bool:
        """Whether the stack was made for a test of this rule."""
        return rule in self.breaks or rule == self.undecided

    def may_differ(self, rule: Rule) -> bool:
        """Whether a rule may say other than of the valid stack: one that takes no plan can only where its own type is changed."""
        if rule.plan_wide or not self.changed:
            return True
        type_ = self.resources[self.changed][0] if self.changed in self.resources else ""
        return bool(type_) and (EVERY_TYPE in rule.cards or type_ in rule.types)

    def _views(self, rule: Rule) -> tuple[ResourceView, ...]:
        """The resources that a rule is asked about."""
        if self.changed and not rule.plan_wide:
            return (view_of(self.resources, self.changed),)
        return tuple(self.plan) if EVERY_TYPE in rule.cards else tuple(self.plan.of(*rule.cards))

    def contradicts(self, rule: Rule) -> bool:
        """Whether a rule says other than what the tests assert."""
        plan = self.plan if rule.plan_wide else _NO_PLAN
        broken = unknown = False
        for view in self._views(rule):
            try:
                verdict = rule.check(view, plan)
            except Exception:  # a rule never raises, so a mutant that raises is killed
                return True
            broken = broken or isinstance(verdict, Fail)
            unknown = unknown or isinstance(verdict, Unknown)
            if type(verdict) not in (Fail, Pass, Unknown):
                return True
        if self.undecided:
            return self.undecided == rule.id and (broken or not unknown)
        return broken != (rule.id in self.breaks) or (unknown and not self.may_be_unknown)


_NO_PLAN: Final = LinkedPlan(())


@cache
def scenes() -> tuple[Scene, ...]:
    """Every stack that the tests judge as a whole."""
    found = [Scene(dict(WORLD), frozenset(), "")]
    for case in (*CASES, *PAIRS, *HARMLESS):
        found.append(Scene(broken(case), frozenset({case.rule, *case.also} - {""}), case.resource))
    for case in CASES:
        if case.decides and case.rule not in PRESENCE:
            resources = changed(case.resource, case.change, unknown(case.change.path.split(".")[0]))
            found.append(Scene(resources, frozenset(), case.resource, undecided=case.rule))
    for name, (_, props) in WORLD.items():
        for key in props:
            found.append(Scene(changed(name, unknown(key)), frozenset(), name, may_be_unknown=True))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _OneVerdict:
    """A plan in which the tests look at one resource alone, and the verdict of its rule that they expect."""

    view: ResourceView
    plan: LinkedPlan
    says: str

    def contradicts(self, rule: Rule) -> bool:
        """Whether a rule says other than the tests expect."""
        try:
            return type(rule.check(self.view, self.plan)) is not KINDS[self.says]
        except Exception:  # a rule never raises, so a mutant that raises is killed
            return True


@cache
def expected_of(rule: str) -> tuple[_OneVerdict, ...]:
    """The verdicts of a rule that the tests expect on single resources."""
    staged = ((expectation.says, *expectation.stage()) for expectation in EXPECTATIONS if expectation.rule == rule)
    return tuple(_OneVerdict(view, plan, says) for says, view, plan in staged)


@cache
def scenes_of(rule: str) -> tuple[tuple[Scene | _OneVerdict, ...], tuple[Scene, ...]]:
    """What the tests judge a rule on: what was made for it, and the stacks made for other rules."""
    row = next(one for one in all_rules() if one.id == rule)
    judged = [scene for scene in scenes() if scene.may_differ(row)]
    own = (scene for scene in judged if scene.is_about(rule))
    return (*expected_of(rule), *own), tuple(scene for scene in judged if not scene.is_about(rule))


@dataclass(frozen=True)
class Target:
    """A module to mutate, and the families whose rules use it."""

    source: Source
    families: tuple[str, ...]

    @cached_property
    def mutants(self) -> list[Mutant]:
        """The mutants of the module that some rule may notice."""
        return [mutant for mutant in self.source.mutants() if self._rules(mutant)]

    def kills(self, mutant: Mutant | None, *, step: int = 1) -> bool:
        """Whether some assertion of the tests fails with the mutant; None is the module as it is.

        Of the stacks that were made for other rules only each `step`-th is judged.
        """
        judged = [(rule, *scenes_of(rule.id)) for rule in self._judges(mutant)]
        # What was made for a rule finds nearly every mutant of it, so it comes first.
        return any(scene.contradicts(rule) for rule, own, _ in judged for scene in own) or any(
            scene.contradicts(rule) for rule, _, others in judged for scene in others[::step]
        )

    def _rules(self, mutant: Mutant | None) -> list[Rule]:
        """The rules whose verdict a mutant may change; all rules of the families for the unchanged module."""
        rules = self._family_rules
        if mutant is None or self.source.module not in {rule.judge.__module__ for rule in rules}:
            return rules
        users = self.source.users.get(mutant.owner, set())
        return [rule for rule in rules if rule.judge.__name__ in users]

    @cached_property
    def _family_rules(self) -> list[Rule]:
        return [rule for rule in all_rules() if rule.judge.__module__.rpartition(".")[2] in self.families]

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
        """What the rules' module defines when it imports the mutated module (or is the mutated module itself)."""
        mutated = ModuleType(self.source.module)
        if module == self.source.module:
            exec(code, mutated.__dict__)
            return mutated.__dict__
        original = sys.modules[self.source.module]
        importing = ModuleType(module)
        sys.modules[self.source.module] = mutated
        try:
            exec(code, mutated.__dict__)
            exec(_plain_code(module), importing.__dict__)
        finally:
            sys.modules[self.source.module] = original
        return importing.__dict__


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
        users = [family for family in rules if f"from {module} import" in (RULES / f"{family}.py").read_text(encoding="utf-8")]
        found.append(Target(_source(module), tuple(users)))
    return [one for one in found if not families or one.source.module.rpartition(".")[2] in families]


def main(families: Sequence[str]) -> int:
    started = time.monotonic()
    total = dead = equivalent = 0
    for target in targets(families):
        mutants = target.mutants
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
