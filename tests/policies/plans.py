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
from tests.policies.case import ADD, REMOVE, Case
from tests.policies.parts import id_of
from tools.plan.view import Plan, ResourceView

# name -> (type, properties)
WORLD: Final = {**PLATFORM, **SAGEMAKER, **SERVICES, **KUBERNETES}


def world() -> dict[str, tuple[str, dict[str, Any]]]:
    """A copy of the valid stack that a test may break."""
    return copy.deepcopy(WORLD)


def plan_of(resources: Mapping[str, tuple[str, Mapping[str, Any]]], *, ids: bool = True, stack: str = "prod") -> Plan:
    """A plan of these resources; without ids it is a first preview."""
    return Plan(
        [
            ResourceView(
                type=type_,
                name=name,
                props=props,
                urn=f"urn:pulumi:{stack}::slipway::{type_}::{name}",
                id=id_of(name) if ids else "",
            )
            for name, (type_, props) in resources.items()
        ],
        stack=stack,
    )


def put(resources: dict[str, tuple[str, dict[str, Any]]], name: str, path: str, value: Any) -> None:
    """Sets (or with `...` removes, or with `+` appends) the property at a dotted path of one resource."""
    node: Any = resources[name][1]
    *way, last = path.split(".")
    for key in way:
        node = node[int(key)] if isinstance(node, list) else node.setdefault(key, {})
    if value is ...:
        del node[last]
    elif isinstance(node, list) and last == "+":
        node.append(value)
    elif isinstance(node, list):
        node[int(last)] = value
    else:
        node[last] = value


def broken(case: Case, *before: tuple[str, str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """The valid stack with the change of a case, on top of others."""
    resources = dict(WORLD)
    for name, path, value in (*before, (case.resource, case.path, case.value)):
        if path == ADD:
            resources[name] = value
        elif path == REMOVE:
            del resources[name]
        else:
            change(resources, name, path, value)
    return resources


def change(resources: dict[str, tuple[str, dict[str, Any]]], name: str, path: str, value: Any) -> None:
    """What `put` does, in a copy of that one resource: the others may be shared."""
    resources[name] = copy.deepcopy(resources[name])
    put(resources, name, path, value)
