"""One rule's verdict on one resource of the valid stack after some changes: what the single changes of `cases.py` cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from policies.verdict import Fail, Pass, Unknown
from tests.policies.plans import WORLD, change, plan_of
from tools.plan.links import LinkedPlan
from tools.plan.view import ResourceView

PASSES: Final = "pass"
FAILS: Final = "fail"
OPEN: Final = "unknown"
KINDS: Final = {PASSES: Pass, FAILS: Fail, OPEN: Unknown}


@dataclass(frozen=True, slots=True)
class Sight:
    """What a rule says of a resource. `changes` are values by path; of a neighbour, by `name::path`; `+name` adds one and `-name`
    takes one out. Without `ids` the plan is a first preview; `parents` are by name."""

    rule: str
    resource: str
    says: Literal["pass", "fail", "unknown"]
    changes: Mapping[str, Any] = field(default_factory=dict)
    ids: bool = True
    parents: Mapping[str, str] = field(default_factory=dict)
    stack: str = "prod"

    def stage(self) -> tuple[ResourceView, LinkedPlan]:
        """The resource, and the plan that it is in."""
        resources = dict(WORLD)
        for key, value in self.changes.items():
            if key.startswith("+"):
                resources[key[1:]] = value
            elif key.startswith("-"):
                del resources[key[1:]]
            else:
                name, _, path = key.rpartition("::")
                change(resources, name or self.resource, path, value)
        views = plan_of(resources, ids=self.ids).resources
        plan = LinkedPlan((replace(view, parent=self.parents.get(view.name, "")) for view in views), self.stack)
        return next(view for view in plan if view.name == self.resource), plan
