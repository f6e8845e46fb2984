"""Limits: what AWS would refuse of a plan's own values, whatever the account is (`catalog/limits`). Asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from catalog.limits import nodes
from catalog.limits.every import by_type
from catalog.limits.row import values_at
from catalog.types import eks
from tools.plan.reader import Block
from tools.plan.view import ENGINE_UNKNOWN, UNKNOWN, ResourceView
from tools.preflight.report import Row, State

KIND: Final = "limit"


def rows(views: Sequence[ResourceView]) -> list[Row]:
    """A row for each value of the plan that is known and that AWS does not take."""
    clusters = [view for view in views if view.type == eks.CLUSTER.token]
    return [row for view in views if view.op != "same" for row in (*_documented(view), *_related(view, clusters))]


def _documented(view: ResourceView) -> Iterator[Row]:
    for limit, path in by_type().get(view.type, ()):
        for value in values_at(view.props, path):
            if value is UNKNOWN or (isinstance(value, str) and ENGINE_UNKNOWN in value):
                continue
            if (says := limit.refused(value)) is not None:
                yield _row(view, path, limit.code, says, f"{path} must keep AWS's limit: {limit.source}")
                break


def _related(view: ResourceView, clusters: Sequence[ResourceView]) -> Iterator[Row]:
    """What EKS holds against another value: a size against a size, a version against the one before and against the cluster's."""
    if view.type == eks.CLUSTER.token and (says := _step(view, nodes.step_refused)):
        yield _row(view, "version", nodes.CODE, says, "go up one minor version at a time")
    if view.type == eks.NODE_GROUP.token:
        block = Block.of(view)
        sizes = [block.number(f"scalingConfig.{name}Size", unknown=None) for name in ("min", "desired", "max")]
        if says := nodes.sizes_refused(*sizes):
            yield _row(view, "scalingConfig", nodes.CODE, says, "set min to desired or less, and desired to max or less")
        says = _step(view, nodes.step_down_refused) or _beside(view, clusters)
        if says:
            yield _row(view, "version", nodes.CODE, says, "give the nodes their cluster's version, or leave it out")


def _step(view: ResourceView, refused: Any) -> str | None:
    old, new = _text(view.before.get("version")), _text(view.props.get("version"))
    return refused(old, new) if view.op == "update" and old and new else None


def _beside(view: ResourceView, clusters: Iterable[ResourceView]) -> str | None:
    version, name = _text(view.props.get("version")), _text(view.props.get("clusterName"))
    for cluster in clusters:
        theirs = _text(cluster.props.get("version"))
        if version and theirs and name and name == _text(cluster.props.get("name")):
            return nodes.nodes_refused(theirs, version)
    return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) and ENGINE_UNKNOWN not in value else ""


def _row(view: ResourceView, path: str, code: str, says: str, way_out: str) -> Row:
    return Row(
        kind=KIND,
        code=code,
        need=path,
        have="",
        says=f"{view.name}: AWS will refuse {path}: {says}",
        state=State.SHORT,
        way_out=(way_out,),
    )
