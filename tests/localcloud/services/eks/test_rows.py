"""EKS rows: what the golden walk does not show (a production cluster, its nodes, who may enter, what goes with what)."""

from __future__ import annotations

from typing import Any

import botocore.exceptions
import pytest

from catalog.types import eks as eks_types
from localcloud.kernel.diff import UNKNOWN_MARK
from tests.localcloud.cloud import Cloud, Made

ROLE = "{ref:aws:iam/role:Role#main.arn}"
SUBNETS = ["{ref:aws:ec2/subnet:Subnet#a.id}", "{ref:aws:ec2/subnet:Subnet#b.id}"]
VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
VPC_CONFIG: dict[str, Any] = {"subnetIds": SUBNETS, "endpointPrivateAccess": True, "endpointPublicAccess": False}


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return Cloud()


def _cluster(cloud: Cloud, name: str, **more: Any) -> Made:
    given: dict[str, Any] = {
        "roleArn": ROLE,
        "version": "1.33",
        "vpcConfig": {**VPC_CONFIG, "securityGroupIds": ["{ref:aws:ec2/securityGroup:SecurityGroup#main.id}"]},
        "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
        "bootstrapSelfManagedAddons": False,
        "enabledClusterLogTypes": ["api", "audit"],
        "encryptionConfig": {"provider": {"keyArn": "{ref:aws:kms/key:Key#main.arn}"}, "resources": ["secrets"]},
        "upgradePolicy": {"supportType": "STANDARD"},
        "deletionProtection": False,
        "tags": {"team": "ml"},
    }
    return cloud.make(eks_types.CLUSTER.token, name=name, **{**given, **more})


def _nodes(cloud: Cloud, cluster: Made, **more: Any) -> Made:
    template = cloud.world.make("aws:ec2/launchTemplate:LaunchTemplate", "nodes")["id"]
    given: dict[str, Any] = {
        "clusterName": cluster.id,
        "nodeGroupNamePrefix": "gpu-",
        "nodeRoleArn": ROLE,
        "version": "1.33",
        "amiType": "AL2023_x86_64_NVIDIA",
        "capacityType": "SPOT",
        "instanceTypes": ["g5.xlarge"],
        "subnetIds": SUBNETS[:1],
        "launchTemplate": {"id": template, "version": "1"},
        "scalingConfig": {"minSize": 0, "desiredSize": 1, "maxSize": 3},
        "updateConfig": {"maxUnavailable": 1},
        "nodeRepairConfig": {"enabled": True},
        "labels": {"pool": "gpu"},
        "taints": [{"key": "gpu", "value": "true", "effect": "NO_SCHEDULE"}],
        "tags": {"team": "ml"},
    }
    return cloud.make(eks_types.NODE_GROUP.token, **{**given, **more})


@pytest.fixture(scope="module")
def cluster(cloud: Cloud) -> Made:
    return _cluster(cloud, "shared")


@pytest.fixture(scope="module")
def nodes(cloud: Cloud, cluster: Made) -> Made:
    return _nodes(cloud, cluster)


