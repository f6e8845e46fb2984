"""SQS."""

from __future__ import annotations

from typing import Final

from catalog.types.card import SETTING, Card, Points, Rights

QUEUE = Card(
    token="aws:sqs/queue:Queue",
    name="name",
    taggable=True,
    holds="its messages",
    unit="request",
    rights=Rights(actions=("sqs:CreateQueue", "sqs:TagQueue"), arn="arn:{partition}:sqs:{region}:{account}:{name}", name="name"),
    room="watch",
)
QUEUE_POLICY = Card(
    token="aws:sqs/queuePolicy:QueuePolicy",
    free=SETTING,
    points=(Points(path="queueUrl", to="aws:sqs/queue:Queue"),),
    room="watch",
)
REDRIVE_POLICY = Card(
    token="aws:sqs/redrivePolicy:RedrivePolicy",
    free=SETTING,
    points=(Points(path="queueUrl", to="aws:sqs/queue:Queue"),),
    room="watch",
)

CARDS: Final = (
    QUEUE,
    QUEUE_POLICY,
    REDRIVE_POLICY,
)
