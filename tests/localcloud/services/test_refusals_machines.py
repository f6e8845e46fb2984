"""What EC2, EKS and SageMaker refuse: values over their limits, and values that are against each other."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.localcloud.unchecked import ROLE, Unchecked


@pytest.fixture
def aws() -> Unchecked:
    return Unchecked()


def encoded(size: int) -> str:
    return base64.b64encode(b"#" * size).decode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (encoded(16_384), None),
        ("", None),
        (encoded(16_385), "InvalidParameterValue: User data is limited to 16384 bytes"),
        ("#!/bin/bash", "InvalidUserData.Malformed: Invalid BASE64 encoding of user data."),
        (encoded(5)[:-1], "InvalidUserData.Malformed: Invalid BASE64 encoding of user data."),
        (encoded(5) + "é", "InvalidUserData.Malformed: Invalid BASE64 encoding of user data."),
    ],
    ids=["16 KiB", "none", "over", "plain", "cut", "letters"],
)
def test_user_data_is_base64_of_16_kib(aws: Unchecked, data: str, says: str | None) -> None:
    asked = {"LaunchTemplateName": "tpl", "LaunchTemplateData": {"ImageId": "ami-1", "UserData": data}}
    assert aws.refused("ec2", "create_launch_template", **asked) == says


@pytest.mark.parametrize(
    ("volume", "code"),
    [
        ({"VolumeType": "gp3", "Size": 1}, None),
        ({"VolumeType": "gp3", "Size": 65_536, "Iops": 80_000, "Throughput": 2_000}, None),
        ({"VolumeType": "gp3", "Size": 65_537}, "InvalidParameterValue"),
        ({"VolumeType": "gp3", "Size": 100, "Iops": 2_999}, "InvalidParameterValue"),
        ({"VolumeType": "gp3", "Size": 10, "Iops": 5_001}, "InvalidParameterValue"),
        ({"VolumeType": "gp3", "Size": 100, "Throughput": 751}, "InvalidParameterValue"),
        ({"VolumeType": "gp3", "Size": 100, "Throughput": 750}, None),
        ({"VolumeType": "gp2", "Size": 16_385}, "InvalidParameterValue"),
        ({"VolumeType": "gp2", "Size": 100, "Iops": 3_000}, "InvalidParameterCombination"),
        ({"VolumeType": "gp2", "Size": 100, "Throughput": 125}, "InvalidParameterCombination"),
        ({"VolumeType": "io2", "Size": 4, "Iops": 4_000}, None),
        ({"VolumeType": "io2", "Size": 4, "Iops": 4_001}, "InvalidParameterValue"),
        ({"VolumeType": "io1", "Size": 100}, "MissingParameter"),
        ({"VolumeType": "st1", "Size": 124}, "InvalidParameterValue"),
        ({"VolumeType": "ssd", "Size": 10}, "InvalidParameterValue"),
        ({}, "MissingParameter"),
    ],
    ids=str,
)
def test_volumes_have_the_sizes_and_speeds_of_their_type(aws: Unchecked, volume: dict[str, Any], code: str | None) -> None:
    answer = aws.refused("ec2", "create_volume", AvailabilityZone="us-east-1a", **volume)
    assert answer is None if code is None else str(answer).startswith(f"{code}: ")


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65_535}, None),
        ({"IpProtocol": "-1"}, None),
        ({"IpProtocol": "50", "FromPort": -1, "ToPort": -1}, None),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}, None),
        ({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 80}, "InvalidParameterValue: Invalid TCP port range (443:80)"),
        ({"IpProtocol": "udp", "FromPort": 1, "ToPort": 65_536}, "InvalidParameterValue: Invalid UDP port range (1:65536)"),
        ({"IpProtocol": "tcp", "FromPort": -1, "ToPort": 80}, "InvalidParameterValue: Invalid TCP port range (-1:80)"),
        ({"IpProtocol": "tcp", "FromPort": 80}, "InvalidParameterValue: Invalid value 'Must specify both"),
        ({"IpProtocol": "http", "FromPort": 80, "ToPort": 80}, "InvalidParameterValue: Invalid value 'http' for IP protocol."),
        ({"IpProtocol": "256"}, "InvalidParameterValue: Invalid value '256' for IP protocol."),
        ({"IpProtocol": "icmp", "FromPort": 8, "ToPort": 256}, "InvalidParameterValue: ICMP code (256) is out of range"),
    ],
    ids=str,
)
def test_rules_of_a_security_group_have_ports_that_are(aws: Unchecked, rule: dict[str, Any], says: str | None) -> None:
    vpc = aws.do("ec2", "create_vpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = aws.do("ec2", "create_security_group", GroupName="it", Description="it", VpcId=vpc)["GroupId"]
    permission = {**rule, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}
    answer = aws.refused("ec2", "authorize_security_group_ingress", GroupId=group, IpPermissions=[permission])
    assert answer is None if says is None else str(answer).startswith(says)


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("create_vpc", {"CidrBlock": "10.0.0.0/16"}, None),
        ("create_vpc", {"CidrBlock": "10.0.0.0/28"}, None),
        ("create_vpc", {"CidrBlock": "10.0.0.0/15"}, "InvalidVpc.Range"),
        ("create_vpc", {"CidrBlock": "10.0.0.0/29"}, "InvalidVpc.Range"),
        ("create_vpc", {"CidrBlock": "10.0.0.0"}, "InvalidVpc.Range"),
        ("create_vpc", {"CidrBlock": "ten"}, "InvalidParameterValue"),
        ("create_subnet", {"CidrBlock": "10.1.0.0/28"}, None),
        ("create_subnet", {"CidrBlock": "10.1.0.0/29"}, "InvalidSubnet.Range"),
        ("create_subnet", {"CidrBlock": "10.2.0.0/24"}, "InvalidSubnet.Range"),
        ("create_subnet", {"CidrBlock": "10.1.1.0/24"}, "InvalidSubnet.Conflict"),
        ("create_subnet", {"CidrBlock": "10.1.0.0/16"}, "InvalidSubnet.Conflict"),
    ],
    ids=str,
)
def test_ranges_lie_in_each_other_and_not_over_each_other(
    aws: Unchecked, operation: str, params: dict[str, Any], code: str | None
) -> None:
    if operation == "create_subnet":
        params = {**params, "VpcId": aws.do("ec2", "create_vpc", CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]}
        aws.do("ec2", "create_subnet", VpcId=params["VpcId"], CidrBlock="10.1.1.0/25")
    answer = aws.refused("ec2", operation, **params)
    assert answer is None if code is None else str(answer).startswith(f"{code}: ")


def test_a_route_goes_from_one_range_to_one_target(aws: Unchecked) -> None:
    vpc = aws.do("ec2", "create_vpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    table = aws.do("ec2", "create_route_table", VpcId=vpc)["RouteTable"]["RouteTableId"]
    gateway = aws.do("ec2", "create_internet_gateway")["InternetGateway"]["InternetGatewayId"]
    aws.do("ec2", "attach_internet_gateway", VpcId=vpc, InternetGatewayId=gateway)
    everywhere = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    assert str(aws.refused("ec2", "create_route", **everywhere)).startswith("MissingParameter: ")
    both = {**everywhere, "GatewayId": gateway, "NatGatewayId": "nat-1"}
    assert str(aws.refused("ec2", "create_route", **both)).startswith("InvalidParameterCombination: ")
    assert str(aws.refused("ec2", "create_route", RouteTableId=table, GatewayId=gateway)).startswith("MissingParameter: ")
    assert aws.refused("ec2", "create_route", **everywhere, GatewayId=gateway) is None


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([("k" * 127, "v" * 255)], None),
        ([(f"k{n}", "v") for n in range(50)], None),
        ([(f"k{n}", "v") for n in range(51)], "TagLimitExceeded"),
        ([("aws:mine", "v")], "InvalidParameterValue"),
        ([("k", "v" * 257)], "InvalidParameterValue"),
        ([("k" * 129, "v")], "InvalidParameterValue"),
    ],
    ids=["long", "fifty", "fifty-one", "reserved", "value", "key"],
)
def test_tags_are_fifty_and_none_of_aws_s_own(aws: Unchecked, tags: list[tuple[str, str]], code: str | None) -> None:
    given = [{"Key": key, "Value": value} for key, value in tags]
    vpc = aws.do("ec2", "create_vpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    on_create = [{"ResourceType": "vpc", "Tags": given}]
    for answer in (
        aws.refused("ec2", "create_tags", Resources=[vpc], Tags=given),
        aws.refused("ec2", "create_vpc", CidrBlock="10.0.0.0/16", TagSpecifications=on_create),
    ):
        assert answer is None if code is None else str(answer).startswith(f"{code}: ")


class Eks:
    """A cluster of 1.34 with a node group of its version."""

    def __init__(self, aws: Unchecked) -> None:
        self.aws = aws
        vpc = aws.do("ec2", "create_vpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            aws.do("ec2", "create_subnet", VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"][
                "SubnetId"
            ]
            for n, zone in enumerate("ab")
        ]
        self.made = {"name": "c", "roleArn": ROLE, "resourcesVpcConfig": {"subnetIds": self.subnets}}
        aws.do("eks", "create_cluster", **self.made, version="1.34")

    def nodes(self, name: str = "n", **params: Any) -> str | None:
        wanted = {"clusterName": "c", "nodegroupName": name, "nodeRole": ROLE, "subnets": self.subnets, **params}
        return self.aws.refused("eks", "create_nodegroup", **wanted)


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ((0, 0, 1), None),
        ((2, 2, 2), None),
        ((2, 1, 3), "Minimum capacity 2 can't be greater than desired size 1"),
        ((0, 4, 3), "desired capacity 4 can't be greater than max size 3"),
        ((3, 3, 2), "Minimum capacity 3 can't be greater than max size 2"),
        ((0, 0, 0), "at 'scalingConfig.maxSize' failed to satisfy constraint: Member must have value greater than or equal to 1"),
        (
            (-1, 0, 1),
            "at 'scalingConfig.minSize' failed to satisfy constraint: Member must have value greater than or equal to 0",
        ),
    ],
)
def test_sizes_of_a_node_group_stand_in_their_order(aws: Unchecked, sizes: tuple[int, int, int], says: str | None) -> None:
    least, wanted, most = sizes
    eks = Eks(aws)
    config = {"minSize": least, "desiredSize": wanted, "maxSize": most}
    answer = eks.nodes(scalingConfig=config)
    assert answer is None if says is None else str(answer).startswith("InvalidParameterException: ") and says in str(answer)
    assert eks.nodes("there", scalingConfig={"minSize": 1, "desiredSize": 1, "maxSize": 5}) is None
    answer = aws.refused("eks", "update_nodegroup_config", clusterName="c", nodegroupName="there", scalingConfig=config)
    assert answer is None if says is None else says in str(answer)


def test_an_update_of_one_size_is_weighed_with_the_others_that_stay(aws: Unchecked) -> None:
    eks = Eks(aws)
    eks.nodes(scalingConfig={"minSize": 1, "desiredSize": 2, "maxSize": 5})
    answer = aws.refused("eks", "update_nodegroup_config", clusterName="c", nodegroupName="n", scalingConfig={"minSize": 3})
    assert answer == "InvalidParameterException: Minimum capacity 3 can't be greater than desired size 2"


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("1.35", None),
        ("1.33", "InvalidParameterException: Unsupported Kubernetes minor version update from 1.34 to 1.33"),
        ("1.32", "InvalidParameterException: Unsupported Kubernetes minor version update from 1.34 to 1.32"),
        ("1.99", "InvalidParameterException: unsupported Kubernetes version"),
        ("latest", "InvalidParameterException: unsupported Kubernetes version"),
    ],
)
def test_a_cluster_goes_up_one_version_and_never_down(aws: Unchecked, version: str, says: str | None) -> None:
    Eks(aws)
    assert aws.refused("eks", "update_cluster_version", name="c", version=version) == says


def test_a_cluster_skips_no_version(aws: Unchecked) -> None:
    eks = Eks(aws)
    aws.do("eks", "create_cluster", **{**eks.made, "name": "old"}, version="1.33")
    says = "InvalidParameterException: Unsupported Kubernetes minor version update from 1.33 to 1.35"
    assert aws.refused("eks", "update_cluster_version", name="old", version="1.35") == says
    assert aws.refused("eks", "create_cluster", **{**eks.made, "name": "x"}, version="1.20") is not None


def test_nodes_are_never_newer_than_their_cluster(aws: Unchecked) -> None:
    eks = Eks(aws)
    assert "1.35 can't be newer than the version of its cluster, 1.34" in str(eks.nodes(version="1.35"))
    assert eks.nodes("older", version="1.32") is None
    update = {"clusterName": "c", "nodegroupName": "older"}
    assert "can't be newer" in str(aws.refused("eks", "update_nodegroup_version", **update, version="1.35"))
    assert aws.refused("eks", "update_nodegroup_version", **update, version="1.34") is None
    assert "from 1.34 to 1.33" in str(aws.refused("eks", "update_nodegroup_version", **update, version="1.33"))
    assert "more than 3 minor versions behind" in str(eks.nodes("oldest", version="1.30"))


def test_a_node_group_s_name_has_63_characters(aws: Unchecked) -> None:
    eks = Eks(aws)
    assert eks.nodes("n" * 63) is None
    assert eks.nodes("n" * 64) == "InvalidParameterException: nodegroupName can't be longer than 63 characters!"


JOB: dict[str, Any] = {
    "TrainingJobName": "job",
    "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
    "RoleArn": ROLE,
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}
ONLY_SPOT = "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true"
AS_LONG = "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"


def stop(run: int, wait: int | None = None) -> dict[str, Any]:
    return {"StoppingCondition": {"MaxRuntimeInSeconds": run, **({} if wait is None else {"MaxWaitTimeInSeconds": wait})}}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, None),
        ({"EnableManagedSpotTraining": True, **stop(60, 60)}, None),
        (stop(60, 60), ONLY_SPOT),
        ({"EnableManagedSpotTraining": False, **stop(60, 90)}, ONLY_SPOT),
        ({"EnableManagedSpotTraining": True, **stop(60)}, AS_LONG),
        ({"EnableManagedSpotTraining": True, **stop(60, 59)}, AS_LONG),
        (stop(28 * 86_400), None),
        (stop(28 * 86_400 + 1), "Invalid MaxRuntimeInSeconds."),
        (stop(0), "'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint"),
        ({"HyperParameters": {f"k{n}": "v" for n in range(100)}}, None),
        ({"HyperParameters": {f"k{n}": "v" for n in range(101)}}, "at 'hyperParameters' failed to satisfy constraint"),
        ({"HyperParameters": {"k": "v" * 2_500}}, None),
        ({"HyperParameters": {"k": "v" * 2_501}}, "Map value must satisfy constraint: [Member must have length less than or"),
        ({"HyperParameters": {"k" * 257: "v"}}, "Map keys must satisfy constraint"),
        ({"ResourceConfig": {**JOB["ResourceConfig"], "InstanceType": "ml.m5.huge"}}, "Member must satisfy enum value set: [ml."),
        ({"ResourceConfig": {**JOB["ResourceConfig"], "InstanceType": "m5.large"}}, "Member must satisfy enum value set: [ml."),
        ({"ResourceConfig": {**JOB["ResourceConfig"], "VolumeSizeInGB": 16_384}}, None),
        ({"ResourceConfig": {**JOB["ResourceConfig"], "VolumeSizeInGB": 16_385}}, "volumeSizeInGB"),
        ({"ResourceConfig": {**JOB["ResourceConfig"], "InstanceCount": -1}}, "'resourceConfig.instanceCount'"),
        ({"TrainingJobName": "j" * 64}, "at 'trainingJobName' failed to satisfy constraint"),
        ({"TrainingJobName": "under_score"}, "at 'trainingJobName' failed to satisfy constraint"),
        ({"AlgorithmSpecification": {"TrainingImage": "i", "AlgorithmName": "a", "TrainingInputMode": "File"}}, "Only one of"),
        ({"RoleArn": "role"}, "at 'roleArn' failed to satisfy constraint"),
        ({"OutputDataConfig": {"S3OutputPath": "bucket/out"}}, "at 'outputDataConfig.s3OutputPath' failed to satisfy"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_training_job_is_refused_as_sagemaker_refuses_it(aws: Unchecked, changes: dict[str, Any], says: str | None) -> None:
    answer = aws.refused("sagemaker", "create_training_job", **{**JOB, **changes})
    assert answer is None if says is None else str(answer).startswith("ValidationException: ") and says in str(answer)


def variant(name: str = "a", **members: Any) -> dict[str, Any]:
    return {"VariantName": name, "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1, **members}


@pytest.mark.parametrize(
    ("variants", "says"),
    [
        ([variant("a", InitialVariantWeight=0.9), variant("b", InitialVariantWeight=0.1)], None),
        ([variant("a", InitialVariantWeight=0.0)], "At least one production variant"),
        ([variant("a", InitialVariantWeight=-1.0)], "initialVariantWeight"),
        ([variant("a"), variant("a")], "Duplicate variant name(s) ['a']"),
        ([variant("a", InitialInstanceCount=0)], "initialInstanceCount"),
        ([variant("a", InstanceType="ml.none")], "Member must satisfy enum value set"),
        ([variant("a", ServerlessConfig={"MemorySizeInMB": 2048, "MaxConcurrency": 1})], "cannot both be set"),
        ([], "at 'productionVariants' failed to satisfy constraint"),
        ([variant(f"v{n}") for n in range(11)], "at 'productionVariants' failed to satisfy constraint"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_variants_of_an_endpoint_hold_together(aws: Unchecked, variants: list[dict[str, Any]], says: str | None) -> None:
    container = {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"}
    aws.do("sagemaker", "create_model", ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    answer = aws.refused("sagemaker", "create_endpoint_config", EndpointConfigName="e", ProductionVariants=variants)
    assert answer is None if says is None else says in str(answer)


def test_a_security_group_has_sixty_rules(aws: Unchecked) -> None:
    vpc = aws.do("ec2", "create_vpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = aws.do("ec2", "create_security_group", GroupName="it", Description="it", VpcId=vpc)["GroupId"]
    rules = [{"IpProtocol": "tcp", "FromPort": n, "ToPort": n, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]} for n in range(61)]
    asked = {"GroupId": group, "IpPermissions": rules[:60]}
    assert aws.refused("ec2", "authorize_security_group_ingress", **asked) is None
    answer = aws.refused("ec2", "authorize_security_group_ingress", GroupId=group, IpPermissions=rules[60:])
    assert str(answer).startswith("RulesPerSecurityGroupLimitExceeded: ")


def test_a_cluster_without_a_version_has_one_that_eks_makes(aws: Unchecked) -> None:
    eks = Eks(aws)
    made = aws.do("eks", "create_cluster", **{**eks.made, "name": "plain"})["cluster"]
    assert made["version"] == "1.35"
