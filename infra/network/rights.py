"""What may pass through each VPC endpoint, and what a role needs to be in the VPC: plain policies and statements.

A credential of another account gets nowhere from inside our VPC.
"""

from __future__ import annotations

from typing import Any, Final

from infra.base.iam import Document, Scope, Statement, allow, document, service_trust
from infra.base.role import Role

# Endpoint name -> IAM prefix, where the two differ.
_PREFIXES: Final = {
    "bedrock-runtime": "bedrock",
    "ecr.api": "ecr",
    "ecr.dkr": "ecr",
    "monitoring": "cloudwatch",
    "sagemaker.api": "sagemaker",
    "sagemaker.runtime": "sagemaker",
}


_INTERFACES: Final = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
)
_LOOK_AROUND: Final = (
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)


def roles(scope: Scope) -> tuple[Role, ...]:
    """The role of the VPC flow-log service, which writes one log group."""
    group = scope.arn("logs", f"log-group:/{scope.prefix}/vpc-flow")
    writes = allow(
        "WriteFlowLogs",
        ("logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"),
        [group, f"{group}:*"],
    )
    return (Role(key="flow-log", trust=service_trust(scope, "vpc-flow-logs.amazonaws.com"), document=document(writes)),)


def join_vpc(scope: Scope) -> tuple[Statement, Statement, Statement]:
    """SageMaker puts a network interface into our subnets, and only into those tagged as this environment's."""
    return (
        allow("LookAround", _LOOK_AROUND, ["*"]),
        allow("MakeInterfaces", _INTERFACES, [scope.arn("ec2", "network-interface/*")]),
        allow(
            "UseOurSubnets",
            ("ec2:CreateNetworkInterface",),
            [scope.arn("ec2", "subnet/*"), scope.arn("ec2", "security-group/*")],
            StringEquals={"aws:ResourceTag/Environment": scope.environment},
        ),
    )


def gateway_policy(scope: Scope, service: str) -> Document:
    """The policy of the s3 or dynamodb gateway endpoint."""
    ours = _ours(scope, "OurAccount", [f"{service}:*"])
    if service != "s3":
        return document(ours)
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html: image layers come from a bucket of AWS's.
    layers: Statement = {
        "Sid": "ImageLayers",
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::prod-{scope.region}-starport-layer-bucket/*"],
    }
    # https://docs.aws.amazon.com/linux/al2023/ug/deterministic-upgrades.html: nodes update themselves from another one.
    packages: Statement = {**layers, "Sid": "NodePackages", "Resource": [f"arn:aws:s3:::al2023-repos-{scope.region}-de612dc2/*"]}
    return document(ours, layers, packages)


def interface_policy(scope: Scope, service: str) -> Document:
    """The policy of one interface endpoint."""
    if service == "sts":
        # A caller with a web identity has no account before it takes a role, so the condition is on the role's account.
        roles: Statement = {
            "Sid": "RolesOfOurAccount",
            "Effect": "Allow",
            "Principal": "*",
            "Action": ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
            "Resource": [f"arn:aws:iam::{scope.account_id}:role/*"],
        }
        return document(roles, _ours(scope, "WhoAmI", ["sts:GetCallerIdentity"]))
    return document(_ours(scope, "OurAccount", [f"{_PREFIXES.get(service, service)}:*"]))


def _ours(scope: Scope, sid: str, actions: list[str]) -> Statement:
    condition: dict[str, Any] = {"StringEquals": {"aws:PrincipalAccount": scope.account_id}}
    return {"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": actions, "Resource": "*", "Condition": condition}
