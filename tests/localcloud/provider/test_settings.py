"""The provider's settings: which have an effect, which refuse, and that the rest is taken without a word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from catalog.types import cloudwatch, codebuild, ec2, ecr, iam, kms, s3, secretsmanager, sns, sqs, ssm
from localcloud.kernel.diff import UNKNOWN_MARK
from localcloud.kernel.ledger import Ledger
from localcloud.provider.aws import AwsConnection, AwsProvider
from localcloud.provider.settings import Refused
from tests.localcloud.cloud import Cloud
from tests.localcloud.golden import REGION

ACCOUNT = "123456789012"
OTHER = "111122223333"


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture(scope="module")
def aws(cloud: Cloud) -> AwsProvider:
    cloud.client("iam").create_role(RoleName="deployer", AssumeRolePolicyDocument=TRUST)
    return AwsProvider(cloud.engine, Ledger(), "7.0.0", quiet=0.05)


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
HERE = f"arn:aws:iam::{ACCOUNT}:role/deployer"
NOWHERE = f"arn:aws:iam::{ACCOUNT}:role/x"
THERE = f"arn:aws:iam::{OTHER}:role/x"


@pytest.mark.parametrize(
    "settings",
    [
        {"allowedAccountIds": f'["{ACCOUNT}"]'},
        {"allowedAccountIds": [OTHER, ACCOUNT]},
        {"forbiddenAccountIds": f'["{OTHER}"]'},
        {"allowedAccountIds": UNKNOWN_MARK},
        {"assumeRoles": json.dumps([{"roleArn": HERE, "sessionName": "me", "externalId": "abc"}])},
        {"assumeRoles": [{"roleArn": THERE}], "allowedAccountIds": [OTHER]},
        {"assumeRole": json.dumps({"roleArn": HERE, "tags": {"team": "ml"}, "transitiveTagKeys": ["team"]})},
        {
            "profile": "company",
            "sharedCredentialsFiles": '["~/.aws/credentials"]',
            "accessKey": "a",
            "secretKey": "b",
            "token": "c",
        },
        {"skipCredentialsValidation": "true", "skipMetadataApiCheck": True, "skipRegionValidation": "true", "maxRetries": 3},
        {"skipRequestingAccountId": "true"},
        {"region": "moon-1"},
        {"region": "eu-west-1", "skipRegionValidation": "false"},
        {"endpoints": '[{"s3": "http://localhost:4566"}]', "s3UsePathStyle": "true", "useFipsEndpoint": "false"},
    ],
    ids=str,
)
def test_a_provider_starts_with(aws: AwsProvider, settings: Mapping[str, Any]) -> None:
    aws.configure(settings)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"allowedAccountIds": f'["{OTHER}"]'}, f"AWS account ID not allowed: {ACCOUNT}"),
        ({"forbiddenAccountIds": [ACCOUNT, OTHER]}, f"AWS account ID not allowed: {ACCOUNT}"),
        ({"assumeRoles": [{"roleArn": THERE}], "allowedAccountIds": [ACCOUNT]}, f"AWS account ID not allowed: {OTHER}"),
        ({"assumeRoles": [{"roleArn": HERE}, {"roleArn": THERE}], "forbiddenAccountIds": [OTHER]}, f"not allowed: {OTHER}"),
        ({"allowedAccountIds": [ACCOUNT], "skipRequestingAccountId": "true"}, "AWS account ID not allowed: $"),
        ({"allowedAccountIds": ["1"], "forbiddenAccountIds": ["2"]}, "conflicts with forbiddenAccountIds"),
        (
            {"assumeRoles": [{"roleArn": NOWHERE}]},
            r"role/x\) cannot be assumed.*AccessDenied: .*sts:AssumeRole",
        ),
        ({"assumeRoles": [{"roleArn": "deployer"}]}, r"IAM Role \(deployer\) cannot be assumed"),
        ({"region": "moon-1", "skipRegionValidation": "false"}, "invalid AWS Region: moon-1"),
    ],
    ids=str,
)
def test_a_provider_does_not_start_with(aws: AwsProvider, settings: Mapping[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        aws.configure(settings)


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:local::slipway::{token}::{name}"


def make(connection: AwsConnection, token: str, name: str, /, **inputs: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    checked, failures = connection.check(urn(token, name), {}, inputs, name.encode())
    assert not failures
    identifier, outputs = connection.create(urn(token, name), checked)
    return identifier, checked, outputs


TAGGED: Mapping[str, tuple[str, dict[str, Any]]] = {
    "vpc": (ec2.VPC.token, {"cidrBlock": "10.0.0.0/16"}),
    "bucket": (s3.BUCKET.token, {}),
    "role": (iam.ROLE.token, {"assumeRolePolicy": TRUST}),
    "key": (kms.KEY.token, {}),
    "secret": (secretsmanager.SECRET.token, {}),
    "topic": (sns.TOPIC.token, {}),
    "queue": (sqs.QUEUE.token, {}),
    "logs": (cloudwatch.LOG_GROUP.token, {}),
    "images": (ecr.REPOSITORY.token, {}),
    "parameter": (ssm.PARAMETER.token, {"type": "String", "value": "x"}),
    "build": (
        codebuild.PROJECT.token,
        {
            "serviceRole": HERE,
            "artifacts": {"type": "NO_ARTIFACTS"},
            "source": {"type": "NO_SOURCE", "buildspec": "version: 0.2"},
            "environment": {"computeType": "BUILD_GENERAL1_SMALL", "image": "x", "type": "LINUX_CONTAINER"},
        },
    ),
}


@pytest.mark.parametrize(("token", "inputs"), TAGGED.values(), ids=TAGGED)
def test_tags_that_others_look_after_are_left_alone(aws: AwsProvider, token: str, inputs: dict[str, Any]) -> None:
    ignoring = {"ignoreTags": '{"keys":["cost"],"keyPrefixes":["kubernetes.io/"]}'}
    theirs = {"cost": "42", "kubernetes.io/cluster/x": "owned", "seen": "yes"}
    name = f"ignoring-{token.rpartition(':')[2].lower()}"
    identifier, checked, outputs = make(aws.configure({}), token, name, **inputs, tags={"mine": "1"})
    for value in (theirs, {}):  # somebody adds them, and the row's own tagging does it
        wanted = {**checked, "tags": {"mine": "1", **theirs}}
        outputs = aws.configure({}).update(urn(token, name), identifier, outputs, wanted) if value else outputs
    connection = aws.configure(ignoring)
    found = connection.read(urn(token, name), identifier, {**checked, "tags": {"mine": "1"}}, outputs)
    assert found is not None
    assert found[1]["tagsAll"] == {"mine": "1", "seen": "yes"}
    wanted = {**checked, "tags": {"mine": "2"}}
    assert connection.diff(urn(token, name), found[1], wanted, ()).effect == "update"
    after = connection.update(urn(token, name), identifier, found[1], wanted)
    assert after["tagsAll"] == {"mine": "2"}
    assert connection.diff(urn(token, name), after, wanted, ()).effect == "none"
    whole = aws.configure({}).read(urn(token, name), identifier, wanted, after)
    assert whole is not None
    assert whole[1]["tagsAll"] == {"mine": "2", "cost": "42", "kubernetes.io/cluster/x": "owned"}


def test_one_provider_s_ignored_tags_are_another_s_own(aws: AwsProvider) -> None:
    ignoring = aws.configure({"ignoreTags": {"keys": ["cost"]}})
    identifier, checked, outputs = make(ignoring, sns.TOPIC.token, "two", tags={"cost": "1"})
    assert outputs["tagsAll"] == {}
    assert (
        ignoring.diff(urn(sns.TOPIC.token, "two"), outputs, checked, ()).effect == "update"
    )  # for ever, with the genuine one too
    read = aws.configure({}).read(urn(sns.TOPIC.token, "two"), identifier, checked, outputs)
    assert read is not None
    assert read[1]["tagsAll"] == {"cost": "1"}


def test_default_tags_are_under_a_resource_s_own_and_an_equal_one_is_no_fault(aws: AwsProvider) -> None:
    settings = {"defaultTags": '{"tags":{"team":"ml","env":"dev"}}', "ignoreTags": '{"keys":["env"]}'}
    connection = aws.configure(settings)
    at = urn(sns.TOPIC.token, "defaults")
    _, checked, outputs = make(connection, sns.TOPIC.token, "defaults", tags={"team": "ml", "own": "x"})
    assert (outputs["tags"], outputs["tagsAll"]) == ({"team": "ml", "own": "x"}, {"team": "ml", "own": "x"})
    assert connection.diff(at, outputs, checked, ()).effect == "none"
    assert aws.configure({"defaultTags": {"tags": {"team": "ops"}}}).diff(at, outputs, checked, ()).effect == "none"
    assert aws.configure({"defaultTags": {"tags": {"more": "1"}}}).diff(at, outputs, checked, ()).effect == "update"


def test_a_region_s_setting_is_where_its_resources_are(aws: AwsProvider, cloud: Cloud) -> None:
    _, _, outputs = make(aws.configure({"region": "eu-west-1"}), sqs.QUEUE.token, "west", name="west")
    assert outputs["arn"] == f"arn:aws:sqs:eu-west-1:{ACCOUNT}:west"
    assert cloud.engine.clients("sqs", "eu-west-1").list_queues(QueueNamePrefix="west")["QueueUrls"]
    assert not cloud.engine.clients("sqs", REGION).list_queues(QueueNamePrefix="west").get("QueueUrls")
