"""Kubernetes clusters: a private API, encrypted secrets, full control-plane logs, access by entries."""

from __future__ import annotations

from typing import Final

from catalog.services import CONTROL_PLANE_LOGS
from catalog.types import eks
from policies.rule import rule
from policies.tagging import is_production
from policies.verdict import PASS, Fail, Verdict, every
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.relations import has_template
from tools.plan.view import ResourceView

_WORLD: Final = frozenset({"0.0.0.0/0", "::/0"})


@rule(
    eks.CLUSTER,
    severity="mandatory",
    frameworks=("FSBP EKS.1",),
    anchors=("CKV_AWS_38", "CKV_AWS_39"),
    why="An API server on the internet is one stolen token, or one Kubernetes flaw, away from the cluster.",
    fix="set vpcConfig.endpointPublicAccess to false, or name the networks in publicAccessCidrs",
)
def endpoint_not_public(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if not block.flag("vpcConfig.endpointPublicAccess", default=True):
        return PASS
    networks = block.strings("vpcConfig.publicAccessCidrs") or ["0.0.0.0/0"]
    return PASS if _WORLD.isdisjoint(networks) else Fail("the API endpoint is open to the world")


@rule(
    eks.CLUSTER,
    severity="advisory",
    why="Without the private endpoint, nodes reach their control plane over the internet.",
    fix="set vpcConfig.endpointPrivateAccess to true",
)
def endpoint_private(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).flag("vpcConfig.endpointPrivateAccess") else Fail("the private endpoint is off")


@rule(
    eks.CLUSTER,
    severity="mandatory",
    frameworks=("FSBP EKS.3", "GDPR 32"),
    anchors=("CKV_AWS_58",),
    why="Secrets in etcd under a key of ours can be read only with both.",
    fix="set encryptionConfig with provider.keyArn and resources [secrets]",
)
def secrets_encrypted(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    covered = "secrets" in block.strings("encryptionConfig.resources")
    if not covered:
        return Fail("encryptionConfig does not cover secrets")
    return PASS if block.text("encryptionConfig.provider.keyArn") else Fail("encryptionConfig names no key")


@rule(
    eks.CLUSTER,
    severity="mandatory",
    frameworks=("FSBP EKS.8", "GDPR 30"),
    anchors=("CKV_AWS_37",),
    why="Who did what in the cluster is in the audit log, and only if it was on.",
    fix=f"set enabledClusterLogTypes to {', '.join(CONTROL_PLANE_LOGS)}",
)
def control_plane_logs(resource: ResourceView) -> Verdict:
    enabled = Block.of(resource).strings("enabledClusterLogTypes")
    missing = [kind for kind in CONTROL_PLANE_LOGS if kind not in enabled]
    return Fail(f"not logged: {', '.join(missing)}") if missing else PASS


@rule(
    eks.CLUSTER,
    severity="mandatory",
    frameworks=("FSBP EKS.1",),
    why="Access by the aws-auth ConfigMap is invisible to IAM, and one bad edit locks everybody out.",
    fix="set accessConfig.authenticationMode to API",
)
def access_by_entries(resource: ResourceView) -> Verdict:
    mode = Block.of(resource).text("accessConfig.authenticationMode")
    return PASS if mode == "API" else Fail(f"authenticationMode is {mode or 'not set'}")


@rule(
    eks.CLUSTER,
    severity="advisory",
    why="Whoever ran `up` first stays cluster administrator, and no plan shows it.",
    fix="set accessConfig.bootstrapClusterCreatorAdminPermissions to false and declare an AccessEntry",
)
def no_hidden_administrator(resource: ResourceView) -> Verdict:
    hidden = Block.of(resource).flag("accessConfig.bootstrapClusterCreatorAdminPermissions", default=True)
    return Fail("the cluster's creator is made administrator") if hidden else PASS


@rule(
    eks.ACCESS_POLICY_ASSOCIATION,
    severity="advisory",
    why="A cluster administrator reads every secret of every tenant.",
    fix="give AmazonEKSAdminPolicy or AmazonEKSEditPolicy on the namespaces that are theirs",
)
def administrators_are_few(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    whole = block.text("accessScope.type") == "cluster" and block.text("policyArn").endswith("AmazonEKSClusterAdminPolicy")
    return Fail("it makes its principal administrator of the whole cluster") if whole else PASS


@rule(
    eks.NODE_GROUP,
    severity="mandatory",
    anchors=("CKV_AWS_100",),
    why="SSH on nodes without a source group is open to the world.",
    fix="drop remoteAccess and use Session Manager, or name sourceSecurityGroupIds",
)
def nodes_take_no_ssh(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    key = block.given("remoteAccess.ec2SshKey")
    return Fail("SSH is open on the nodes") if key and not block.has("remoteAccess.sourceSecurityGroupIds") else PASS


@rule(
    eks.NODE_GROUP,
    severity="advisory",
    frameworks=("FSBP EC2.170",),
    why="Without a launch template nodes take EKS's defaults: IMDSv1 reachable from pods, disks under AWS's key.",
    fix="set launchTemplate",
)
def nodes_come_from_a_template(resource: ResourceView) -> Verdict:
    return PASS if has_template(resource) else Fail("no launch template is set")


@rule(
    eks.NODE_GROUP,
    severity="advisory",
    why="A node group that never replaces broken nodes keeps a dead GPU in a training job.",
    fix="set nodeRepairConfig.enabled to true",
)
def broken_nodes_are_repaired(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).flag("nodeRepairConfig.enabled") else Fail("node repair is off")


@rule(
    eks.CLUSTER,
    severity="advisory",
    anchors=("prowler eks_cluster_deletion_protection_enabled",),
    why="A production cluster should not go with one mistyped command.",
    fix="set deletionProtection to true in production",
)
def cluster_kept_in_production(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if not is_production(resource, plan):
        return PASS
    return PASS if Block.of(resource).flag("deletionProtection") else Fail("deletion protection is off")


@rule(
    eks.CLUSTER,
    eks.NODE_GROUP,
    severity="mandatory",
    frameworks=("FSBP EKS.2",),
    why="Two zones are what the control plane asks for; one for a whole cluster is an outage waiting.",
    fix="give the cluster subnets in two zones or more (a GPU pool may keep to one)",
)
def subnets_are_given(resource: ResourceView) -> Verdict:
    path, least = ("vpcConfig.subnetIds", 2) if resource.type == eks.CLUSTER.token else ("subnetIds", 1)
    count = len(Block.of(resource).items(path))
    return PASS if count >= least else Fail(f"{path} has {count}, fewer than {least}")


@rule(
    eks.CLUSTER,
    severity="mandatory",
    why="A network of the world's own size in publicAccessCidrs (0.0.0.0/1 and 128.0.0.0/1) is the world.",
    fix="name networks of /8 or smaller",
)
def public_networks_are_small(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if not block.flag("vpcConfig.endpointPublicAccess", default=True):
        return PASS

    def small(network: str) -> Verdict:
        _, _, bits = network.partition("/")
        return Fail(f"{network} is most of the internet") if bits.isdigit() and 0 < int(bits) < 8 else PASS

    return every(block.strings("vpcConfig.publicAccessCidrs"), small)
