"""Finds, without an engine, the resources of a recorded state that hold data and that today's program no longer declares.

The engine identifies a resource by its name, its type and the types of its parents; a renamed or moved one is deleted and made
anew. Only a provider knows which properties force a replacement, so the end-to-end test asks the provider.
"""

from __future__ import annotations

from tests.support.recorder import Recording
from tools.plan.view import Plan, ResourceView
from tools.report.change import Changed


def gone(state: Plan, declared: Recording) -> tuple[Changed, ...]:
    """The resources of a state, as deletions, whose identity no declared resource has.

    A type that has a resource with aliases (its own or a parent's) is left out: what they reach, the engine says.
    """
    there = {identity(view, declared) for view in declared}
    aliased = {view.type for view in declared if _aliased(view, declared)}
    return tuple(
        _deleted(view) for view in state if view.type not in aliased and view.custom and identity(view, state) not in there
    )


def identity(view: ResourceView, plan: Plan) -> str:
    """`Lake's type$aws:s3/bucket:Bucket::name`: the part of a URN by which the engine knows a resource."""
    return f"{'$'.join([*(parent.type for parent in reversed(_parents(view, plan))), view.type])}::{view.name}"


def _parents(view: ResourceView, plan: Plan) -> list[ResourceView]:
    """The parents of a resource, the nearest first. A plan does not hold the stack itself."""
    found: list[ResourceView] = []
    while (above := plan.by_urn((found[-1] if found else view).parent)) is not None:
        found.append(above)
    return found


def _aliased(view: ResourceView, declared: Recording) -> bool:
    return any(declared.options[one.urn]["aliases"] for one in (view, *_parents(view, declared)))


def _deleted(view: ResourceView) -> Changed:
    return Changed(
        name=view.name, type=view.type, kind=view.type.rpartition(":")[2], component="", op="delete", custom=view.custom
    )
