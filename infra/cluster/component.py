"""The private EKS cluster: control plane, who may enter, add-ons, pools of nodes.

This file decides the order in which the parts are made. Destroying reverses the order: first go the add-ons that need nodes to be
removed cleanly, then the nodes, then the network plug-in whose interfaces the nodes held, then the control plane, then security
groups and logs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from infra.base.component import Component
from infra.base.ground import Ground
from infra.cluster.decide import PoolPlan, gpu_plan, system_plan
from infra.cluster.node_pool import NodePool, NodePoolArgs
from infra.cluster.security import ClusterSecurity, ClusterSecurityArgs
from infra.cluster.settings import ClusterSettings
from infra.money.settings import WorkingHours
from infra.network.vpc import Vpc

# https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
ADMIN_POLICY: Final = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
# AmazonEKSViewPolicy instead of AmazonEKSAdminViewPolicy, which reads every Kubernetes secret.
VIEW_POLICY: Final = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
SYSTEM_NAMESPACE: Final = "kube-system"
CNI_ACCOUNT: Final = "aws-node"
EBS_ACCOUNT: Final = "ebs-csi-controller-sa"


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """What a cluster needs from others.

    `admins`, `viewers` and the values of `pods` are keys of the ground's roles; these admins come on top of the settings' own.
    `pods` is by (namespace, service account). Pools that may be empty have nodes in the `working_hours`.
    """

    ground: Ground
    settings: ClusterSettings
    vpc: Vpc
    admins: Sequence[str]
    viewers: Sequence[str]
    pods: Mapping[tuple[str, str], str]
    working_hours: WorkingHours | None = None


class Cluster(Component[ClusterArgs], token="slipway:compute:Cluster"):
    """The cluster. Its name is the stack's prefix, known before it is made."""

    cluster_name: pulumi.Output[str]
    cluster_arn: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    certificate_authority: pulumi.Output[str]
    oidc_issuer: pulumi.Output[str]
    oidc_provider_arn: pulumi.Output[str] | None
    node_group_names: dict[str, pulumi.Output[str]]
    nodes_security_group_id: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def declare(self, args: ClusterArgs) -> None:
        self._ground, self._naming, self._settings = args.ground, args.ground.naming, args.settings
        zones = tuple(args.vpc.private_subnets)
        plans = [system_plan(self._settings.system_pool, zones), *(gpu_plan(pool, zones) for pool in self._settings.gpu_pools)]
        self._security = ClusterSecurity(
            self._naming.name("cluster-security"),
            ClusterSecurityArgs(
                naming=self._naming,
                vpc=args.vpc,
                api_cidrs=self._settings.private_access_cidrs,
                efa=any(plan.efa for plan in plans),
            ),
            self.child(),
        )
        self._cluster = self._control_plane()
        self._access()
        before = self._addons_before_nodes()
        pools = {plan.name: self._pool(plan, before) for plan in plans}
        self._addons_on_nodes(pools["system"])
        for (namespace, account), role in args.pods.items():
            self._pod_identity(namespace, account, role)

        self.cluster_name, self.cluster_arn = self._cluster.name, self._cluster.arn
        self.endpoint = self._cluster.endpoint
        self.certificate_authority = self._cluster.certificate_authority.apply(lambda authority: authority.data or "")
        self.oidc_issuer = self._cluster.identities.apply(_issuer)
        self.oidc_provider_arn = self._oidc_provider() if self._settings.oidc_provider else None
        self.node_group_names = {plan: pool.node_group_name for plan, pool in pools.items()}
        self.nodes_security_group_id = self._security.nodes_group_id

    def _control_plane(self) -> aws.eks.Cluster:
        ground, settings, name = self._ground, self._settings, self._naming.name()
        # EKS makes a log group of this name, unencrypted and without an expiry, unless the group exists before the cluster.
        logs = ground.log_group(self, self._naming.name("cluster-logs"), f"/aws/eks/{name}/cluster")
        self.log_group_name = logs.name
        public = bool(settings.public_access_cidrs)
        return aws.eks.Cluster(
            name,
            name=name,
            version=settings.version,
            role_arn=ground.roles["cluster"],
            vpc_config=aws.eks.ClusterVpcConfigArgs(
                subnet_ids=self._args.vpc.subnet_ids,
                security_group_ids=[self._security.api_group_id],
                endpoint_private_access=True,
                endpoint_public_access=public,
                public_access_cidrs=list(settings.public_access_cidrs) if public else None,
            ),
            access_config=aws.eks.ClusterAccessConfigArgs(
                authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
            ),
            # The add-ons below are pinned, and EKS's own unmanaged copies would clash with them. Never change this value: a
            # change replaces the cluster.
            bootstrap_self_managed_addons=False,
            enabled_cluster_log_types=list(settings.log_types),
            encryption_config=aws.eks.ClusterEncryptionConfigArgs(
                provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=ground.keys["cluster"]), resources=["secrets"]
            ),
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
            deletion_protection=ground.protect,
            tags=self._naming.tags(name),
            opts=self.child(protect=ground.protect, depends_on=[logs, *self._security.ready]),
        )

    def _access(self) -> None:
        # A rule asks for few administrators: there is one, the operator, for whoever makes the cluster gets no rights in it
        # (`bootstrap_cluster_creator_admin_permissions`) and nobody could install a device plug-in otherwise.
        roles = self._ground.roles
        named = {arn.rpartition("/")[2]: arn for arn in self._settings.admin_principal_arns}
        for name, arn in {**named, **{role: roles[role] for role in self._args.admins}}.items():
            self._entry(f"admin-{name}", arn, ADMIN_POLICY)
        for role in self._args.viewers:
            self._entry(f"viewer-{role}", roles[role], VIEW_POLICY)

    def _entry(self, name: str, principal_arn: pulumi.Input[str], policy_arn: str) -> None:
        name = self._naming.name("access", name)
        entry = aws.eks.AccessEntry(
            name,
            cluster_name=self._cluster.name,
            principal_arn=principal_arn,
            type="STANDARD",
            tags=self._naming.tags(name),
            opts=self.child(),
        )
        aws.eks.AccessPolicyAssociation(
            name,
            cluster_name=self._cluster.name,
            principal_arn=entry.principal_arn,
            policy_arn=policy_arn,
            access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
            opts=self.child(depends_on=[entry]),
        )

    def _addons_before_nodes(self) -> list[pulumi.Resource]:
        """The add-ons that must exist before the first node: a node without networking never becomes ready."""
        versions = self._settings.addons
        agent = self._addon("eks-pod-identity-agent", versions.eks_pod_identity_agent)
        role = self._pod_identity(SYSTEM_NAMESPACE, CNI_ACCOUNT, "cni")
        # Prefixes instead of single addresses: 110 pods on a small node, and fewer calls when many start at once.
        configuration = {"env": {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "1"}}
        cni = self._addon("vpc-cni", versions.vpc_cni, depends_on=[role, agent], configuration=configuration)
        return [agent, cni, self._addon("kube-proxy", versions.kube_proxy)]

    def _addons_on_nodes(self, system: NodePool) -> None:
        """The add-ons that become ready only when there are nodes to run their pods."""
        versions = self._settings.addons
        role = self._pod_identity(SYSTEM_NAMESPACE, EBS_ACCOUNT, "ebs-csi")
        self._addon("coredns", versions.coredns, depends_on=[system.node_group])
        self._addon("aws-ebs-csi-driver", versions.aws_ebs_csi_driver, depends_on=[system.node_group, role])

    def _addon(
        self,
        addon: str,
        version: str,
        *,
        depends_on: list[pulumi.Resource] | None = None,
        configuration: Mapping[str, Any] | None = None,
    ) -> aws.eks.Addon:
        name = self._naming.name(addon)
        return aws.eks.Addon(
            name,
            cluster_name=self._cluster.name,
            addon_name=addon,
            addon_version=version,
            configuration_values=json.dumps(configuration, sort_keys=True) if configuration else None,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            tags=self._naming.tags(name),
            opts=self.child(depends_on=depends_on),
        )

    def _pod_identity(self, namespace: str, account: str, role: str) -> aws.eks.PodIdentityAssociation:
        name = self._naming.name("pod", namespace, account)
        return aws.eks.PodIdentityAssociation(
            name,
            cluster_name=self._cluster.name,
            namespace=namespace,
            service_account=account,
            role_arn=self._ground.roles[role],
            tags=self._naming.tags(name),
            opts=self.child(),
        )

    def _pool(self, plan: PoolPlan, before: list[pulumi.Resource]) -> NodePool:
        groups = [self._security.nodes_group_id]
        if plan.efa and self._security.efa_group_id is not None:
            groups.append(self._security.efa_group_id)
        return NodePool(
            self._naming.name("pool", plan.name),
            NodePoolArgs(
                ground=self._ground,
                plan=plan,
                cluster_name=self._cluster.name,
                version=self._settings.version,
                vpc=self._args.vpc,
                security_group_ids=groups,
                after=before,
                hours=self._args.working_hours,
            ),
            self.child(),
        )

    def _oidc_provider(self) -> pulumi.Output[str]:
        # No thumbprint: AWS has trusted EKS's issuer by its own list of authorities since 2023.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
        name = self._naming.name("cluster-oidc")
        provider = aws.iam.OpenIdConnectProvider(
            name,
            url=self.oidc_issuer,
            client_id_lists=["sts.amazonaws.com"],
            tags=self._naming.tags(name),
            opts=self.child(),
        )
        return provider.arn


def _issuer(identities: Any) -> str:
    """The cluster's OpenID Connect issuer; "" where the control plane names none yet."""
    for identity in identities or ():
        for oidc in identity.oidcs or ():
            if oidc.issuer:
                return str(oidc.issuer)
    return ""
