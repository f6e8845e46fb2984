"""The valid stack as one, copies of it to break, and plans of them.

One valid resource of each type that a rule looks at, as one small production stack that keeps every rule. Resources name each
other by id (`id-<name>`), as a state does. Tests break one thing of it at a time.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from tests.policies.bases import PLATFORM
from tests.policies.bases_kubernetes import KUBERNETES
from tests.policies.bases_sagemaker import SAGEMAKER
from tests.policies.bases_services import SERVICES
from tests.policies.case import Case, Change, Resources
from tests.policies.parts import id_of
from tools.plan.view import Plan, ResourceView

# name -> (type, properties)
WORLD: Final = {**PLATFORM, **SAGEMAKER, **SERVICES, **KUBERNETES}


def world() -> dict[str, tuple[str, dict[str, Any]]]:
    """A copy of the valid stack that a test may break."""
    return copy.deepcopy(WORLD)


def plan_of(resources: Mapping[str, tuple[str, Mapping[str, Any]]], *, ids: bool = True, stack: str = "prod") -> Plan:
    """A plan of these resources; without ids it is a first preview."""
    return Plan([view_of(resources, name, ids=ids, stack=stack) for name in resources], stack=stack)


def view_of(
    resources: Mapping[str, tuple[str, Mapping[str, Any]]], name: str, *, ids: bool = True, stack: str = "prod"
) -> ResourceView:
    """The resource of this name as a plan has it."""
    type_, props = resources[name]
    urn = f"urn:pulumi:{stack}::slipway::{type_}::{name}"
    return ResourceView(type=type_, name=name, props=props, urn=urn, id=id_of(name) if ids else "")


def broken(case: Case) -> Resources:
    """The valid stack with the change of a case, on top of the one that it comes after."""
    return changed(case.resource, *(change for change in (case.after, case.change) if change))


def changed(name: str, *changes: Change) -> Resources:
    """The valid stack with changes of the resource of this name, or of its neighbours."""
    resources = dict(WORLD)
    for change in changes:
        change.apply(resources, name)
    return resources
