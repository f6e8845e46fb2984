"""What Pulumi lets a program say beside properties: imports, look-ups, aliases, protection, providers, secrets; and errors."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any, Final

import pulumi
import pulumi_aws as aws
import pytest
from pulumi import Alias, Output, ResourceOptions

from tests.e2e import inventory
from tests.e2e.every_type_foundations import trust
from tests.e2e.inline import Inline
from tests.e2e.slipway import Slipway

WEST: Final = "us-west-2"
_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def empty(here: Slipway) -> dict[str, list[str]]:
    here.run("local", "start")
    return inventory.of_cloud(here)


@pytest.fixture
def stack(here: Slipway, empty: dict[str, list[str]]) -> Iterator[Inline]:
    """A stack of its own; a test that is through has left nothing in the cloud."""
    made = Inline(here=here, stack=f"s{next(_NUMBERS)}")
    yield made
    try:
        made.destroy()
        assert made.orphans() == []
        assert inventory.of_cloud(here) == empty
    finally:
        if inventory.of_cloud(here) != empty:
            here.cloud().reset()  # the next test is not to suffer from this one


def made_by_hand(here: Slipway) -> dict[str, str]:
    """Resources of a dozen types made with boto3: name -> the id that an import is told."""
    boto, ec2 = here.boto, here.boto("ec2")
    boto("s3").create_bucket(Bucket="by-hand")
    boto("s3").put_bucket_tagging(Bucket="by-hand", Tagging={"TagSet": [{"Key": "team", "Value": "ml"}]})
    role = boto("iam").create_role(RoleName="by-hand", AssumeRolePolicyDocument=trust("eks.amazonaws.com"), Description="hand")
    boto("logs").create_log_group(logGroupName="/by/hand")
    boto("logs").put_retention_policy(logGroupName="/by/hand", retentionInDays=30)
    vpc = ec2.create_vpc(CidrBlock="10.70.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.70.{n}.0/24", AvailabilityZone=f"us-east-1{'ab'[n]}")["Subnet"]["SubnetId"]
        for n in range(2)
    ]
    group = ec2.create_security_group(GroupName="by-hand", Description="hand", VpcId=vpc)["GroupId"]
    topic = boto("sns").create_topic(Name="by-hand")["TopicArn"]
    queue = boto("sqs").create_queue(QueueName="by-hand", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    key = boto("kms").create_key(Description="hand")["KeyMetadata"]["KeyId"]
    boto("kms").create_alias(AliasName="alias/by-hand", TargetKeyId=key)
    boto("eks").create_cluster(name="by-hand", roleArn=role["Role"]["Arn"], resourcesVpcConfig={"subnetIds": subnets})
    boto("ecr").create_repository(repositoryName="by/hand", imageTagMutability="IMMUTABLE")
    secret = boto("secretsmanager").create_secret(Name="by-hand", Description="hand")["ARN"]
    return {
        "bucket": "by-hand",
        "role": "by-hand",
        "logs": "/by/hand",
        "vpc": vpc,
        "group": group,
        "topic": topic,
        "subnet-0": subnets[0],
        "subnet-1": subnets[1],
        "queue": queue,
        "key": key,
        "alias": "alias/by-hand",
        "cluster": "by-hand",
        "images": "by/hand",
        "secret": secret,
    }


def adopting(ids: dict[str, str]) -> None:
    """A program that has all of them. Without ids it declares the same."""

    def options(name: str) -> ResourceOptions:
        return ResourceOptions(import_=ids.get(name))

    aws.s3.Bucket("bucket", bucket="by-hand", tags={"team": "ml"}, opts=options("bucket"))
    role = aws.iam.Role(
        "role", name="by-hand", description="hand", assume_role_policy=trust("eks.amazonaws.com"), opts=options("role")
    )
    aws.cloudwatch.LogGroup("logs", name="/by/hand", retention_in_days=30, opts=options("logs"))
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.70.0.0/16", opts=options("vpc"))
    subnets = [
        aws.ec2.Subnet(
            f"subnet-{n}",
            vpc_id=vpc.id,
            cidr_block=f"10.70.{n}.0/24",
            availability_zone=f"us-east-1{'ab'[n]}",
            opts=options(f"subnet-{n}"),
        )
        for n in range(2)
    ]
    aws.ec2.SecurityGroup(
        "group",
        name="by-hand",
        description="hand",
        vpc_id=vpc.id,
        egress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}],
        opts=options("group"),
    )
    aws.sns.Topic("topic", name="by-hand", opts=options("topic"))
    aws.sqs.Queue("queue", name="by-hand", visibility_timeout_seconds=60, opts=options("queue"))
    key = aws.kms.Key("key", description="hand", opts=options("key"))
    aws.kms.Alias("alias", name="alias/by-hand", target_key_id=key.key_id, opts=options("alias"))
    aws.eks.Cluster(
        "cluster",
        name="by-hand",
        role_arn=role.arn,
        vpc_config={"subnet_ids": [s.id for s in subnets]},
        opts=options("cluster"),
    )
    aws.ecr.Repository("images", name="by/hand", image_tag_mutability="IMMUTABLE", opts=options("images"))
    aws.secretsmanager.Secret("secret", name="by-hand", description="hand", opts=options("secret"))


def test_what_others_made_is_imported_as_it_is_and_is_the_stack_s_own_then(stack: Inline) -> None:
    ids = made_by_hand(stack.here)
    cloud = inventory.of_cloud(stack.here)
    stack.up(lambda: adopting(ids))
    assert {name: item["id"] for name, item in stack.resources().items()} == ids
    assert inventory.of_cloud(stack.here) == cloud
    stack.settled(lambda: adopting(ids))
    again = stack.up(lambda: adopting({}))
    assert (again.changed(), again.notes, again.swept) == ({}, [], [])
    stack.here.boto("secretsmanager").delete_secret(SecretId=ids["secret"], ForceDeleteWithoutRecovery=True)


def test_an_import_is_brought_to_what_the_program_says_and_one_that_is_not_there_is_refused(stack: Inline) -> None:
    stack.here.boto("logs").create_log_group(logGroupName="/other")

    def program(name: str, group: str) -> None:
        aws.cloudwatch.LogGroup(name, name=group, retention_in_days=7, opts=ResourceOptions(import_=group))

    stack.up(lambda: program("other", "/other"))
    assert stack.here.boto("logs").describe_log_groups(logGroupNamePrefix="/other")["logGroups"][0]["retentionInDays"] == 7
    missing = stack.up(lambda: program("missing", "/missing"), ok=False).result.faults[0]
    assert missing.urn.endswith("::missing")
    assert "does not exist" in missing.message
    assert set(stack.resources()) == {"other"}


def test_what_a_program_only_looks_up_is_never_touched(stack: Inline) -> None:
    ec2 = stack.here.boto("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.71.0.0/16")["Vpc"]["VpcId"]

    def program() -> None:
        found = aws.ec2.Vpc.get("found", vpc)
        aws.ec2.Subnet("subnet", vpc_id=found.id, cidr_block=found.cidr_block.apply(lambda cidr: cidr.replace("/16", "/24")))

    stack.preview(program)
    assert stack.up(lambda: None).swept == []
    stack.up(program)
    assert stack.outputs("subnet")["cidrBlock"] == "10.71.0.0/24"
    again = stack.up(program)  # not `settled`: in a preview the SDK takes the id of a look-up for unknown (engine 3.259)
    assert (again.changed(), again.notes) == ({}, [])
    assert stack.refresh().changed() == {}
    stack.up(lambda: None)
    stack.destroy()
    assert stack.orphans() == []
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    ec2.delete_vpc(VpcId=vpc)


def test_another_name_or_parent_by_alias_changes_nothing_in_the_cloud(stack: Inline) -> None:
    class Part(pulumi.ComponentResource):
        def __init__(self, name: str) -> None:
            super().__init__("tests:index:Part", name)

    def program(form: int) -> None:
        if form == 0:
            aws.s3.Bucket("old")
        else:
            parent = Part("part") if form == 2 else None
            before = Alias(name="old") if form == 1 else Alias(name="new", parent=pulumi.ROOT_STACK_RESOURCE)
            aws.s3.Bucket("new", tags={"a": "b"} if form == 2 else None, opts=ResourceOptions(parent=parent, aliases=[before]))

    stack.up(lambda: program(0))
    bucket = stack.resources()["old"]["id"]
    for form in (1, 2):
        ran = stack.up(lambda form=form: program(form))  # type: ignore[misc]
        assert ran.swept == []
        assert stack.resources()["new"]["id"] == bucket
        assert stack.here.boto("s3").list_buckets()["Buckets"][0]["Name"] == bucket
        assert stack.up(lambda form=form: program(form)).notes == []  # type: ignore[misc]
    assert stack.orphans() == [{"service": "s3", "id": bucket}]


def test_what_is_retained_stays_and_what_is_protected_refuses(stack: Inline) -> None:
    def program(*, kept: bool = True, protect: bool = True) -> None:
        if kept:
            aws.sqs.Queue("kept", name="kept", opts=ResourceOptions(retain_on_delete=True))
        aws.sns.Topic("guarded", name="guarded", opts=ResourceOptions(protect=protect))

    stack.up(program)
    assert stack.up(lambda: program(kept=False)).swept == []
    queues = stack.here.boto("sqs").list_queues()["QueueUrls"]
    assert len(queues) == 1
    assert stack.up(lambda: None, ok=False).result.faults[0].urn.endswith("::guarded")
    refused = stack.destroy(ok=False).result.faults[0]
    assert refused.urn.endswith("::guarded")
    assert "protect" in refused.message
    assert stack.here.boto("sns").list_topics()["Topics"]
    stack.up(lambda: program(kept=False, protect=False))
    stack.here.boto("sqs").delete_queue(QueueUrl=queues[0])


def test_ignored_changes_are_left_as_they_are_by_the_program_and_by_others(stack: Inline) -> None:
    def program(value: str, days: int) -> None:
        aws.s3.Bucket("bucket", bucket="ignoring", tags={"a": value}, opts=ResourceOptions(ignore_changes=["tags"]))
        aws.cloudwatch.LogGroup(
            "logs",
            name="/ignoring",
            retention_in_days=days,
            tags={"a": value, "b": value},
            opts=ResourceOptions(ignore_changes=["tags.a"]),
        )

    stack.up(lambda: program("one", 7))
    assert stack.up(lambda: program("two", 14)).changed() == {"logs": "update"}
    s3, logs = stack.here.boto("s3"), stack.here.boto("logs")
    assert s3.get_bucket_tagging(Bucket="ignoring")["TagSet"] == [{"Key": "a", "Value": "one"}]
    assert logs.list_tags_log_group(logGroupName="/ignoring")["tags"] == {"a": "one", "b": "two"}
    stack.settled(lambda: program("two", 14))
    s3.put_bucket_tagging(Bucket="ignoring", Tagging={"TagSet": [{"Key": "a", "Value": "theirs"}]})
    stack.refresh()
    stack.settled(lambda: program("two", 14))
    assert s3.get_bucket_tagging(Bucket="ignoring")["TagSet"] == [{"Key": "a", "Value": "theirs"}]


def test_a_provider_of_its_own_has_its_region_and_its_default_tags(stack: Inline) -> None:
    def program(region: str, owner: str = "ml") -> None:
        provider = aws.Provider("other", region=region, default_tags={"tags": {"Owner": owner, "Shared": "default"}})
        options = ResourceOptions(provider=provider)
        aws.s3.Bucket("bucket", force_destroy=True, tags={"Shared": "own"}, opts=options)
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.72.0.0/16", opts=options)
        aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.72.0.0/24", opts=options)
        aws.sqs.Queue("queue", opts=options)
        aws.iam.Role("role", assume_role_policy=trust("ec2.amazonaws.com"), opts=options)
        aws.sns.Topic("topic-here")
        pulumi.export("where", aws.get_region_output(opts=pulumi.InvokeOptions(provider=provider)).region)
        pulumi.export("here", aws.get_region_output().region)

    ran = stack.up(lambda: program(WEST))
    assert (ran.result.outputs["where"], ran.result.outputs["here"]) == (WEST, "us-east-1")
    stack.settled(lambda: program(WEST))
    assert stack.refresh().changed() == {}
    boto = stack.here.boto
    vpc, bucket = stack.resources()["vpc"]["id"], stack.resources()["bucket"]["id"]
    assert boto("ec2", WEST).describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"] == [
        {"Key": "Owner", "Value": "ml"},
        {"Key": "Shared", "Value": "default"},
    ]
    assert vpc not in inventory.of_cloud(stack.here).get("aws:ec2/vpc:Vpc", ())
    assert boto("s3").get_bucket_location(Bucket=bucket)["LocationConstraint"] == WEST
    assert stack.outputs("bucket")["tagsAll"] == {"Owner": "ml", "Shared": "own"}
    assert stack.outputs("bucket")["tags"] == {"Shared": "own"}
    assert boto("sqs", WEST).list_queues()["QueueUrls"]
    assert not boto("sqs").list_queues().get("QueueUrls")
    changed = stack.up(lambda: program(WEST, owner="ops")).changed()
    assert {name: op for name, op in changed.items() if name != "other"} == dict.fromkeys(
        ("bucket", "vpc", "subnet", "queue", "role"), "update"
    )
    stack.settled(lambda: program(WEST, owner="ops"))
    moved = stack.up(lambda: program("eu-west-1", owner="ops")).changed()
    assert {name for name, op in moved.items() if op == "replace"} == {"bucket", "vpc", "subnet", "queue", "role"}
    assert not boto("sqs", WEST).list_queues().get("QueueUrls")
    assert boto("sqs", "eu-west-1").list_queues()["QueueUrls"]
    stack.destroy()
    for region in (WEST, "eu-west-1"):
        assert [v for v in boto("ec2", region).describe_vpcs()["Vpcs"] if not v["IsDefault"]] == []
        assert not boto("sqs", region).list_queues().get("QueueUrls")


def test_refresh_finds_what_others_deleted_and_changed_and_up_mends_it(stack: Inline) -> None:
    def program() -> None:
        bucket = aws.s3.Bucket("bucket", bucket="drifting", tags={"a": "b"})
        aws.s3.BucketVersioning("versions", bucket=bucket.id, versioning_configuration={"status": "Enabled"})
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.73.0.0/16", tags={"a": "b"})
        aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.73.0.0/24")
        aws.iam.Role("role", name="drifting", assume_role_policy=trust("ec2.amazonaws.com"))

    stack.up(program)
    boto, ids = stack.here.boto, {name: item["id"] for name, item in stack.resources().items()}
    boto("ec2").delete_subnet(SubnetId=ids["subnet"])
    boto("iam").delete_role(RoleName="drifting")
    boto("ec2").create_tags(Resources=[ids["vpc"]], Tags=[{"Key": "a", "Value": "theirs"}])
    boto("s3").put_bucket_versioning(Bucket="drifting", VersioningConfiguration={"Status": "Suspended"})
    found = stack.refresh()
    assert found.changed() == {"subnet": "delete", "role": "delete", "vpc": "update", "versions": "update"}
    assert "tags.a" in found.diffs()["vpc"]
    assert set(stack.resources()) == {"bucket", "versions", "vpc"}
    mended = stack.up(program)
    assert mended.changed() == {"subnet": "create", "role": "create", "vpc": "update", "versions": "update"}
    assert boto("s3").get_bucket_versioning(Bucket="drifting")["Status"] == "Enabled"
    assert boto("ec2").describe_vpcs(VpcIds=[ids["vpc"]])["Vpcs"][0]["Tags"] == [{"Key": "a", "Value": "b"}]
    stack.settled(program)


class _Misspelt(pulumi.CustomResource):
    def __init__(self, name: str, properties: dict[str, Any]) -> None:
        super().__init__("aws:s3/bucket:Bucket", name, properties)


def test_what_is_wrong_is_said_in_a_line_with_the_resource_s_name(stack: Inline) -> None:
    def program(wrong: str) -> None:
        aws.s3.Bucket("first", bucket="taken")
        if wrong == "property":
            _Misspelt("wrong", {"bukcet": "x"})
        elif wrong == "duplicate":
            aws.s3.Bucket("wrong", bucket="taken", opts=ResourceOptions(depends_on=[]))
        elif wrong == "role":
            aws.iam.RolePolicyAttachment("wrong", role="nobody", policy_arn="arn:aws:iam::aws:policy/ReadOnlyAccess")
        elif wrong == "value":
            aws.ec2.Vpc("wrong", cidr_block="10.0.0.0/99")
        elif wrong == "type":
            aws.glue.CatalogDatabase("wrong", name="wrong")
        elif wrong == "lookup":
            aws.ec2.get_spot_price_output(instance_type="t3.micro")
        elif wrong == "types":
            group = aws.rds.SubnetGroup("one", subnet_ids=["subnet-1"])
            aws.rds.Instance("two", instance_class="db.t3.micro", db_subnet_group_name=group.name)
            aws.glue.CatalogDatabase("three", name="three")
            aws.ec2.get_spot_price_output(instance_type="t3.micro")

    stack.up(lambda: program(""))
    expected = {
        "property": "unknown property 'bukcet'; did you mean 'bucket'?",
        "duplicate": "taken: a bucket of this name is yours already",
        "role": "NoSuchEntity: Role nobody not found",
        "value": "10.0.0.0/99",
        "type": "no row for this type",
    }
    for wrong, said in expected.items():
        fault = stack.up(lambda wrong=wrong: program(wrong), ok=False).result.faults[0]  # type: ignore[misc]
        assert fault.urn.endswith("::wrong"), (wrong, fault)
        assert said in fault.message
        assert len(fault.message) < 400, fault.message
        assert "Traceback" not in fault.message
    fault = stack.preview(lambda: program("lookup"), ok=False).result.faults[0]
    assert "getSpotPrice" in fault.message
    assert "does not answer this lookup" in fault.message
    assert len(fault.message.splitlines()) <= 3, fault.message
    said = " ".join(fault.message for fault in stack.preview(lambda: program("types"), ok=False).result.faults)
    assert all(name in said for name in ("rds/subnetGroup", "glue/catalogDatabase", "getSpotPrice")), said
    assert set(stack.resources()) == {"first"}


def test_secrets_stay_encrypted_and_lookups_answer(stack: Inline) -> None:
    def program() -> None:
        hidden = Output.secret("hidden-word")
        group = aws.sns.Topic("topic", display_name=hidden)
        aws.sqs.Queue("queue", policy=Output.json_dumps({"Version": "2012-10-17", "Statement": [], "Id": hidden}))
        aws.iam.Role("role", assume_role_policy=trust("ec2.amazonaws.com"), tags={"word": hidden, "plain": "x"})
        pulumi.export("name", group.display_name)
        pulumi.export("account", aws.get_caller_identity_output().account_id)
        pulumi.export("partition", aws.get_partition_output().partition)
        pulumi.export("zones", aws.get_availability_zones_output(state="available").names)
        arn: Any = group.arn  # the stubs of pulumi-aws know no outputs inside a look-up's arguments
        statement = aws.iam.GetPolicyDocumentStatementArgs(actions=["sqs:SendMessage"], resources=[arn])
        document = aws.iam.get_policy_document_output(statements=[statement])
        aws.iam.Policy("policy", policy=document.json)
        aws.ssm.Parameter("word", name="/word", type="SecureString", value="hidden-too")
        pulumi.export("vpc", aws.ec2.get_vpc_output(default=True).cidr_block)

    ran = stack.up(program)
    outputs = ran.result.outputs
    assert (outputs["account"], outputs["partition"], outputs["zones"][0]) == ("123456789012", "aws", "us-east-1a")
    assert outputs["vpc"] == "172.31.0.0/16"
    assert "hidden-word" not in json.dumps(outputs)
    topic = stack.resources()["topic"]["id"]
    assert stack.here.boto("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"] == "hidden-word"
    assert "hidden-word" not in stack.resources()["queue"]["outputs"]["policy"]
    assert stack.preview(program).changed() == {}
    assert stack.refresh().changed() == {}
    assert stack.preview(program).changed() == {}
    text = stack.text()
    assert "hidden-word" not in text, text[text.index("hidden-word") - 200 :][:300]
