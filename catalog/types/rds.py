"""RDS and Aurora."""

from __future__ import annotations

from typing import Final

from catalog.types.card import NOT_CHARGED, Card, Points

CLUSTER = Card(
    token="aws:rds/cluster:Cluster",
    taggable=True,
    holds="its databases",
    stores=True,
)
CLUSTER_INSTANCE = Card(
    token="aws:rds/clusterInstance:ClusterInstance",
    taggable=True,
    points=(Points(path="clusterIdentifier", to="aws:rds/cluster:Cluster"),),
)
INSTANCE = Card(
    token="aws:rds/instance:Instance",
    taggable=True,
    holds="its databases",
    stores=True,
)
PARAMETER_GROUP = Card(
    token="aws:rds/parameterGroup:ParameterGroup",
    free=NOT_CHARGED,
)
SUBNET_GROUP = Card(
    token="aws:rds/subnetGroup:SubnetGroup",
    free=NOT_CHARGED,
)

CARDS: Final = (
    CLUSTER,
    CLUSTER_INSTANCE,
    INSTANCE,
    PARAMETER_GROUP,
    SUBNET_GROUP,
)
