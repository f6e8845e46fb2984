"""Kubernetes objects, by the token of the Kubernetes provider: group, version, kind."""

from __future__ import annotations

from typing import Final

from catalog.types.card import ON_NODES, Card

DAEMON_SET = Card(
    token="kubernetes:apps/v1:DaemonSet",
    free=ON_NODES,
)
DEPLOYMENT = Card(
    token="kubernetes:apps/v1:Deployment",
    free=ON_NODES,
)
STATEFUL_SET = Card(
    token="kubernetes:apps/v1:StatefulSet",
    free=ON_NODES,
)
CRON_JOB = Card(
    token="kubernetes:batch/v1:CronJob",
    free=ON_NODES,
)
JOB = Card(
    token="kubernetes:batch/v1:Job",
    free=ON_NODES,
)
NAMESPACE = Card(
    token="kubernetes:core/v1:Namespace",
    free=ON_NODES,
)
PERSISTENT_VOLUME_CLAIM = Card(
    token="kubernetes:core/v1:PersistentVolumeClaim",
    unit="GiB a month of the volume that it asks for",
)
POD = Card(
    token="kubernetes:core/v1:Pod",
    free=ON_NODES,
)
RESOURCE_QUOTA = Card(
    token="kubernetes:core/v1:ResourceQuota",
    free=ON_NODES,
)
SERVICE = Card(
    token="kubernetes:core/v1:Service",
    unit="hour of the load balancer that it asks for",
)
NODE_POOL = Card(
    token="kubernetes:karpenter.sh/v1:NodePool",
    unit="hour of the nodes that it starts",
)
NETWORK_POLICY = Card(
    token="kubernetes:networking.k8s.io/v1:NetworkPolicy",
    free=ON_NODES,
)
POD_DISRUPTION_BUDGET = Card(
    token="kubernetes:policy/v1:PodDisruptionBudget",
    free=ON_NODES,
)
CLUSTER_ROLE = Card(
    token="kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
    free=ON_NODES,
)
CLUSTER_ROLE_BINDING = Card(
    token="kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
    free=ON_NODES,
)
ROLE = Card(
    token="kubernetes:rbac.authorization.k8s.io/v1:Role",
    free=ON_NODES,
)

CARDS: Final = (
    DAEMON_SET,
    DEPLOYMENT,
    STATEFUL_SET,
    CRON_JOB,
    JOB,
    NAMESPACE,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    RESOURCE_QUOTA,
    SERVICE,
    NODE_POOL,
    NETWORK_POLICY,
    POD_DISRUPTION_BUDGET,
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    ROLE,
)
