"""The private EKS cluster: control plane, who may enter, add-ons, pools of nodes.

What is made before what is the point of this file. Destroying goes the other way round: what needs nodes to be removed cleanly
goes first, then nodes, then the network plug-in whose interfaces they held, then the control plane, then groups and logs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from infra.base.naming import Naming
from infra.cluster.gpu_pool import PoolPlan, gpu_plan, system_plan
from infra.cluster.node_pool import NodePool, NodePoolArgs
from infra.cluster.security import ClusterSecurity, ClusterSecurityArgs
from infra.cluster.settings import ClusterSettings
from infra.money.settings import WorkingHours

# https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
ADMIN_POLICY: Final = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
# Not AmazonEKSAdminViewPolicy: that one reads every Kubernetes secret.
VIEW_POLICY: Final = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
SYSTEM_NAMESPACE: Final = "kube-system"
CNI_ACCOUNT: Final = "aws-node"
EBS_ACCOUNT: Final = "ebs-csi-controller-sa"


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """What a cluster needs from others.

    `private_subnets` is by zone name, in order. `admin_role_arns` and `viewer_role_arns` are by a plain name; these admins come
    on top of the settings' own. `pod_role_arns` is by (namespace, service account). `resize_role_arn` keeps the `working_hours`.
    """

    naming: Naming
    settings: ClusterSettings
    vpc_id: pulumi.Input[str]
    vpc_cidr: str
    private_subnets: Mapping[str, pulumi.Input[str]]
    cluster_role_arn: pulumi.Input[str]
    node_role_arn: pulumi.Input[str]
    cni_role_arn: pulumi.Input[str]
    ebs_csi_role_arn: pulumi.Input[str]
    cluster_key_arn: pulumi.Input[str]
    logs_key_arn: pulumi.Input[str]
    log_retention_days: int
    admin_role_arns: Mapping[str, pulumi.Input[str]]
    viewer_role_arns: Mapping[str, pulumi.Input[str]]
    pod_role_arns: Mapping[tuple[str, str], pulumi.Input[str]]
    protect: bool
    working_hours: WorkingHours | None = None
    resize_role_arn: pulumi.Input[str] | None = None


class Cluster(pulumi.ComponentResource):
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

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:compute:Cluster", name, None, opts)
        self._args, self._naming, self._settings = args, args.naming, args.settings
        zones = tuple(args.private_subnets)
        plans = [system_plan(self._settings.system_pool, zones), *(gpu_plan(pool, zones) for pool in self._settings.gpu_pools)]
        self._security = ClusterSecurity(
            self._naming.name("cluster-security"),
            ClusterSecurityArgs(
                naming=self._naming,
                vpc_id=args.vpc_id,
                vpc_cidr=args.vpc_cidr,
                api_cidrs=self._settings.private_access_cidrs,
                efa=any(plan.efa for plan in plans),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self._cluster = self._control_plane()
        self._access()
        before = self._addons_before_nodes()
        pools = {plan.name: self._pool(plan, before) for plan in plans}
        self._addons_on_nodes(pools["system"])
        for (namespace, account), role_arn in args.pod_role_arns.items():
            self._pod_identity(namespace, account, role_arn)

        self.cluster_name, self.cluster_arn = self._cluster.name, self._cluster.arn
        self.endpoint = self._cluster.endpoint
        self.certificate_authority = self._cluster.certificate_authority.apply(lambda authority: authority.data or "")
        self.oidc_issuer = self._cluster.identities.apply(_issuer)
        self.oidc_provider_arn = self._oidc_provider() if self._settings.oidc_provider else None
        self.node_group_names = {plan: pool.node_group_name for plan, pool in pools.items()}
        self.nodes_security_group_id = self._security.nodes_group_id
        outputs: dict[str, Any] = {
            "clusterName": self.cluster_name,
            "clusterArn": self.cluster_arn,
            "endpoint": self.endpoint,
            "certificateAuthority": self.certificate_authority,
            "oidcIssuer": self.oidc_issuer,
            "nodeGroupNames": self.node_group_names,
            "nodesSecurityGroupId": self.nodes_security_group_id,
            "logGroupName": self.log_group_name,
        }
        if self.oidc_provider_arn is not None:
            outputs["oidcProviderArn"] = self.oidc_provider_arn
        self.register_outputs(outputs)

    def _control_plane(self) -> aws.eks.Cluster:
        args, settings, name = self._args, self._settings, self._naming.name()
        # EKS makes this group itself, unencrypted and kept for ever, unless it is there first.
        logs = aws.cloudwatch.LogGroup(
            self._naming.name("cluster-logs"),
            name=f"/aws/eks/{name}/cluster",
            retention_in_days=args.log_retention_days,
            kms_key_id=args.logs_key_arn,
            tags=self._naming.tags(self._naming.name("cluster-logs")),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.log_group_name = logs.name
        public = bool(settings.public_access_cidrs)
        return aws.eks.Cluster(
            name,
            name=name,
            version=settings.version,
            role_arn=args.cluster_role_arn,
            vpc_config=aws.eks.ClusterVpcConfigArgs(
                subnet_ids=list(args.private_subnets.values()),
                security_group_ids=[self._security.api_group_id],
                endpoint_private_access=True,
                endpoint_public_access=public,
                public_access_cidrs=list(settings.public_access_cidrs) if public else None,
            ),
            access_config=aws.eks.ClusterAccessConfigArgs(
                authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
            ),
            # Add-ons are declared here, pinned; EKS's own unmanaged copies would fight with them. Create-only: never change it.
            bootstrap_self_managed_addons=False,
            enabled_cluster_log_types=list(settings.log_types),
            encryption_config=aws.eks.ClusterEncryptionConfigArgs(
                provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=args.cluster_key_arn), resources=["secrets"]
            ),
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
            deletion_protection=args.protect,
            tags=self._naming.tags(name),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=[logs, *self._security.ready]),
        )

    def _access(self) -> None:
        # A rule asks for few administrators: there is one, the operator, for whoever makes the cluster gets no rights in it
        # (`bootstrap_cluster_creator_admin_permissions`) and nobody could install a device plug-in otherwise.
        named = {arn.rpartition("/")[2]: arn for arn in self._settings.admin_principal_arns}
        for name, arn in {**named, **self._args.admin_role_arns}.items():
            self._entry(f"admin-{name}", arn, ADMIN_POLICY)
        for name, arn in self._args.viewer_role_arns.items():
            self._entry(f"viewer-{name}", arn, VIEW_POLICY)

    def _entry(self, name: str, principal_arn: pulumi.Input[str], policy_arn: str) -> None:
        name = self._naming.name("access", name)
        entry = aws.eks.AccessEntry(
            name,
            cluster_name=self._cluster.name,
            principal_arn=principal_arn,
            type="STANDARD",
            tags=self._naming.tags(name),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.eks.AccessPolicyAssociation(
            name,
            cluster_name=self._cluster.name,
            principal_arn=entry.principal_arn,
            policy_arn=policy_arn,
            access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[entry]),
        )

    def _addons_before_nodes(self) -> list[pulumi.Resource]:
        """What every node runs from its first second: a node without networking never becomes ready."""
        versions = self._settings.addons
        agent = self._addon("eks-pod-identity-agent", versions.eks_pod_identity_agent)
        role = self._pod_identity(SYSTEM_NAMESPACE, CNI_ACCOUNT, self._args.cni_role_arn)
        # Prefixes instead of single addresses: 110 pods on a small node, and fewer calls when many start at once.
        configuration = {"env": {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "1"}}
        cni = self._addon("vpc-cni", versions.vpc_cni, depends_on=[role, agent], configuration=configuration)
        return [agent, cni, self._addon("kube-proxy", versions.kube_proxy)]

    def _addons_on_nodes(self, system: NodePool) -> None:
        """What is ready only once it has nodes to run on."""
        versions = self._settings.addons
        role = self._pod_identity(SYSTEM_NAMESPACE, EBS_ACCOUNT, self._args.ebs_csi_role_arn)
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
            opts=pulumi.ResourceOptions(parent=self, depends_on=depends_on),
        )

    def _pod_identity(self, namespace: str, account: str, role_arn: pulumi.Input[str]) -> aws.eks.PodIdentityAssociation:
        name = self._naming.name("pod", namespace, account)
        return aws.eks.PodIdentityAssociation(
            name,
            cluster_name=self._cluster.name,
            namespace=namespace,
            service_account=account,
            role_arn=role_arn,
            tags=self._naming.tags(name),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _pool(self, plan: PoolPlan, before: list[pulumi.Resource]) -> NodePool:
        args = self._args
        return NodePool(
            self._naming.name("pool", plan.name),
            NodePoolArgs(
                naming=self._naming,
                plan=plan,
                cluster_name=self._cluster.name,
                version=self._settings.version,
                node_role_arn=args.node_role_arn,
                subnets=args.private_subnets,
                security_group_id=self._security.nodes_group_id,
                efa_security_group_id=self._security.efa_group_id,
                key_arn=args.cluster_key_arn,
                after=before,
                hours=args.working_hours,
                resize_role_arn=args.resize_role_arn,
            ),
            pulumi.ResourceOptions(parent=self),
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
            opts=pulumi.ResourceOptions(parent=self),
        )
        return provider.arn


def _issuer(identities: Any) -> str:
    """The cluster's OpenID Connect issuer; "" where the control plane has told none yet."""
    for identity in identities or ():
        for oidc in identity.oidcs or ():
            if oidc.issuer:
                return str(oidc.issuer)
    return ""
