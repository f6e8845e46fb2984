"""The cluster: its private API, encryption, logs and access entries, and the order in which its parts are made and deleted."""

from __future__ import annotations

import pytest

from catalog.types import cloudwatch, eks, iam, vpc
from tests.infra.recorded_components import only, recorded_cluster
from tests.support.recorder import Recording
from tests.support.values import read
from tools.plan.view import ResourceView

RULES = (
    vpc.SECURITY_GROUP_INGRESS_RULE,
    vpc.SECURITY_GROUP_EGRESS_RULE,
)


@pytest.fixture(scope="module")
def stack() -> Recording:
    return recorded_cluster()


def addon(recording: Recording, name: str) -> ResourceView:
    (found,) = [view for view in recording.of(eks.ADDON) if read(view, "addonName") == name]
    return found


def test_the_api_server_is_private_unless_ranges_are_named(stack: Recording) -> None:
    config = read(only(stack, eks.CLUSTER), "vpcConfig")
    assert (config["endpointPrivateAccess"], config["endpointPublicAccess"], config.get("publicAccessCidrs")) == (
        True,
        False,
        None,
    )
    named = read(only(recorded_cluster(publicAccessCidrs=["203.0.113.0/24"]), eks.CLUSTER), "vpcConfig")
    assert (named["endpointPublicAccess"], named["publicAccessCidrs"]) == (True, ["203.0.113.0/24"])


def test_secrets_are_under_our_own_key(stack: Recording) -> None:
    encryption = read(only(stack, eks.CLUSTER), "encryptionConfig")
    assert encryption["resources"] == ["secrets"]
    assert encryption["provider"]["keyArn"].startswith("arn:aws:kms:")


def test_all_logs_go_to_a_group_that_is_there_first_encrypted_and_retained(stack: Recording) -> None:
    cluster, logs = only(stack, eks.CLUSTER), only(stack, cloudwatch.LOG_GROUP)
    assert len(read(cluster, "enabledClusterLogTypes")) == 5
    assert read(logs, "name") == "/aws/eks/slipway-dev/cluster"
    assert read(logs, "retentionInDays") == 90
    assert read(logs, "kmsKeyId")
    assert logs.urn in stack.options[cluster.urn]["dependencies"]


def test_entering_is_by_access_entries_alone(stack: Recording) -> None:
    access = read(only(stack, eks.CLUSTER), "accessConfig")
    assert access == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}


def test_admins_come_from_the_wiring_and_from_settings_and_ci_only_looks() -> None:
    more = recorded_cluster(adminPrincipalArns=["arn:aws:iam::123456789012:role/oncall"])
    policies = {
        read(view, "principalArn").rpartition("/")[2]: read(view, "policyArn").rpartition("/")[2]
        for view in more.of(eks.ACCESS_POLICY_ASSOCIATION)
    }
    assert policies == {
        "operator": "AmazonEKSClusterAdminPolicy",
        "oncall": "AmazonEKSClusterAdminPolicy",
        "ci": "AmazonEKSViewPolicy",
    }
    assert len(more.of(eks.ACCESS_ENTRY)) == 3


def test_every_addon_is_pinned_and_none_is_eks_own_copy(stack: Recording) -> None:
    versions = {read(view, "addonName"): read(view, "addonVersion") for view in stack.of(eks.ADDON)}
    assert set(versions) == {"vpc-cni", "coredns", "kube-proxy", "eks-pod-identity-agent", "aws-ebs-csi-driver"}
    assert all("-eksbuild." in version for version in versions.values())
    assert only(stack, eks.CLUSTER).props["bootstrapSelfManagedAddons"] is False


def test_pods_get_roles_of_their_own(stack: Recording) -> None:
    roles = {
        (read(view, "namespace"), read(view, "serviceAccount")): read(view, "roleArn").rpartition("/")[2]
        for view in stack.of(eks.POD_IDENTITY_ASSOCIATION)
    }
    assert roles == {
        ("kube-system", "aws-node"): "cni",
        ("kube-system", "ebs-csi-controller-sa"): "ebs-csi",
        ("training", "trainer"): "pod-training",
    }


def test_networking_addons_are_made_before_the_first_node_and_deleted_after_the_last(stack: Recording) -> None:
    before = {addon(stack, name).urn for name in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")}
    groups = stack.of(eks.NODE_GROUP)
    assert len(groups) == 2
    for group in groups:
        assert before <= set(stack.options[group.urn]["dependencies"])


def test_addons_that_need_nodes_are_made_after_them_and_deleted_before_them(stack: Recording) -> None:
    (system,) = [view for view in stack.of(eks.NODE_GROUP) if view.name.endswith("-system")]
    for name in ("coredns", "aws-ebs-csi-driver"):
        assert system.urn in stack.options[addon(stack, name).urn]["dependencies"]


def test_rules_stand_before_the_cluster_and_none_opens_a_port_to_the_world(stack: Recording) -> None:
    cluster = only(stack, eks.CLUSTER)
    rules = stack.of(*RULES)
    assert {rule.urn for rule in rules} <= set(stack.options[cluster.urn]["dependencies"])
    for rule in stack.of(RULES[0]):
        assert read(rule, "cidrIpv4") in (None, "10.0.0.0/16"), rule.name
        assert read(rule, "description"), rule.name


def test_a_protected_cluster_is_protected_by_pulumi_and_by_eks() -> None:
    protected = recorded_cluster(protect=True)
    cluster = only(protected, eks.CLUSTER)
    assert protected.options[cluster.urn]["protect"] is True
    assert read(cluster, "deletionProtection") is True


def test_an_oidc_provider_is_made_from_the_clusters_issuer_only_where_asked_for(stack: Recording) -> None:
    assert not stack.of(iam.OPEN_ID_CONNECT_PROVIDER)
    provider = only(recorded_cluster(oidcProvider=True), iam.OPEN_ID_CONNECT_PROVIDER)
    assert read(provider, "url") == "https://oidc.eks.us-east-1.amazonaws.com/id/slipway-dev"
    assert read(provider, "clientIdLists") == ["sts.amazonaws.com"]


def test_everything_has_a_parent_and_what_can_be_tagged_is(stack: Recording) -> None:
    untagged = (eks.ACCESS_POLICY_ASSOCIATION.token,)
    for view in stack:
        if view.custom:
            assert "slipway:compute:" in view.parent, view.name
            assert view.type in untagged or read(view, "tags.Environment") == "dev", view.name


def test_ranges_beyond_the_vpc_reach_the_private_api_only_where_named(stack: Recording) -> None:
    def into_api(recording: Recording) -> set[str]:
        return {read(rule, "cidrIpv4") for rule in recording.of(RULES[0]) if rule.name.startswith("slipway-dev-cluster-api-")}

    assert into_api(stack) == {"10.0.0.0/16"}
    named = recorded_cluster(privateAccessCidrs=["10.99.0.0/16"])
    assert into_api(named) == {"10.0.0.0/16", "10.99.0.0/16"}
    assert read(only(named, eks.CLUSTER), "vpcConfig")["endpointPublicAccess"] is False


def test_broken_nodes_are_replaced_in_every_pool(stack: Recording) -> None:
    assert [read(group, "nodeRepairConfig") for group in stack.of(eks.NODE_GROUP)] == [{"enabled": True}] * 2
