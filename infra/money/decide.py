"""When pools have nodes, and what an anomaly monitor watches: plain values.

EventBridge Scheduler calls EKS itself. Its request has the members of the SDK, not of the REST body: `ClusterName`, not `name`.
"""

from __future__ import annotations

import json
from typing import Any, Final

from infra.money.settings import WorkingHours

RESIZE: Final = "arn:aws:scheduler:::aws-sdk:eks:updateNodegroupConfig"
# AWS retries for a day unless told otherwise, and a late retry would empty the next day's pool.
RETRY_SECONDS: Final = 3600
RETRIES: Final = 10
# What an expression of Cost Explorer may hold besides tags.
OTHER_PARTS: Final = ("And", "CostCategories", "Dimensions", "Not", "Or")


def crons(hours: WorkingHours) -> tuple[str, str]:
    """The crons of EventBridge Scheduler for the start of each working day and for the end of every day.

    Every day has an end, so that nodes that somebody starts on a free day do not run on.
    """
    return _cron(hours.start, hours.days), _cron(hours.end, "*")


def _cron(time: str, days: str) -> str:
    hour, minute = time.split(":")
    return f"cron({int(minute)} {int(hour)} ? * {days.upper()} *)"


def resize(cluster: Any, node_group: Any, nodes: int) -> dict[str, Any]:
    """The request that gives a node group this many nodes. Its smallest and largest stay as they are declared."""
    return {"ClusterName": cluster, "NodegroupName": node_group, "ScalingConfig": {"DesiredSize": nodes}}


def watched(environment: str) -> str:
    """What the monitor looks at: all that carries the stack's tag. Written in full, as the provider reads it back."""
    by_tag = {"Key": "Environment", "MatchOptions": None, "Values": [environment]}
    return json.dumps({**dict.fromkeys(OTHER_PARTS), "Tags": by_tag}, sort_keys=True)
