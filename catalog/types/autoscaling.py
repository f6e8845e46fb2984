"""EC2 Auto Scaling."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card, Points

GROUP = Card(
    token="aws:autoscaling/group:Group",
    points=(
        Points(path="vpcZoneIdentifiers", to="aws:ec2/subnet:Subnet"),
        Points(path="launchTemplate.id", to="aws:ec2/launchTemplate:LaunchTemplate"),
        Points(path="launchTemplate.name", to="aws:ec2/launchTemplate:LaunchTemplate"),
    ),
)

CARDS: Final = (GROUP,)
