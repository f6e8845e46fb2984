"""What changes mean, where the golden files have no case: policies by meaning in every type, and effects that people reported."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.types import codebuild, ec2, ecr, iam, kms, s3, sagemaker, secretsmanager, sns, sqs
from tests.localcloud.cloud import Cloud, Made

ROLE = "{ref:aws:iam/role:Role#main.arn}"


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return Cloud()


def _policy(resource: str | None = "*", principal: bool = True) -> dict[str, Any]:
    who = {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}} if principal else {}
    on = {"Resource": resource} if resource else {}
    return {"Sid": "one", "Effect": "Allow", **who, "Action": ["a:B"], **on}


def _with_policy(cloud: Cloud, kind: str) -> tuple[Made, str, Any]:
    """A resource of the kind, its property that holds a policy, and the function from a statement to that property's value."""

    def text(statement: Any) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": statement})

    def inline(statement: Any) -> Any:
        return [{"name": "x", "policy": text(statement)}]

    trust = [{**_policy(None), "Action": ["sts:AssumeRole"]}]
    bucket = cloud.make(s3.BUCKET.token).id
    of_bucket = [{**_policy(f"arn:aws:s3:::{bucket}"), "Action": ["s3:ListBucket"]}]
    plain = [{**_policy(principal=False), "Action": ["s3:ListBucket"]}]
    topic, queue = cloud.make(sns.TOPIC.token).outputs["arn"], cloud.make(sqs.QUEUE.token).id
    role = cloud.make(iam.ROLE.token, assumeRolePolicy=text(trust)).outputs["name"]
    repository = cloud.make(ecr.REPOSITORY.token).outputs["name"]
    vpc = cloud.make(ec2.VPC.token, cidrBlock="10.0.0.0/16").id
    service = "com.amazonaws.us-east-1.s3"
    table: dict[str, tuple[str, dict[str, Any], str, list[Any], Any]] = {
        "managed": (iam.POLICY.token, {}, "policy", plain, text),
        "of a role": (iam.ROLE_POLICY.token, {"role": role}, "policy", plain, text),
        "trust": (iam.ROLE.token, {}, "assumeRolePolicy", trust, text),
        "inline": (iam.ROLE.token, {"assumeRolePolicy": text(trust)}, "inlinePolicies", plain, inline),
        "key": (kms.KEY.token, {}, "policy", [{**_policy(), "Action": ["kms:*"]}], text),
        "of a bucket": (s3.BUCKET_POLICY.token, {"bucket": bucket}, "policy", of_bucket, text),
        "secret": (secretsmanager.SECRET.token, {}, "policy", [_policy()], text),
        "topic": (sns.TOPIC.token, {}, "policy", [{**_policy(topic), "Action": ["sns:Publish"]}], text),
        "of a topic": (sns.TOPIC_POLICY.token, {"arn": topic}, "policy", [{**_policy(topic), "Action": ["sns:Publish"]}], text),
        "queue": (sqs.QUEUE.token, {}, "policy", [{**_policy(), "Action": ["sqs:SendMessage"]}], text),
        "of a queue": (sqs.QUEUE_POLICY.token, {"queueUrl": queue}, "policy", [{**_policy(), "Action": ["sqs:*"]}], text),
        "of a repository": (ecr.REPOSITORY_POLICY.token, {"repository": repository}, "policy", [_policy(None)], text),
        "endpoint": (ec2.VPC_ENDPOINT.token, {"vpcId": vpc, "serviceName": service}, "policy", [_policy()], text),
    }
    token, inputs, prop, statement, made_of = table[kind]
    return cloud.make(token, **inputs, **{prop: made_of(statement)}), prop, (made_of, statement)


@pytest.mark.parametrize(
    "kind",
    [
        *("managed", "of a role", "trust", "inline", "key", "of a bucket", "secret", "topic", "of a topic", "queue"),
        *("of a queue", "of a repository", "endpoint"),
    ],
)
def test_a_policy_said_in_another_way_is_no_change(cloud: Cloud, kind: str) -> None:
    made, prop, (made_of, statements) = _with_policy(cloud, kind)
    (statement,) = statements
    for other in (
        statement,  # the one statement without its list
        [{**statement, "Action": statement["Action"][0]}],
        [dict(reversed(statement.items()))],
        [{**statement, **({"Principal": {"AWS": ["123456789012"]}} if "Principal" in statement else {})}],
    ):
        assert cloud.plan(made, **{prop: made_of(other)}).effect == "none", other
    assert cloud.plan(made, **{prop: made_of([{**statement, "Sid": "two"}])}).effect == "update"


