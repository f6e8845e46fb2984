"""The roles of the cluster, its nodes and its add-ons: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from infra.base.iam import Document, Scope, allow, document, service_trust, trust
from infra.base.role import Role
from infra.keys.rights import hand_keys_on

# The roles that AWS's own agents take, and what AWS itself keeps up to date for them:
# https://docs.aws.amazon.com/eks/latest/userguide/security-iam-awsmanpol.html
AGENT_POLICIES: Final[Mapping[str, tuple[str, ...]]] = {
    "cluster": ("AmazonEKSClusterPolicy",),
    "node": ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonSSMManagedInstanceCore"),
    "vpc-cni": ("AmazonEKS_CNI_Policy",),
    "ebs-csi": ("service-role/AmazonEBSCSIDriverPolicy",),
}


def roles(scope: Scope, cluster_name: str) -> tuple[Role, ...]:
    """The roles of AWS's own agents.

    These roles have no permission boundary, although a rule asks for one: AWS widens their managed policies with new versions of
    EKS, the network plug-in and the volume driver, and a boundary of ours would deny the new right in the middle of an upgrade.
    CI and operators, whose roles have the boundary, can attach no policy to these roles.
    """
    pods = pod_trust(scope, cluster_name)
    return (
        _agent("cluster", service_trust(scope, "eks.amazonaws.com")),
        _agent("node", node_trust()),
        _agent("cni", pods, name="vpc-cni"),
        _agent("ebs-csi", pods, document=_volume_key_document(scope)),
    )


def _agent(key: str, trusted: Document, *, name: str = "", document: Document | None = None) -> Role:
    managed = AGENT_POLICIES[name or key]
    return Role(key=key, name=name, trust=trusted, document=document, managed=managed, bounded=False)


def node_trust() -> Document:
    """EC2 hands the role to nodes itself and sets no source keys, so there is no condition to give."""
    return document(trust("TrustNodes", {"Service": "ec2.amazonaws.com"}, ("sts:AssumeRole",), None))


def pod_trust(scope: Scope, cluster_name: str) -> Document:
    """Pods of one cluster, through EKS Pod Identity."""
    return service_trust(
        scope,
        "pods.eks.amazonaws.com",
        actions=("sts:AssumeRole", "sts:TagSession"),
        source_arn=scope.arn("eks", f"cluster/{cluster_name}"),
    )


def _volume_key_document(scope: Scope) -> Document:
    """What the EBS driver needs to encrypt pods' volumes: AWS's managed policy for the driver allows no action of KMS."""
    key, condition = [scope.arn("kms", "key/*")], {"kms:ResourceAliases": [f"alias/{scope.prefix}-cluster"]}
    return document(
        allow(
            "UseVolumeKey",
            ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
            key,
            **{"ForAnyValue:StringEquals": condition},
        ),
        hand_keys_on(scope, "cluster"),
    )
