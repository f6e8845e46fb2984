"""The verdict that one rule must give on one resource of the valid stack after some changes.

The cases of `cases.py` assert which rules one change breaks; an expectation is for several changes, or for a pass or an unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal

from policies.verdict import Fail, Pass, Unknown
from tests.policies.case import Change
from tests.policies.plans import WORLD, plan_of
from tools.plan.links import LinkedPlan
from tools.plan.view import ResourceView

Says = Literal["pass", "fail", "unknown"]
PASSES: Final[Says] = "pass"
FAILS: Final[Says] = "fail"
UNDECIDED: Final[Says] = "unknown"
KINDS: Final[dict[str, type]] = {PASSES: Pass, FAILS: Fail, UNDECIDED: Unknown}


class Expect:
    """The verdict of a rule on a resource after `changes` to it and to other resources.

    Without `ids` the plan is a first preview, which knows no id. `parents` maps names of resources to the urns of their parents.
    """

    __slots__ = ("changes", "ids", "parents", "resource", "rule", "says", "stack")

    def __init__(
        self,
        rule: str,
        resource: str,
        says: Says,
        *changes: Change,
        ids: bool = True,
        parents: Mapping[str, str] | None = None,
        stack: str = "prod",
    ) -> None:
        self.rule, self.resource, self.says, self.changes = rule, resource, says, changes
        self.ids, self.parents, self.stack = ids, parents or {}, stack

    def stage(self) -> tuple[ResourceView, LinkedPlan]:
        """The resource, and the plan that it is in."""
        resources = dict(WORLD)
        for change in self.changes:
            change.apply(resources, self.resource)
        views = plan_of(resources, ids=self.ids).resources
        plan = LinkedPlan((replace(view, parent=self.parents.get(view.name, "")) for view in views), self.stack)
        return next(view for view in plan if view.name == self.resource), plan
