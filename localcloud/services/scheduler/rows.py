"""EventBridge Scheduler: what is called at which time. Facts of behaviour: tests/golden/scheduler.Schedule.json."""

from __future__ import annotations

from catalog.types import scheduler
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import arn, between, matches, one_of
from localcloud.kernel.spec import Autoname, Resource, Update

_GROUP = "default"


def _address(c: Context) -> dict[str, str]:
    group, _, name = c.id.partition("/")
    return {"GroupName": group, "Name": name}


_EVERYTHING = (
    *("description", "endDate", "flexibleTimeWindow", "kmsKeyArn", "scheduleExpression", "scheduleExpressionTimezone"),
    *("startDate", "state", "target"),
)
_RENAMED = {"target.sagemakerPipelineParameters.pipelineParameters": "PipelineParameterList"}

SCHEDULE = Resource(
    type=scheduler.SCHEDULE.token,
    service="scheduler",
    create=Call(op="create_schedule", rename=_RENAMED),
    id=lambda c: f"{c.props.get('groupName') or _GROUP}/{c.props['name']}",
    read=lambda c: c.client().get_schedule(**_address(c)),
    missing=("ResourceNotFoundException",),
    # A schedule is put whole: what a request leaves out is taken away.
    updates=(Update(on=_EVERYTHING, do=Call(op="update_schedule", rename=_RENAMED), after_create=False),),
    delete=lambda c: c.client().delete_schedule(**_address(c)),
    replace=frozenset({"name", "namePrefix", "groupName"}),
    computed=frozenset({"name", "groupName", "target.retryPolicy"}),
    defaults={"scheduleExpressionTimezone": "UTC", "state": "ENABLED"},
    empty={"description": "", "endDate": "", "groupName": _GROUP, "kmsKeyArn": "", "namePrefix": "", "startDate": ""},
    zeros=frozenset({"flexibleTimeWindow", "target"}),
    rename=_RENAMED,
    checks=(
        one_of("state", "ENABLED", "DISABLED"),
        one_of("flexibleTimeWindow.mode", "OFF", "FLEXIBLE"),
        between("flexibleTimeWindow.maximumWindowInMinutes", 1, 1440),
        arn("target.arn"),
        arn("target.roleArn"),
        matches("name", r"[0-9A-Za-z_.-]{1,64}", "The name must consist of alphanumerics, hyphens, and underscores."),
    ),
    autoname=Autoname(limit=64),
)

ROWS = (SCHEDULE,)
