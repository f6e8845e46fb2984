"""Application Auto Scaling."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card, Points, Rights

# What a target of a SageMaker variant scales: its instances.
# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
VARIANT_INSTANCES: Final = "sagemaker:variant:DesiredInstanceCount"

POLICY = Card(
    token="aws:appautoscaling/policy:Policy",
    name="name",
    free="scaling is free; what it adds is in the maximum of what it scales",
    rights=Rights(actions=("application-autoscaling:PutScalingPolicy",)),
    points=(
        Points(path="resourceId", to="aws:sagemaker/endpoint:Endpoint"),
        Points(path="resourceId", to="aws:appautoscaling/target:Target"),
    ),
    room="serving",
)
SCHEDULED_ACTION = Card(
    token="aws:appautoscaling/scheduledAction:ScheduledAction",
    free="scaling is free; what it adds is in the maximum of what it scales",
    room="serving",
)
TARGET = Card(
    token="aws:appautoscaling/target:Target",
    taggable=True,
    free="scaling is free; what it adds is in the maximum of what it scales",
    rights=Rights(actions=("application-autoscaling:RegisterScalableTarget",)),
    points=(Points(path="resourceId", to="aws:sagemaker/endpoint:Endpoint"),),
    room="serving",
)

CARDS: Final = (
    POLICY,
    SCHEDULED_ACTION,
    TARGET,
)
