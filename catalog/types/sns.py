"""SNS."""

from __future__ import annotations

from typing import Final

from catalog.types.card import SETTING, Card, Points, Rights

TOPIC = Card(
    token="aws:sns/topic:Topic",
    name="name",
    taggable=True,
    unit="request",
    rights=Rights(
        actions=("sns:CreateTopic", "sns:TagResource"), arn="arn:{partition}:sns:{region}:{account}:{name}", name="name"
    ),
    room="watch",
)
TOPIC_POLICY = Card(
    token="aws:sns/topicPolicy:TopicPolicy",
    free=SETTING,
    points=(Points(path="arn", to="aws:sns/topic:Topic"),),
    room="watch",
)
TOPIC_SUBSCRIPTION = Card(
    token="aws:sns/topicSubscription:TopicSubscription",
    free="deliveries by e-mail stay in the free thousand; requests are in the topic's line",
    rights=Rights(actions=("sns:Subscribe",)),
    points=(Points(path="topic", to="aws:sns/topic:Topic"),),
    room="watch",
)

CARDS: Final = (
    TOPIC,
    TOPIC_POLICY,
    TOPIC_SUBSCRIPTION,
)
