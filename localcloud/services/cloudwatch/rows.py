"""CloudWatch: alarms and dashboards. Facts of behaviour: tests/golden/cloudwatch.*.json."""

from __future__ import annotations

import json
from typing import Any

from catalog.types import cloudwatch
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import arn, at_least_one, conflicts, json_document, matches, one_of, requires
from localcloud.kernel.spec import Autoname, Resource, Tags, Update

_PUT_ALARM = Call(
    op="put_metric_alarm",
    skip=("thresholdMetricId", "dimensions", "metricQueries", "unit", "extendedStatistic"),
    params={
        "AlarmName": "{name}",
        "ThresholdMetricId": lambda c: c.props.get("thresholdMetricId") or None,
        "Unit": lambda c: c.props.get("unit") or None,
        "ExtendedStatistic": lambda c: c.props.get("extendedStatistic") or None,
        "Dimensions": lambda c: (
            [{"Name": key, "Value": value} for key, value in (c.props.get("dimensions") or {}).items()] or None
        ),
        "Metrics": lambda c: [_query(query) for query in c.props.get("metricQueries") or ()] or None,
    },
    rename={"evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile"},
)


def _query(query: dict[str, Any]) -> dict[str, Any]:
    made = {key[0].upper() + key[1:]: value for key, value in query.items() if key != "metric" and value is not None}
    metric = query.get("metric")
    if metric:
        made["MetricStat"] = {
            "Metric": {
                "MetricName": metric["metricName"],
                "Namespace": metric.get("namespace"),
                "Dimensions": [{"Name": key, "Value": value} for key, value in (metric.get("dimensions") or {}).items()],
            },
            "Period": int(metric["period"]),
            "Stat": metric["stat"],
            **({"Unit": metric["unit"]} if metric.get("unit") else {}),
        }
    return made


def _read_alarm(c: Context) -> dict[str, Any] | None:
    found = c.client().describe_alarms(AlarmNames=[c.id])["MetricAlarms"]
    if not found:
        return None
    alarm = dict(found[0])
    alarm["dimensions"] = {item["Name"]: item["Value"] for item in alarm.pop("Dimensions", ())} or None
    for member in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        alarm[member] = alarm.get(member) or None
    alarm["metricQueries"] = [_lowered(query) for query in alarm.pop("Metrics", ())]
    return alarm


def _lowered(query: dict[str, Any]) -> dict[str, Any]:
    made = {key[0].lower() + key[1:]: value for key, value in query.items() if key != "MetricStat"}
    stat = query.get("MetricStat")
    if stat:
        metric = stat["Metric"]
        made["metric"] = {
            "metricName": metric["MetricName"],
            "namespace": metric.get("Namespace"),
            "dimensions": {item["Name"]: item["Value"] for item in metric.get("Dimensions", ())},
            "period": stat["Period"],
            "stat": stat["Stat"],
            "unit": stat.get("Unit"),
        }
    return made


_OPERATORS = (
    *("GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"),
    *("LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"),
)
_ALARM_PROPS = (
    *("actionsEnabled", "alarmActions", "alarmDescription", "comparisonOperator", "datapointsToAlarm", "dimensions"),
    *("evaluateLowSampleCountPercentiles", "evaluationPeriods", "extendedStatistic", "insufficientDataActions", "metricName"),
    *(
        "metricQueries",
        "namespace",
        "okActions",
        "period",
        "statistic",
        "threshold",
        "thresholdMetricId",
        "treatMissingData",
        "unit",
    ),
)

METRIC_ALARM = Resource(
    type=cloudwatch.METRIC_ALARM.token,
    service="cloudwatch",
    create=_PUT_ALARM,
    id="{name}",
    read=_read_alarm,
    updates=(Update(on=_ALARM_PROPS, do=_PUT_ALARM, after_create=False),),
    delete=Call(op="delete_alarms", params={"AlarmNames": lambda c: [c.id]}),
    missing=("ResourceNotFound",),
    replace=frozenset({"name"}),
    computed=frozenset({"evaluateLowSampleCountPercentiles"}),
    defaults={"actionsEnabled": True, "treatMissingData": "missing"},
    empty={
        "alarmDescription": "",
        "datapointsToAlarm": 0,
        "evaluateLowSampleCountPercentiles": "",
        "extendedStatistic": "",
        "thresholdMetricId": "",
        "unit": "",
        "metricQueries": [],
        "statistic": "",
        "metricName": "",
        "namespace": "",
        "period": 0,
    },
    sets=frozenset({"alarmActions", "okActions", "insufficientDataActions", "metricQueries"}),
    rename={"name": "AlarmName", "arn": "AlarmArn", "okActions": "OKActions"},
    autoname=Autoname(limit=255),
    checks=(
        one_of("comparisonOperator", *_OPERATORS),
        one_of("statistic", "SampleCount", "Average", "Sum", "Minimum", "Maximum"),
        one_of("treatMissingData", "breaching", "notBreaching", "ignore", "missing"),
        conflicts("statistic", "extendedStatistic"),
        conflicts("metricName", "metricQueries"),
        requires("metricName", "namespace"),
        at_least_one("evaluationPeriods"),
        arn("alarmActions"),
        arn("okActions"),
        arn("insufficientDataActions"),
    ),
    tags=Tags(target=("ResourceARN", "{arn}"), list_op="list_tags_for_resource"),
)


def _dashboard(c: Context) -> Any:
    return c.client().put_dashboard(DashboardName=c.props["dashboardName"], DashboardBody=c.props["dashboardBody"])


DASHBOARD = Resource(
    type=cloudwatch.DASHBOARD.token,
    service="cloudwatch",
    create=_dashboard,
    id="{dashboardName}",
    read=Call(op="get_dashboard", params={"DashboardName": "{id}"}),
    missing=("ResourceNotFound", "ResourceNotFoundException"),
    updates=(Update(on=("dashboardBody",), do=_dashboard, after_create=False),),
    delete=Call(op="delete_dashboards", params={"DashboardNames": lambda c: [c.id]}),
    replace=frozenset({"dashboardName"}),
    json=frozenset({"dashboardBody"}),
    outputs={
        "dashboardBody": lambda c: (
            c.data["DashboardBody"] if isinstance(c.data["DashboardBody"], str) else json.dumps(c.data["DashboardBody"])
        )
    },
    checks=(
        json_document("dashboardBody"),
        matches("dashboardName", r"[0-9A-Za-z_-]+", "doesn't comply with restrictions (^[0-9A-Za-z_-]+$)"),
    ),
)

ROWS = (METRIC_ALARM, DASHBOARD)
