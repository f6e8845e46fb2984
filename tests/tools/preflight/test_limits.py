"""The preflight's limits: what AWS refuses of a plan's own values is told before anybody is asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.types import cloudwatch, ec2, eks, iam, sqs
from tests.tools.preflight.make import view
from tools.plan.view import ENGINE_UNKNOWN, UNKNOWN, ResourceView, Secret
from tools.preflight import State, limits


def policy(size: int) -> str:
    text = json.dumps({"Sid": ""}, separators=(",", ":"))
    return json.dumps({"Sid": "A" * (size - len(text))})


def nodes(least: Any, wanted: Any, most: Any, **props: Any) -> ResourceView:
    sizes = {"minSize": least, "desiredSize": wanted, "maxSize": most}
    return view(eks.NODE_GROUP.token, {"scalingConfig": sizes, **props}, "pool")


CLUSTER = view(eks.CLUSTER.token, {"name": "c", "version": "1.34"}, "cluster")


@pytest.mark.parametrize(
    ("views", "says"),
    [
        ([view(iam.POLICY.token, {"policy": policy(6145)})], "Cannot exceed quota for PolicySize: 6144"),
        ([view(iam.ROLE.token, {"assumeRolePolicy": policy(2049)})], "Cannot exceed quota for ACLSizePerRole: 2048"),
        ([view(iam.ROLE.token, {"managedPolicyArns": ["a"] * 11})], "Cannot exceed quota for PoliciesPerRole: 10"),
        ([view(ec2.LAUNCH_TEMPLATE.token, {"userData": "#!/bin/sh"})], "Invalid BASE64 encoding of user data."),
        ([view(sqs.QUEUE.token, {"visibilityTimeoutSeconds": 43_201})], "Invalid value for the parameter VisibilityTimeout."),
        ([view(cloudwatch.LOG_GROUP.token, {"retentionInDays": 31})], "Value '31' at 'retentionInDays'"),
        ([view(eks.CLUSTER.token, {"version": "1.20"})], "unsupported Kubernetes version"),
        ([nodes(2, 1, 3)], "Minimum capacity 2 can't be greater than desired size 1"),
        ([nodes(1, 4, 3)], "desired capacity 4 can't be greater than max size 3"),
        ([CLUSTER, nodes(1, 1, 1, clusterName="c", version="1.35")], "can't be newer than the version of its cluster"),
        (
            [view(eks.CLUSTER.token, {"version": "1.35"}, op="update", before={"version": "1.33"})],
            "Unsupported Kubernetes minor version update from 1.33 to 1.35",
        ),
        (
            [view(eks.CLUSTER.token, {"version": "1.33"}, op="update", before={"version": "1.34"})],
            "Unsupported Kubernetes minor version update from 1.34 to 1.33",
        ),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_a_value_that_aws_refuses_is_short(views: list[ResourceView], says: str) -> None:
    (row,) = limits.rows(views)
    assert (row.kind, row.state) == ("limit", State.SHORT)
    assert says in row.message


@pytest.mark.parametrize(
    "views",
    [
        [view(iam.POLICY.token, {"policy": policy(6144)})],
        [view(iam.POLICY.token, {"policy": UNKNOWN})],
        [view(iam.POLICY.token, {"policy": policy(6000) + ENGINE_UNKNOWN * 9})],
        [view(iam.POLICY.token, {"policy": Secret(policy(9000))})],
        [view(iam.POLICY.token, {"policy": policy(9000)}, op="same")],
        [nodes(0, 0, 1), nodes(UNKNOWN, 3, 2.0)],
        [CLUSTER, nodes(1, 1, 1, clusterName="c", version="1.32"), nodes(1, 1, 1, clusterName="other", version="1.35")],
        [view(eks.CLUSTER.token, {"version": "1.35"}, op="update", before={"version": "1.34"})],
        [view(eks.CLUSTER.token, {"version": UNKNOWN}, op="update", before={"version": "1.33"})],
        [view(ec2.LAUNCH_TEMPLATE.token, {"userData": UNKNOWN})],
    ],
    ids=str,
)
def test_what_is_right_or_not_known_has_no_row(views: list[ResourceView]) -> None:
    known = [row for row in limits.rows(views) if "desired capacity 3" not in row.message]
    assert known == []
