"""The role by which EventBridge Scheduler keeps the working hours: plain values."""

from __future__ import annotations

from collections.abc import Sequence

from infra.base.iam import Document, Scope, allow, document, service_trust
from infra.base.role import Role


def roles(scope: Scope, node_group_prefixes: Sequence[str]) -> tuple[Role, ...]:
    """The role that empties and fills these node groups, where there are any."""
    if not node_group_prefixes:
        return ()
    trusted, allowed = resize_trust(scope), resize_document(scope, node_group_prefixes)
    return (Role(key="resize", name="working-hours", trust=trusted, document=allowed),)


def resize_trust(scope: Scope) -> Document:
    """The scheduler, for schedules of this account: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html."""
    return service_trust(scope, "scheduler.amazonaws.com", source_arn=scope.arn("scheduler", "schedule-group/default"))


def resize_document(scope: Scope, node_group_prefixes: Sequence[str]) -> Document:
    """The number of nodes of these groups of our cluster, by the start of their names: EKS adds the rest."""
    groups = [scope.arn("eks", f"nodegroup/{scope.prefix}/{prefix}*/*") for prefix in node_group_prefixes]
    return document(allow("ResizePools", ("eks:UpdateNodegroupConfig",), groups))
