"""A preview refuses what AWS would refuse of the values that are known, and judges nothing that is not known yet."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.types import appautoscaling, cloudwatch, ec2, eks, iam, kms, s3, scheduler, secretsmanager, sns, sqs
from localcloud.kernel.diff import UNKNOWN_MARK
from localcloud.kernel.engine import Engine
from tests.localcloud.golden_report import new_engine
from tests.localcloud.unchecked import ROLE, TRUST

FULL = {
    "scalingConfig": {"minSize": 1, "desiredSize": 1, "maxSize": 2},
    "clusterName": "c",
    "nodeRoleArn": ROLE,
    "subnetIds": ["subnet-1"],
}
CLUSTER = {"roleArn": ROLE, "vpcConfig": {"subnetIds": ["subnet-1", "subnet-2"]}}
ALARM = {"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 3, "period": 300, "namespace": "n", "metricName": "m"}
SCHEDULE = {"flexibleTimeWindow": {"mode": "OFF"}, "target": {"arn": "arn:aws:sqs:us-east-1:1:q", "roleArn": ROLE}}
TARGET = {"resourceId": "table/t", "scalableDimension": "dynamodb:table:ReadCapacityUnits", "serviceNamespace": "dynamodb"}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return new_engine()


def refused(engine: Engine, token: str, inputs: dict[str, Any], olds: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    checked, failures = engine.check(token, "it", olds or {}, inputs, b"seed")
    return failures or engine.foreseen(token, olds or {}, checked)


def policy(size: int) -> str:
    document = {"Version": "2012-10-17", "Statement": [{"Sid": "", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    document["Statement"][0]["Sid"] = "A" * (size - len(json.dumps(document, separators=(",", ":"))))  # type: ignore[index]
    return json.dumps(document)


@pytest.mark.parametrize(
    ("token", "inputs", "prop", "says"),
    [
        (iam.POLICY.token, {"policy": policy(6145)}, "policy", "LimitExceeded: Cannot exceed quota for PolicySize: 6144"),
        (
            iam.ROLE_POLICY.token,
            {"role": "r", "policy": policy(10_241)},
            "policy",
            "LimitExceeded: Maximum policy size of 10240 bytes",
        ),
        (
            iam.ROLE.token,
            {"assumeRolePolicy": TRUST, "managedPolicyArns": [f"arn:aws:iam::aws:policy/P{n}" for n in range(11)]},
            "managedPolicyArns",
            "LimitExceeded: Cannot exceed quota for PoliciesPerRole: 10",
        ),
        (ec2.LAUNCH_TEMPLATE.token, {"userData": "#!/bin/sh"}, "userData", "InvalidUserData.Malformed: Invalid BASE64 encoding"),
        (ec2.VPC.token, {"cidrBlock": "10.0.0.0/8"}, "cidrBlock", ""),
        (
            eks.CLUSTER.token,
            {**CLUSTER, "version": "1.20"},
            "version",
            "InvalidParameterException: unsupported Kubernetes version",
        ),
        (
            eks.NODE_GROUP.token,
            {**FULL, "scalingConfig": {"minSize": 3, "desiredSize": 1, "maxSize": 4}},
            "",
            "InvalidParameterException: Minimum capacity 3 can't be greater than desired size 1",
        ),
        (
            eks.NODE_GROUP.token,
            {**FULL, "scalingConfig": {"minSize": 0, "desiredSize": 5, "maxSize": 4}},
            "",
            "InvalidParameterException: desired capacity 5 can't be greater than max size 4",
        ),
        (sqs.QUEUE.token, {"messageRetentionSeconds": 59}, "messageRetentionSeconds", ""),
        (sns.TOPIC.token, {"name": "a b"}, "name", ""),
        (cloudwatch.LOG_GROUP.token, {"name": "aws/x"}, "name", "InvalidParameterException: Log groups starting with AWS/"),
        (cloudwatch.LOG_GROUP.token, {"retentionInDays": 4}, "retentionInDays", ""),
        (
            cloudwatch.METRIC_ALARM.token,
            {**ALARM, "evaluationPeriods": 289, "statistic": "Sum"},
            "",
            "ValidationError: Metrics cannot be checked across more than a day",
        ),
        (kms.ALIAS.token, {"name": "alias/aws/x", "targetKeyId": "k"}, "name", ""),
        (
            s3.BUCKET_LIFECYCLE_CONFIGURATION.token,
            {
                "bucket": "b",
                "rules": [{"id": "r", "status": "Enabled", "transitions": [{"days": 10, "storageClass": "STANDARD_IA"}]}],
            },
            "rules",
            "InvalidArgument: 'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'",
        ),
        (secretsmanager.SECRET.token, {"name": "a b"}, "name", ""),
        (s3.BUCKET.token, {"bucket": "Under_Score"}, "bucket", ""),
        (
            scheduler.SCHEDULE.token,
            {**SCHEDULE, "scheduleExpression": "rate(1.5 days)"},
            "",
            "ValidationException: Invalid Schedule Expression rate(1.5 days).",
        ),
        (
            appautoscaling.TARGET.token,
            {**TARGET, "minCapacity": 4, "maxCapacity": 2},
            "",
            "ValidationException: Maximum capacity cannot be less than minimum capacity",
        ),
        (
            ec2.VPC.token,
            {"cidrBlock": "10.0.0.0/16", "tags": {"aws:mine": "x"}},
            "",
            "InvalidParameterValue: Tag keys starting with 'aws:' are reserved for internal use",
        ),
        (ec2.VPC.token, {"cidrBlock": "10.0.0.0/16", "tags": {f"k{n}": "" for n in range(51)}}, "", "TagLimitExceeded: "),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_aws_refuses_of_known_values_is_refused_in_the_preview(
    engine: Engine, token: str, inputs: dict[str, Any], prop: str, says: str
) -> None:
    found = refused(engine, token, inputs)
    assert found
    assert says in found[0][1]
    assert found[0][0] == (prop or found[0][0])


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (iam.POLICY.token, {"policy": policy(6144)}),
        (iam.POLICY.token, {"policy": UNKNOWN_MARK}),
        (ec2.LAUNCH_TEMPLATE.token, {"userData": UNKNOWN_MARK}),
        (ec2.ROUTE.token, {"routeTableId": UNKNOWN_MARK, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": UNKNOWN_MARK}),
        (eks.NODE_GROUP.token, FULL),
        (eks.NODE_GROUP.token, {**FULL, "clusterName": UNKNOWN_MARK, "scalingConfig": UNKNOWN_MARK}),
        (eks.CLUSTER.token, {**CLUSTER, "version": UNKNOWN_MARK}),
        (kms.KEY.token, {"policy": UNKNOWN_MARK}),
        (sqs.QUEUE.token, {"policy": UNKNOWN_MARK, "messageRetentionSeconds": 60}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_right_or_not_known_yet_is_no_fault(engine: Engine, token: str, inputs: dict[str, Any]) -> None:
    assert refused(engine, token, inputs) == []


@pytest.mark.parametrize(
    ("token", "old", "new", "right"),
    [
        (eks.CLUSTER.token, "1.33", "1.34", True),
        (eks.CLUSTER.token, "1.34", "1.34", True),
        (eks.CLUSTER.token, "1.33", "1.35", False),
        (eks.CLUSTER.token, "1.34", "1.33", False),
        (eks.NODE_GROUP.token, "1.32", "1.35", True),
        (eks.NODE_GROUP.token, "1.35", "1.34", False),
    ],
)
def test_a_step_between_versions_is_judged_by_the_old_one(engine: Engine, token: str, old: str, new: str, right: bool) -> None:
    inputs = CLUSTER if token == eks.CLUSTER.token else FULL
    found = refused(engine, token, {**inputs, "version": new}, {**inputs, "version": old})
    said = f"Unsupported Kubernetes minor version update from {old} to {new}"
    assert [message for _, message in found] == ([] if right else [said])
