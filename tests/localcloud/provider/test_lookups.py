"""The look-ups: each against what really is in the cloud, in pulumi-aws's names, and refused in its words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from catalog import functions as f
from localcloud.kernel.lookup import Secret
from localcloud.provider.functions import LookupFailed, known, look_up
from localcloud.services.gathered import all_lookups
from tests.localcloud.cloud import Cloud
from tests.localcloud.golden import REGION

ACCOUNT = "123456789012"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
S3 = f"com.amazonaws.{REGION}.s3"
Look = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture(scope="module")
def look(cloud: Cloud) -> Look:
    return lambda function, **args: look_up(cloud.engine, function, args)


@pytest.fixture(scope="module")
def net(cloud: Cloud) -> dict[str, str]:
    """A network with one of everything; what -> its id."""
    ec2 = cloud.client("ec2")
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "net"}, {"Key": "team", "Value": "ml"}]}]
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16", TagSpecifications=tags)["Vpc"]["VpcId"]
    one, two = (
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
        for n, zone in enumerate("ab")
    )
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=one)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=one, AllocationId=address)["NatGateway"]["NatGatewayId"]
    endpoint = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=S3, RouteTableIds=[table])["VpcEndpoint"]["VpcEndpointId"]
    for name in ("own-image-1", "own-image-2"):
        ec2.register_image(Name=name, Architecture="x86_64", RootDeviceName="/dev/xvda")
    group = ec2.create_security_group(GroupName="own", Description="own", VpcId=vpc)["GroupId"]
    return {
        "vpc": vpc,
        "one": one,
        "two": two,
        "gateway": gateway,
        "table": table,
        "address": address,
        "nat": nat,
        "endpoint": endpoint,
        "group": group,
    }


def in_vpc(net: dict[str, str]) -> list[dict[str, Any]]:
    return [{"name": "vpc-id", "values": [net["vpc"]]}]


def test_a_network_is_found_by_whatever_names_it(look: Look, net: dict[str, str]) -> None:
    for args in ({"id": net["vpc"]}, {"tags": {"Name": "net"}}, {"cidrBlock": "10.1.0.0/16"}):
        found = look(f.EC2_VPC, **args)
        assert (found["id"], found["cidrBlock"], found["tags"]["team"]) == (net["vpc"], "10.1.0.0/16", "ml")
    assert found["arn"] == f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/{net['vpc']}"
    assert (found["enableDnsSupport"], found["enableDnsHostnames"], found["default"]) == (True, False, False)
    assert found["cidrBlockAssociations"][0]["state"] == "associated"
    assert look(f.EC2_VPC, default=True)["default"] is True
    assert look(f.EC2_VPCS, tags={"team": "ml"})["ids"] == [net["vpc"]]


def test_what_is_in_a_network_is_found(look: Look, net: dict[str, str]) -> None:
    where = in_vpc(net)
    assert set(look(f.EC2_SUBNETS, filters=where)["ids"]) == {net["one"], net["two"]}
    subnet = look(f.EC2_SUBNET, vpcId=net["vpc"], availabilityZone=f"{REGION}b")
    assert (subnet["id"], subnet["availabilityZoneId"], subnet["availableIpAddressCount"]) == (net["two"], "use1-az1", 251)
    assert look(f.EC2_SECURITY_GROUP, vpcId=net["vpc"], name="own")["id"] == net["group"]
    assert set(look(f.EC2_SECURITY_GROUPS, filters=where)["ids"]) >= {net["group"]}
    table = look(f.EC2_ROUTE_TABLE, subnetId=net["one"])
    assert [(route["cidrBlock"], route["gatewayId"]) for route in table["routes"]] == [("0.0.0.0/0", net["gateway"])]
    assert (table["id"], table["associations"][0]["subnetId"]) == (net["table"], net["one"])
    assert net["table"] in look(f.EC2_ROUTE_TABLES, vpcId=net["vpc"])["ids"]
    assert look(f.EC2_INTERNET_GATEWAY, internetGatewayId=net["gateway"])["attachments"][0]["vpcId"] == net["vpc"]
    assert look(f.EC2_NAT_GATEWAY, subnetId=net["one"])["allocationId"] == net["address"]
    assert look(f.EC2_NAT_GATEWAYS, vpcId=net["vpc"])["ids"] == [net["nat"]]
    assert look(f.EC2_VPC_ENDPOINT, vpcId=net["vpc"], serviceName=S3)["routeTableIds"] == [net["table"]]
    assert look(f.EC2_ELASTIC_IP, id=net["address"])["domain"] == "vpc"
    assert look(f.EC2_VPC_ENDPOINT_SERVICE, service="s3", serviceType="Gateway")["serviceType"] == "Gateway"


def test_machines_are_found(cloud: Cloud, look: Look, net: dict[str, str]) -> None:
    image = look(f.EC2_AMI, owners=["self"], mostRecent=True, filters=[{"name": "name", "values": ["own-image-*"]}])
    assert image["name"].startswith("own-image-")
    assert image["id"] in look(f.EC2_AMI_IDS, owners=["self"], nameRegex="^own-")["ids"]
    asked = {"MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro"}
    made = cloud.client("ec2").run_instances(ImageId=image["id"], SubnetId=net["one"], **asked)["Instances"][0]
    found = look(f.EC2_INSTANCE, instanceId=made["InstanceId"])
    assert (found["ami"], found["subnetId"], found["instanceState"]) == (image["id"], net["one"], "running")
    assert found["privateIp"] in look(f.EC2_INSTANCES, filters=in_vpc(net))["privateIps"]
    kind = look(f.EC2_INSTANCE_TYPE, instanceType="p4d.24xlarge")
    assert (kind["defaultVcpus"], kind["gpuses"][0]["name"], kind["totalGpuMemory"]) == (96, "A100", 327680)
    assert kind["efaSupported"] is True
    wanted = [{"name": "instance-type", "values": ["p4d.24xlarge"]}]
    offered = look(f.EC2_INSTANCE_TYPE_OFFERINGS, locationType="availability-zone", filters=wanted)
    assert f"{REGION}a" in offered["locations"]
    preferred = [{"name": "instance-type", "values": ["t2.micro", "t3.micro"]}]
    offer = look(f.EC2_INSTANCE_TYPE_OFFERING, filters=preferred, preferredInstanceTypes=["none.big", "t3.micro", "t2.micro"])
    assert offer["instanceType"] == "t3.micro"


def test_who_there_is_is_found(cloud: Cloud, look: Look) -> None:
    iam = cloud.client("iam")
    iam.create_role(RoleName="seen", AssumeRolePolicyDocument=TRUST, Path="/team/", Tags=[{"Key": "a", "Value": "b"}])
    iam.create_user(UserName="seen")
    role = look(f.IAM_ROLE, name="seen")
    assert (role["arn"], role["tags"]) == (f"arn:aws:iam::{ACCOUNT}:role/team/seen", {"a": "b"})
    assert json.loads(role["assumeRolePolicy"]) == json.loads(TRUST)
    assert look(f.IAM_ROLES, nameRegex="^se", pathPrefix="/team/")["names"] == ["seen"]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    policy = iam.create_policy(PolicyName="seen", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    assert look(f.IAM_POLICY, name="seen")["arn"] == policy
    assert json.loads(look(f.IAM_POLICY, arn=policy)["policy"]) == document
    assert look(f.IAM_USER, userName="seen")["arn"] == f"arn:aws:iam::{ACCOUNT}:user/seen"
    session = look(f.IAM_SESSION_CONTEXT, arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/seen/me")
    assert (session["issuerArn"], session["sessionName"]) == (role["arn"], "me")
    printed = look(f.IAM_POLICY_DOCUMENT, statements=[{"actions": ["s3:*"], "resources": ["*"]}])["json"]
    assert json.loads(printed) == document


def test_what_is_stored_is_found(cloud: Cloud, look: Look) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="looked-at")
    s3.put_object(Bucket="looked-at", Key="a/x.json", Body=b'{"a":1}', ContentType="application/json")
    s3.put_object(Bucket="looked-at", Key="a/x.bin", Body=b"\x00", ContentType="application/octet-stream")
    assert look(f.S3_BUCKET, bucket="looked-at")["arn"] == "arn:aws:s3:::looked-at"
    assert look(f.S3_OBJECT, bucket="looked-at", key="a/x.json")["body"] == '{"a":1}'
    assert look(f.S3_BUCKET_OBJECT, bucket="looked-at", key="a/x.bin")["body"] == ""
    assert look(f.S3_OBJECTS, bucket="looked-at", prefix="a/")["keys"] == ["a/x.bin", "a/x.json"]
    assert look(f.S3_BUCKET_OBJECTS, bucket="looked-at", delimiter="/")["commonPrefixes"] == ["a/"]
    cloud.client("dynamodb").create_table(
        TableName="looked-at",
        KeySchema=[{"AttributeName": "i", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "i", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    table = look(f.DYNAMODB_TABLE, name="looked-at")
    assert (table["hashKey"], table["billingMode"], table["attributes"]) == ("i", "PAY_PER_REQUEST", [{"name": "i", "type": "S"}])


def test_what_is_secret_is_found_and_secret(cloud: Cloud, look: Look) -> None:
    cloud.client("ssm").put_parameter(Name="/p/a", Type="SecureString", Value="hidden")
    cloud.client("ssm").put_parameter(Name="/p/b", Type="String", Value="plain")
    cloud.client("secretsmanager").create_secret(Name="looked-at", SecretString="word")
    assert look(f.SSM_PARAMETER, name="/p/a") | {"arn": ""} == {
        "arn": "",
        "id": "/p/a",
        "insecureValue": "",
        "name": "/p/a",
        "region": REGION,
        "type": "SecureString",
        "value": Secret("hidden"),
        "version": 1,
        "withDecryption": True,
    }
    assert look(f.SSM_PARAMETER, name="/p/b")["insecureValue"] == "plain"
    assert look(f.SSM_PARAMETERS_BY_PATH, path="/p")["names"] == ["/p/a", "/p/b"]
    assert look(f.SECRETSMANAGER_SECRET, name="looked-at")["name"] == "looked-at"
    version = look(f.SECRETSMANAGER_SECRET_VERSION, secretId="looked-at")
    assert (version["secretString"], version["id"]) == (Secret("word"), "looked-at|AWSCURRENT")
    assert "word" not in repr(version)


def test_the_services_of_a_platform_are_found(cloud: Cloud, look: Look, net: dict[str, str]) -> None:
    key = cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]
    cloud.client("kms").create_alias(AliasName="alias/seen", TargetKeyId=key)
    assert (look(f.KMS_KEY, keyId="alias/seen")["id"], look(f.KMS_ALIAS, name="alias/seen")["targetKeyId"]) == (key, key)
    cloud.client("ecr").create_repository(repositoryName="seen")
    assert look(f.ECR_REPOSITORY, name="seen")["repositoryUrl"] == f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/seen"
    role, subnets = f"arn:aws:iam::{ACCOUNT}:role/x", [net["one"], net["two"]]
    cloud.client("eks").create_cluster(name="seen", roleArn=role, resourcesVpcConfig={"subnetIds": subnets})
    cluster = look(f.EKS_CLUSTER, name="seen")
    assert (cluster["vpcConfig"]["subnetIds"], len(cluster["certificateAuthorities"])) == (subnets, 1)
    assert look(f.EKS_CLUSTER_AUTH, name="seen")["token"].value.startswith("k8s-aws-v1.")
    cloud.client("logs").create_log_group(logGroupName="/seen")
    assert look(f.LOGS_GROUP, name="/seen")["arn"] == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/seen"
    assert look(f.LOGS_GROUPS, logGroupNamePrefix="/se")["logGroupNames"] == ["/seen"]
    cloud.client("sns").create_topic(Name="seen")
    assert look(f.SNS_TOPIC, name="seen")["arn"] == f"arn:aws:sns:{REGION}:{ACCOUNT}:seen"
    cloud.client("sqs").create_queue(QueueName="seen", tags={"a": "b"})
    assert look(f.SQS_QUEUE, name="seen")["tags"] == {"a": "b"}
    cloud.client("route53").create_hosted_zone(Name="seen.example", CallerReference="1")
    assert look(f.ROUTE53_ZONE, name="seen.example.")["name"] == "seen.example"


def test_where_a_program_is_is_known_without_asking_anybody(look: Look) -> None:
    assert look(f.CALLER_IDENTITY)["accountId"] == ACCOUNT
    assert look(f.REGION, region="eu-west-1")["description"] == "Europe (Ireland)"
    assert look(f.PARTITION)["reverseDnsPrefix"] == "com.amazonaws"
    assert look(f.AVAILABILITY_ZONES, state="available", excludeNames=[f"{REGION}a"])["names"][0] == f"{REGION}b"
    assert look(f.AVAILABILITY_ZONES, region="eu-west-1")["names"] == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    assert look(f.AVAILABILITY_ZONE, name=f"{REGION}a")["nameSuffix"] == "a"
    assert "cn-north-1" not in look(f.REGIONS)["names"]
    assert look(f.SERVICE, serviceId="s3")["reverseDnsName"] == S3
    assert look(f.SERVICE_PRINCIPAL, serviceName="s3")["name"] == "s3.amazonaws.com"
    assert look(f.ARN, arn=f"arn:aws:iam::{ACCOUNT}:role/a:b")["resource"] == "role/a:b"
    assert look(f.BILLING_SERVICE_ACCOUNT)["arn"] == "arn:aws:iam::386209384616:root"
    assert look(f.ELB_SERVICE_ACCOUNT, region="eu-central-1")["id"] == "054676820928"
    image = look(f.SAGEMAKER_PREBUILT_ECR_IMAGE, repositoryName="sagemaker-xgboost", imageTag="1.7-1", region="us-west-2")
    assert image["registryPath"] == "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1"


@pytest.mark.parametrize(
    ("function", "args", "said"),
    [
        (f.EC2_VPC, {"id": "vpc-1"}, "no matching EC2 VPC found"),
        (f.EC2_VPC, {}, "multiple EC2 VPCs matched; use additional constraints to reduce matches to a single EC2 VPC"),
        (f.EC2_SUBNET, {"cidrBlock": "1.2.3.0/24"}, "no matching EC2 Subnet found"),
        (
            f.EC2_AMI,
            {"owners": ["self"], "nameRegex": "none"},
            "Your query returned no results. Please change your search criteria and try again.",
        ),
        (f.EC2_AMI, {"owners": ["self"]}, "Your query returned more than one result."),
        (f.EC2_AMI, {"mostRecent": True}, "results are not filtered by owner or image ID"),
        (f.EC2_INSTANCE_TYPE, {"instanceType": "x9.tiny"}, "no matching EC2 Instance Type found"),
        (f.SSM_PARAMETER, {"name": "/none"}, "reading SSM Parameter (/none): couldn't find resource"),
        (f.SSM_PARAMETER, {}, 'Missing required argument: the argument "name" is required'),
        (f.SSM_PARAMETER, {"nmae": "/x"}, "unsupported argument 'nmae'; did you mean 'name'?"),
        (f.SECRETSMANAGER_SECRET, {}, "exactly one of arn,name must be specified"),
        (f.SECRETSMANAGER_SECRET_VERSION, {"secretId": "none"}, "couldn't find resource"),
        (f.IAM_ROLE, {"name": "none"}, "reading IAM Role (none): couldn't find resource"),
        (f.S3_BUCKET, {"bucket": "none-such"}, "reading S3 Bucket (none-such): couldn't find resource"),
        (f.EKS_CLUSTER, {"name": "none"}, "reading EKS Cluster (none): couldn't find resource"),
        (f.KMS_ALIAS, {"name": "alias/none"}, "couldn't find resource"),
        (f.REGION, {"region": "moon-1"}, 'region not found for name: "moon-1"'),
        (f.SAGEMAKER_PREBUILT_ECR_IMAGE, {"repositoryName": "mine"}, "expected repositoryName to be one of"),
        (f.ARN, {"arn": "nothing"}, "is an invalid ARN: arn: invalid prefix"),
    ],
)
def test_what_is_not_there_is_refused_in_the_genuine_provider_s_words(
    look: Look, net: dict[str, str], function: str, args: dict[str, Any], said: str
) -> None:
    assert net
    with pytest.raises(LookupFailed) as refused:
        look(function, **args)
    assert str(refused.value).startswith(f"invoking {function}: ")
    assert said in str(refused.value)


def test_every_function_of_the_catalog_is_answered_and_no_other() -> None:
    named = {value for name, value in vars(f).items() if name.isupper()}
    assert named == set(all_lookups())
    assert not known("aws:ecr/getAuthorizationToken:getAuthorizationToken")  # there is no registry to log in to


def test_every_name_in_a_row_is_one_of_pulumi_s(cloud: Cloud) -> None:
    from localcloud.provider.functions import _schemas

    wrong = []
    for token, lookup in all_lookups().items():
        named = {*lookup.outputs, *lookup.secret, *(path.partition(".")[0] for path in lookup.rename)}
        wrong += [f"{token}: {name}" for name in sorted(named - set(_schemas()[token].outputs))]
    assert wrong == []
