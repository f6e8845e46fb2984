"""When pools have nodes: the two times a day as AWS writes them, what is called then, and the role that may call it.

EventBridge Scheduler calls EKS itself. Its request has the members of the SDK, not of the REST body: `ClusterName`, not `name`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from infra.base.iam import Document, Scope, allow, document, service_trust
from infra.money.settings import WorkingHours

RESIZE: Final = "arn:aws:scheduler:::aws-sdk:eks:updateNodegroupConfig"
# The day of retries that AWS gives unasked would empty the next day's pool.
RETRY_SECONDS: Final = 3600
RETRIES: Final = 10


def crons(hours: WorkingHours) -> tuple[str, str]:
    """The start of each working day and the end of every day, as EventBridge Scheduler takes them: what was started on a Sunday
    ends on it."""
    return _cron(hours.start, hours.days), _cron(hours.end, "*")


def _cron(time: str, days: str) -> str:
    hour, minute = time.split(":")
    return f"cron({int(minute)} {int(hour)} ? * {days.upper()} *)"


def resize(cluster: Any, node_group: Any, nodes: int) -> dict[str, Any]:
    """The request that gives a node group this many nodes. Its smallest and largest stay as they are declared."""
    return {"ClusterName": cluster, "NodegroupName": node_group, "ScalingConfig": {"DesiredSize": nodes}}


def resize_trust(scope: Scope) -> Document:
    """The scheduler, for schedules of this account: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html."""
    return service_trust(scope, "scheduler.amazonaws.com", source_arn=scope.arn("scheduler", "schedule-group/default"))


def resize_document(scope: Scope, node_group_prefixes: Iterable[str]) -> Document:
    """The number of nodes of these groups of our cluster, by the start of their names: EKS adds the rest."""
    groups = [scope.arn("eks", f"nodegroup/{scope.prefix}/{prefix}*/*") for prefix in node_group_prefixes]
    return document(allow("ResizePools", ("eks:UpdateNodegroupConfig",), groups))