def _code(error: pytest.ExceptionInfo[botocore.exceptions.ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


@pytest.mark.parametrize("kind", ["cluster", "nodes"])
def test_a_full_one_is_settled_after_create_and_refresh(cloud: Cloud, kind: str, request: pytest.FixtureRequest) -> None:
    made: Made = request.getfixturevalue(kind)
    assert cloud.plan(made).effect == "none"
    assert cloud.refresh(made) == made.inputs
    found = cloud.imported(made.token, made.id)
    assert found is not None
    assert found[1].items() >= {key: made.inputs[key] for key in ("tags", "version")}.items()


def test_a_cluster_s_settings_change_one_by_one_and_nothing_else_does(cloud: Cloud, cluster: Made) -> None:
    public = {**cluster.inputs["vpcConfig"], "endpointPublicAccess": True, "publicAccessCidrs": ["10.0.0.0/8"]}
    before = cluster.outputs["vpcConfig"]
    after = cloud.change(cluster, vpcConfig=public)["vpcConfig"]
    assert {key for key in after if after[key] != before.get(key)} == {"endpointPublicAccess", "publicAccessCidrs"}
    assert cloud.change(cluster, version="1.34")["version"] == "1.34"
    assert "enabledClusterLogTypes" not in cloud.change(cluster, enabledClusterLogTypes=None)
    mode = {"authenticationMode": "API_AND_CONFIG_MAP"}
    assert cloud.change(cluster, accessConfig=mode)["accessConfig"] == {**mode, "bootstrapClusterCreatorAdminPermissions": False}
    assert cloud.change(cluster, tags={"team": "web", "new": "1"})["tags"] == {"team": "web", "new": "1"}
    assert "tags" not in cloud.change(cluster, tags=None)


def test_a_preview_knows_what_aws_has_filled_in_and_what_it_will(cloud: Cloud, cluster: Made) -> None:
    vpc = cloud.engine.preview(eks_types.CLUSTER.token, {}, cluster.inputs)["vpcConfig"]
    assert (vpc["vpcId"], vpc["clusterSecurityGroupId"]) == (UNKNOWN_MARK, UNKNOWN_MARK)
    assert vpc["subnetIds"] == cluster.inputs["vpcConfig"]["subnetIds"]
    after = cloud.engine.preview(eks_types.CLUSTER.token, cluster.outputs, {**cluster.inputs, "tags": {"a": "b"}})
    assert after["vpcConfig"].items() >= cluster.outputs["vpcConfig"].items()


def test_what_makes_a_cluster_anew(cloud: Cloud, cluster: Made) -> None:
    creator = {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True}
    assert cloud.plan(cluster, encryptionConfig=None).replaces == ("encryptionConfig",)
    assert cloud.plan(cluster, accessConfig=creator).effect == "replace"
    assert cloud.plan(cluster, kubernetesNetworkConfig={"serviceIpv4Cidr": "10.100.0.0/16"}).effect == "replace"
    assert cloud.plan(cluster, roleArn="arn:aws:iam::123456789012:role/other").delete_before_replace


def test_a_cluster_with_protection_or_nodes_is_not_deleted(cloud: Cloud) -> None:
    made = _cluster(cloud, "guarded", deletionProtection=True)
    with pytest.raises(botocore.exceptions.ClientError, match="deletion protection") as error:
        cloud.delete(made)
    assert _code(error) == "InvalidRequestException"
    cloud.change(made, deletionProtection=False)
    group = _nodes(cloud, made)
    with pytest.raises(botocore.exceptions.ClientError) as error:
        cloud.delete(made)
    assert _code(error) == "ResourceInUseException"
    for gone in (group, made, group, made):
        cloud.delete(gone)
    assert cloud.refresh(made) is None


def test_a_cluster_takes_with_it_what_is_its_own(cloud: Cloud) -> None:
    made = _cluster(cloud, "owner")
    group = made.outputs["vpcConfig"]["clusterSecurityGroupId"]
    inside = [
        cloud.make(eks_types.ADDON.token, clusterName=made.id, addonName="vpc-cni"),
        cloud.make(eks_types.ACCESS_ENTRY.token, clusterName=made.id, principalArn=ROLE),
        cloud.make(
            eks_types.POD_IDENTITY_ASSOCIATION.token, clusterName=made.id, namespace="ml", serviceAccount="it", roleArn=ROLE
        ),
    ]
    cloud.delete(made)
    assert [cloud.refresh(item) for item in inside] == [None, None, None]
    assert group not in [item["GroupId"] for item in cloud.client("ec2").describe_security_groups()["SecurityGroups"]]


def test_each_cluster_has_an_issuer_of_its_own(cloud: Cloud, cluster: Made) -> None:
    other = _cluster(cloud, "other")
    assert other.outputs["identities"] != cluster.outputs["identities"]


@pytest.mark.parametrize(
    ("subnets", "says"),
    [(SUBNETS[:1], "at least two different AZs"), ([*SUBNETS, "subnet-gone"], "'subnet-gone' does not exist")],
)
def test_subnets_that_eks_would_refuse_are_refused(cloud: Cloud, subnets: list[str], says: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match=says):
        cloud.make(eks_types.CLUSTER.token, name="bad", roleArn=ROLE, vpcConfig={"subnetIds": subnets})


def test_nodes_change_in_place(cloud: Cloud, nodes: Made) -> None:
    template = nodes.outputs["launchTemplate"]
    assert cloud.change(nodes, launchTemplate={"id": template["id"], "version": "2"})["launchTemplate"]["version"] == "2"
    cloud.client("eks").update_cluster_version(name=nodes.inputs["clusterName"], version="1.34")  # nodes follow their cluster
    assert cloud.change(nodes, version="1.34")["releaseVersion"].startswith("1.34.")
    assert cloud.change(nodes, labels={"other": "1"})["labels"] == {"other": "1"}
    assert cloud.change(nodes, taints=[{"key": "gpu", "effect": "NO_EXECUTE"}])["taints"] == [
        {"effect": "NO_EXECUTE", "key": "gpu"}
    ]
    assert cloud.change(nodes, taints=None)["taints"] == []
    assert cloud.change(nodes, updateConfig={"maxUnavailablePercentage": 50})["updateConfig"] == {"maxUnavailablePercentage": 50}
    assert cloud.change(nodes, scalingConfig={"minSize": 1, "desiredSize": 2, "maxSize": 4})["scalingConfig"]["maxSize"] == 4
    assert "tags" not in cloud.change(nodes, tags=None)
    assert cloud.plan(nodes, launchTemplate=None).replaces == ("launchTemplate",)


def test_nodes_take_their_name_from_the_prefix_and_their_version_from_the_cluster(cloud: Cloud, cluster: Made) -> None:
    made = _nodes(cloud, cluster, version=None, nodeGroupNamePrefix="cpu-")
    assert made.outputs["nodeGroupName"].startswith("cpu-")
    assert made.outputs["version"] == cluster.outputs["version"]
    assert "diskSize" not in made.outputs


def test_an_add_on_loses_the_role_that_is_not_named_again(cloud: Cloud, cluster: Made) -> None:
    made = cloud.make(
        eks_types.ADDON.token, clusterName=cluster.id, addonName="vpc-cni", addonVersion="v1", serviceAccountRoleArn=ROLE
    )
    assert cloud.change(made, addonVersion="v2")["serviceAccountRoleArn"] == made.inputs["serviceAccountRoleArn"]
    assert "serviceAccountRoleArn" not in cloud.change(made, serviceAccountRoleArn=None)
    cloud.delete(made)
    cloud.delete(made)
    assert cloud.imported(eks_types.ADDON.token, made.id) is None


def test_entries_need_a_cluster_that_takes_them_and_policies_an_entry(cloud: Cloud, cluster: Made) -> None:
    old = _cluster(cloud, "old", accessConfig={"authenticationMode": "CONFIG_MAP"})
    with pytest.raises(botocore.exceptions.ClientError, match="authentication mode"):
        cloud.make(eks_types.ACCESS_ENTRY.token, clusterName=old.id, principalArn=ROLE)
    policy = {"clusterName": cluster.id, "principalArn": ROLE, "policyArn": VIEW, "accessScope": {"type": "cluster"}}
    with pytest.raises(botocore.exceptions.ClientError) as error:
        cloud.make(eks_types.ACCESS_POLICY_ASSOCIATION.token, **policy)
    assert _code(error) == "ResourceNotFoundException"
    entry = cloud.make(eks_types.ACCESS_ENTRY.token, clusterName=cluster.id, principalArn=ROLE)
    made = cloud.make(eks_types.ACCESS_POLICY_ASSOCIATION.token, **policy)
    assert cloud.imported(eks_types.ACCESS_POLICY_ASSOCIATION.token, made.id) == (made.id, made.inputs)
    cloud.delete(entry)
    assert cloud.refresh(made) is None
    cloud.delete(made)


def test_a_service_account_has_one_role_and_is_imported_by_cluster_and_id(cloud: Cloud, cluster: Made) -> None:
    given = {"clusterName": cluster.id, "namespace": "ml", "serviceAccount": "trainer", "roleArn": ROLE}
    made = cloud.make(eks_types.POD_IDENTITY_ASSOCIATION.token, **given)
    with pytest.raises(botocore.exceptions.ClientError) as error:
        cloud.make(eks_types.POD_IDENTITY_ASSOCIATION.token, **given)
    assert _code(error) == "ResourceInUseException"
    assert cloud.imported(eks_types.POD_IDENTITY_ASSOCIATION.token, f"{cluster.id},{made.id}") == (made.id, made.inputs)
    assert cloud.change(made, roleArn="{ref:aws:iam/role:Role#other.arn}")["associationId"] == made.id
    cloud.delete(made)
    assert cloud.imported(eks_types.POD_IDENTITY_ASSOCIATION.token, made.id) is None


def test_an_update_is_described_as_done(cloud: Cloud, cluster: Made) -> None:
    eks = cloud.client("eks")
    update = eks.update_cluster_config(name=cluster.id, logging={"clusterLogging": [{"types": ["api"], "enabled": False}]})[
        "update"
    ]
    assert eks.describe_update(name=cluster.id, updateId=update["id"])["update"]["status"] == "Successful"
    with pytest.raises(botocore.exceptions.ClientError, match="No update found"):
        eks.describe_update(name=cluster.id, updateId="none")