def _subnet_of(cloud: Cloud, **inputs: Any) -> Made:
    vpc = cloud.make(ec2.VPC.token, cidrBlock="10.0.0.0/16").id
    return cloud.make(ec2.SUBNET.token, vpcId=vpc, cidrBlock="10.0.0.0/24", **inputs)


def test_a_subnet_s_zone_may_be_named_by_its_id_or_its_name(cloud: Cloud) -> None:
    made = _subnet_of(cloud, availabilityZoneId="use1-az1")
    zone = made.outputs["availabilityZone"]
    assert cloud.plan(made, availabilityZoneId=None, availabilityZone=zone).effect == "none"
    assert cloud.plan(made, availabilityZoneId=None).effect == "none"
    assert cloud.plan(made, availabilityZoneId="use1-az2").effect == "replace"
    named = _subnet_of(cloud, availabilityZone=zone)
    assert cloud.plan(named, availabilityZone=None, availabilityZoneId="use1-az1").effect == "none"


def test_the_number_of_a_nat_gateway_s_addresses_replaces_it(cloud: Cloud) -> None:
    subnet = _subnet_of(cloud).id
    made = cloud.make(ec2.NAT_GATEWAY.token, subnetId=subnet, connectivityType="private", secondaryPrivateIpAddressCount=1)
    assert cloud.plan(made, secondaryPrivateIpAddressCount=2).effect == "replace"


def test_encryption_taken_out_of_a_repository_replaces_it_unless_it_was_the_default(cloud: Cloud) -> None:
    keyed = cloud.make(ecr.REPOSITORY.token, encryptionConfigurations=[{"encryptionType": "KMS"}])
    assert cloud.plan(keyed, encryptionConfigurations=None).effect == "replace"
    plain = cloud.make(ecr.REPOSITORY.token, encryptionConfigurations=[{"encryptionType": "AES256"}])
    assert cloud.plan(plain, encryptionConfigurations=None).effect == "none"
    assert cloud.plan(cloud.make(ecr.REPOSITORY.token)).effect == "none"


def test_how_a_model_s_containers_are_called_is_changed_in_place(cloud: Cloud) -> None:
    containers = [{"image": "i1", "containerHostname": "one"}, {"image": "i2", "containerHostname": "two"}]
    made = cloud.make(
        sagemaker.MODEL.token, executionRoleArn=ROLE, containers=containers, inferenceExecutionConfig={"mode": "Serial"}
    )
    assert cloud.plan(made, inferenceExecutionConfig={"mode": "Direct"}).effect == "update"


def test_a_bucket_made_with_object_lock_shows_its_configuration(cloud: Cloud) -> None:
    made = cloud.make(s3.BUCKET.token, objectLockEnabled=True)
    assert made.outputs["objectLockConfiguration"] == {"objectLockEnabled": "Enabled"}
    assert cloud.plan(made).effect == "none"
    assert cloud.refresh(made) == made.inputs | {}
    assert "objectLockConfiguration" not in cloud.make(s3.BUCKET.token).outputs


PROJECT: dict[str, Any] = {
    "serviceRole": ROLE,
    "artifacts": {"type": "NO_ARTIFACTS"},
    "source": {"type": "NO_SOURCE", "buildspec": "version: 0.2"},
    "environment": {"computeType": "BUILD_GENERAL1_SMALL", "image": "x", "type": "LINUX_CONTAINER"},
}


@pytest.mark.parametrize(
    ("given", "cloudwatch", "bucket"),
    [
        ({"cloudwatchLogs": {"groupName": "/x"}}, "ENABLED", "DISABLED"),
        ({"cloudwatchLogs": {"status": "DISABLED"}}, "DISABLED", "DISABLED"),
        ({"s3Logs": {"location": "b/p"}}, "ENABLED", "DISABLED"),
        ({"s3Logs": {"location": "b/p", "status": "ENABLED"}}, "ENABLED", "ENABLED"),
    ],
)
def test_where_a_build_logs_has_a_status_though_none_is_given(
    cloud: Cloud, given: dict[str, Any], cloudwatch: str, bucket: str
) -> None:
    made = cloud.make(codebuild.PROJECT.token, **PROJECT, logsConfig=given)
    found = made.outputs["logsConfig"]
    assert (found["cloudwatchLogs"]["status"], found["s3Logs"]["status"]) == (cloudwatch, bucket)
    assert cloud.plan(made).effect == "none"
