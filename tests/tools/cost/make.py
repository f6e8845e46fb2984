"""Small plans for the tests of cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.cost import CostReport, Line, Usage, estimate
from tools.cost.usage import numbers
from tools.plan.view import Plan, ResourceView

NOTHING_USED = Usage.of({name: 0.0 for name in numbers() if name not in ("hours", "instance_hours", "training_share")})


def view(
    type_: str, props: Mapping[str, Any] | None = None, name: str = "it", parent: str = "", op: str = "create"
) -> ResourceView:
    """A resource with a urn of its own."""
    return ResourceView(type=type_, name=name, props=props or {}, urn=f"urn:{type_}::{name}", parent=parent, op=op)


def priced(*views: ResourceView, region: str = "us-east-1", usage: Usage = NOTHING_USED) -> CostReport:
    """The report of a plan of these resources, nothing assumed to be used unless told."""
    return estimate(Plan(views), region=region, usage=usage)


def line(*views: ResourceView, region: str = "us-east-1", usage: Usage = NOTHING_USED) -> Line:
    """The line of the first of these resources."""
    report = priced(*views, region=region, usage=usage)
    return next(item for item in report.lines if item.urn == views[0].urn)
