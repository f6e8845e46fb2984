"""The permission boundary: the most that any role of a workload, of CI or of people can ever be given. Plain values.

The boundary is made from the roles' own documents: it allows every action that they use, on all arns of the stack in the service
of that action. So the boundary never denies what a role needs, and limits a role that is later given more rights by hand or by
a compromised pipeline.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from infra.base.iam import Document, Scope, Statement, allow, document
from infra.identity.rights import tunnel
from infra.watch.rights import log_groups

# https://docs.aws.amazon.com/service-authorization/latest/reference/: actions that take no resource but `*`.
WITHOUT_RESOURCE: Final = frozenset(
    {
        "cloudwatch:PutMetricData",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "ecr:GetAuthorizationToken",
        "eks:ListClusters",
        "sagemaker:ListEndpoints",
        "sagemaker:ListModels",
        "sagemaker:ListTrainingJobs",
        "sts:GetCallerIdentity",
    }
)
# Actions by which a role can give itself more rights: the boundary denies them, whatever the role's own policy allows.
ESCALATIONS: Final = (
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:CreateRole",
    "iam:CreateUser",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutGroupPolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
)


def reach(scope: Scope) -> dict[str, list[str]]:
    """The arns of the stack's resources, by service."""
    return {
        "codebuild": [scope.arn("codebuild", f"project/{scope.prefix}-*")],
        "codeconnections": [scope.arn("codeconnections", "connection/*")],
        "ec2": [scope.arn("ec2", f"{kind}/*") for kind in ("network-interface", "security-group", "subnet")],
        "ecr": [scope.arn("ecr", f"repository/{scope.prefix}-*")],
        "eks": [scope.arn("eks", f"{kind}/{scope.prefix}*") for kind in ("cluster", "nodegroup")],
        "iam": [scope.role("training"), scope.role("serving")],
        "kms": [scope.arn("kms", "key/*")],
        "logs": [arn for group in log_groups(scope) for arn in (group, f"{group}:log-stream:*")],
        "s3": [f"arn:aws:s3:::{scope.prefix}-*-{scope.account_id}-{scope.region}{part}" for part in ("", "/*")],
        "sagemaker": [scope.arn("sagemaker", f"*/{scope.prefix}-*")],
        "secretsmanager": [scope.arn("secretsmanager", f"secret:{scope.prefix}-*")],
        "ssm": [resource for statement in tunnel(scope) for resource in statement["Resource"]],
    }


def boundary_document(scope: Scope, documents: Sequence[Document]) -> Document:
    """The boundary over these documents. Raises KeyError for a service that `reach` does not know: add its arns there."""
    actions = {action for one in documents for statement in one["Statement"] for action in statement["Action"]}
    free = sorted(actions & WITHOUT_RESOURCE)
    by_service: dict[str, list[str]] = {}
    for action in sorted(actions - WITHOUT_RESOURCE):
        by_service.setdefault(action.partition(":")[0], []).append(action)
    reachable = reach(scope)
    bounded = [_bounded(scope, service, names, reachable[service]) for service, names in by_service.items()]
    deny: Statement = {
        "Sid": "NeverEscalate",
        "Effect": "Deny",
        "Action": list(ESCALATIONS),
        # IAM takes no bare `*` for the path of an arn.
        "Resource": [f"arn:aws:iam::{scope.account_id}:{kind}/*" for kind in ("group", "policy", "role", "user")],
    }
    return document(allow("WithoutResource", free, ["*"]), *bounded, deny)


def _bounded(scope: Scope, service: str, actions: list[str], resources: list[str]) -> Statement:
    sid = f"Within{service.capitalize()}"
    if service == "iam":
        return allow(sid, actions, resources, StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"})
    if service == "kms":
        return allow(sid, actions, resources, **{"ForAnyValue:StringLike": {"kms:ResourceAliases": f"alias/{scope.prefix}-*"}})
    return allow(sid, actions, resources)
