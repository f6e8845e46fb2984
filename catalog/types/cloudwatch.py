"""CloudWatch, its logs, and EventBridge's rules (which the provider calls CloudWatch's)."""

from __future__ import annotations

from typing import Final

from catalog.types.card import SETTING, Card, Rights, Unique

COMPOSITE_ALARM = Card(
    token="aws:cloudwatch/compositeAlarm:CompositeAlarm",
    free=SETTING,
    room="watch",
)
DASHBOARD = Card(
    token="aws:cloudwatch/dashboard:Dashboard",
    unit="dashboard and month",
    rights=Rights(actions=("cloudwatch:PutDashboard",)),
    room="watch",
)
EVENT_PERMISSION = Card(
    token="aws:cloudwatch/eventPermission:EventPermission",
    free=SETTING,
    room="watch",
)
EVENT_RULE = Card(
    token="aws:cloudwatch/eventRule:EventRule",
    taggable=True,
    free="AWS's own events are free to match",
    room="watch",
)
EVENT_TARGET = Card(
    token="aws:cloudwatch/eventTarget:EventTarget",
    free=SETTING,
    room="watch",
)
LOG_GROUP = Card(
    token="aws:cloudwatch/logGroup:LogGroup",
    name="name",
    taggable=True,
    holds="its logs",
    unit="GB written, and GB kept a month",
    rights=Rights(
        actions=("logs:CreateLogGroup", "logs:PutRetentionPolicy"),
        arn="arn:{partition}:logs:{region}:{account}:log-group:{name}",
        name="name",
    ),
    unique=Unique(
        plural="log groups",
        way_out="delete or import it (of /aws/sagemaker/TrainingJobs: set slipway:training.ownLogGroup in one stack only)",
    ),
    room="watch",
)
LOG_METRIC_FILTER = Card(
    token="aws:cloudwatch/logMetricFilter:LogMetricFilter",
    free=SETTING,
    room="watch",
)
LOG_RESOURCE_POLICY = Card(
    token="aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
    free=SETTING,
    room="watch",
)
LOG_SUBSCRIPTION_FILTER = Card(
    token="aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
    free=SETTING,
    room="watch",
)
METRIC_ALARM = Card(
    token="aws:cloudwatch/metricAlarm:MetricAlarm",
    name="name",
    taggable=True,
    unit="metric watched a month",
    rights=Rights(
        actions=("cloudwatch:PutMetricAlarm",), arn="arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}", name="name"
    ),
    room="watch",
)

CARDS: Final = (
    COMPOSITE_ALARM,
    DASHBOARD,
    EVENT_PERMISSION,
    EVENT_RULE,
    EVENT_TARGET,
    LOG_GROUP,
    LOG_METRIC_FILTER,
    LOG_RESOURCE_POLICY,
    LOG_SUBSCRIPTION_FILTER,
    METRIC_ALARM,
)
