"""Cost Anomaly Detection, which the provider calls Cost Explorer's."""

from __future__ import annotations

from typing import Final

from catalog.types.card import NOT_CHARGED, Card, Points, Rights

ANOMALY_MONITOR = Card(
    token="aws:costexplorer/anomalyMonitor:AnomalyMonitor",
    name="name",
    taggable=True,
    free=NOT_CHARGED,
    rights=Rights(actions=("ce:CreateAnomalyMonitor",)),
    room="money",
)
ANOMALY_SUBSCRIPTION = Card(
    token="aws:costexplorer/anomalySubscription:AnomalySubscription",
    name="name",
    taggable=True,
    free=NOT_CHARGED,
    rights=Rights(actions=("ce:CreateAnomalySubscription",)),
    points=(Points(path="monitorArnLists", to="aws:costexplorer/anomalyMonitor:AnomalyMonitor"),),
    room="money",
)

CARDS: Final = (
    ANOMALY_MONITOR,
    ANOMALY_SUBSCRIPTION,
)
