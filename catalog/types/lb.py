"""Elastic Load Balancing."""

from __future__ import annotations

from typing import Final

from catalog.types.card import SETTING, Card, Points

LISTENER = Card(
    token="aws:lb/listener:Listener",
    taggable=True,
    free=SETTING,
    points=(Points(path="loadBalancerArn", to="aws:lb/loadBalancer:LoadBalancer"),),
)
LISTENER_RULE = Card(
    token="aws:lb/listenerRule:ListenerRule",
    free=SETTING,
)
LOAD_BALANCER = Card(
    token="aws:lb/loadBalancer:LoadBalancer",
    taggable=True,
    unit="hour, and load units",
)
TARGET_GROUP = Card(
    token="aws:lb/targetGroup:TargetGroup",
    free=SETTING,
)

CARDS: Final = (
    LISTENER,
    LISTENER_RULE,
    LOAD_BALANCER,
    TARGET_GROUP,
)
