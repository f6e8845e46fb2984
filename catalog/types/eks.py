"""EKS."""

from __future__ import annotations

from typing import Final

from catalog.types.card import OF_A_CLUSTER, Card, Lookup, Points, Quota, Rights, Unique, Used

ACCESS_ENTRY = Card(
    token="aws:eks/accessEntry:AccessEntry",
    taggable=True,
    free=OF_A_CLUSTER,
    rights=Rights(actions=("eks:CreateAccessEntry",)),
    points=(Points(path="clusterName", to="aws:eks/cluster:Cluster"),),
    room="cluster",
)
ACCESS_POLICY_ASSOCIATION = Card(
    token="aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    free=OF_A_CLUSTER,
    rights=Rights(actions=("eks:AssociateAccessPolicy",)),
    points=(Points(path="clusterName", to="aws:eks/cluster:Cluster"),),
    room="cluster",
)
ADDON = Card(
    token="aws:eks/addon:Addon",
    taggable=True,
    free=OF_A_CLUSTER,
    rights=Rights(actions=("eks:CreateAddon",)),
    points=(Points(path="clusterName", to="aws:eks/cluster:Cluster"),),
    room="cluster",
)
CLUSTER = Card(
    token="aws:eks/cluster:Cluster",
    name="name",
    taggable=True,
    holds="all that runs in it or is kept in it",
    unit="hour, by support period",
    rights=Rights(
        actions=("eks:CreateCluster", "eks:TagResource"), arn="arn:{partition}:eks:{region}:{account}:cluster/{name}", name="name"
    ),
    unique=Unique(
        plural="EKS clusters",
        lookup=Lookup(service="eks", operation="describe_cluster", parameter="name", missing=("ResourceNotFoundException",)),
    ),
    quotas=(
        Quota(
            service="eks", code="L-1194D53C", name="Clusters", used=Used(service="eks", operation="list_clusters", key="clusters")
        ),
    ),
    points=(
        Points(path="vpcConfig.subnetIds", to="aws:ec2/subnet:Subnet"),
        Points(path="roleArn", to="aws:iam/role:Role"),
    ),
    room="cluster",
)
IDENTITY_PROVIDER_CONFIG = Card(
    token="aws:eks/identityProviderConfig:IdentityProviderConfig",
    free=OF_A_CLUSTER,
    points=(Points(path="clusterName", to="aws:eks/cluster:Cluster"),),
    room="cluster",
)
NODE_GROUP = Card(
    token="aws:eks/nodeGroup:NodeGroup",
    name="nodeGroupName",
    taggable=True,
    holds="the pods and local disks of its nodes",
    unit="hour of its instances, and GiB of their volumes",
    rights=Rights(actions=("eks:CreateNodegroup",)),
    quotas=(
        Quota(service="eks", code="L-6D54EA21", name="Managed node groups per cluster", within="clusterName"),
        Quota(service="eks", code="L-BD136A63", name="Nodes per managed node group", each=True, size="scalingConfig.maxSize"),
    ),
    points=(
        Points(path="subnetIds", to="aws:ec2/subnet:Subnet"),
        Points(path="clusterName", to="aws:eks/cluster:Cluster"),
        Points(path="launchTemplate.id", to="aws:ec2/launchTemplate:LaunchTemplate"),
        Points(path="launchTemplate.name", to="aws:ec2/launchTemplate:LaunchTemplate"),
        Points(path="nodeRoleArn", to="aws:iam/role:Role"),
    ),
    room="cluster",
)
POD_IDENTITY_ASSOCIATION = Card(
    token="aws:eks/podIdentityAssociation:PodIdentityAssociation",
    taggable=True,
    free=OF_A_CLUSTER,
    rights=Rights(actions=("eks:CreatePodIdentityAssociation",)),
    points=(Points(path="clusterName", to="aws:eks/cluster:Cluster"),),
    room="cluster",
)

CARDS: Final = (
    ACCESS_ENTRY,
    ACCESS_POLICY_ASSOCIATION,
    ADDON,
    CLUSTER,
    IDENTITY_PROVIDER_CONFIG,
    NODE_GROUP,
    POD_IDENTITY_ASSOCIATION,
)
