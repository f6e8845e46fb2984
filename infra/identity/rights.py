"""What people on call and CI may do, and who may be one of them: plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from infra.base.iam import Document, Scope, Statement, allow, document, trust
from infra.base.role import Role
from infra.identity.github import ref_trust
from infra.identity.settings import IdentitySettings
from infra.keys.rights import hand_keys_on
from infra.registry.rights import PUSH
from infra.watch.rights import log_groups

# The key of CI's role.
CI: Final = "ci"


def roles(scope: Scope, settings: IdentitySettings, *of_ci: Statement) -> tuple[Role, ...]:
    """The operator's role and, where the settings have one, CI's, which is also allowed `of_ci`."""
    operator = Role(
        key="operator",
        trust=operator_trust(scope, settings.operator_principal_arns),
        document=operator_document(scope),
        session_hours=settings.max_session_hours,
    )
    if settings.ci is None:
        return (operator,)
    ci = Role(
        key=CI,
        trust=ref_trust(scope.account_id, repository=settings.ci.repository, git_ref=settings.ci.git_ref),
        document=ci_document(scope, *of_ci),
        session_hours=settings.max_session_hours,
    )
    return operator, ci


def operator_trust(scope: Scope, principals: Sequence[str] = ()) -> Document:
    """People of this account who hold `sts:AssumeRole` on the role: those named, by arn patterns, or all with a second factor.

    No second factor is demanded of those who are named: IAM Identity Center asks for the factor itself, and its sessions do not
    carry the condition key `aws:MultiFactorAuthPresent`.
    """
    principal = {"AWS": f"arn:aws:iam::{scope.account_id}:root"}
    condition: dict[str, Any] = {"StringEquals": {"aws:PrincipalAccount": scope.account_id}}
    if principals:
        condition["ArnLike"] = {"aws:PrincipalArn": list(principals)}
    else:
        condition["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    return document(trust("TrustPeople", principal, ("sts:AssumeRole",), condition))


def operator_document(scope: Scope) -> Document:
    """People on call: look at the cluster and the jobs, stop a job, read logs, reach the private API through a node."""
    return document(
        allow(
            "ListPlatform",
            (
                "ec2:DescribeInstances", "eks:ListClusters", "sagemaker:ListEndpoints", "sagemaker:ListModels",
                "sagemaker:ListTrainingJobs",
            ),
            ["*"],
        ),
        allow("SeeCluster", ("eks:AccessKubernetesApi", "eks:DescribeCluster"), [scope.arn("eks", f"cluster/{scope.prefix}")]),
        allow(
            "SeeJobs",
            ("sagemaker:DescribeEndpoint", "sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"),
            [scope.arn("sagemaker", f"{kind}/{scope.prefix}-*") for kind in ("endpoint", "training-job")],
        ),
        allow("ReadLogs", ("logs:FilterLogEvents", "logs:GetLogEvents"), log_groups(scope)),
        *tunnel(scope),
    )  # fmt: skip


def tunnel(scope: Scope) -> tuple[Statement, Statement, Statement]:
    """Forward a port through a node of this environment, for example to the private API server.

    Only the document that forwards a port is allowed, and the session's document is checked, so there is no shell.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-sessiondocumentaccesscheck.html
    """
    return (
        allow(
            "TunnelThroughNodes",
            ("ssm:StartSession",),
            [scope.arn("ec2", "instance/*")],
            StringEquals={"ssm:resourceTag/Environment": scope.environment},
            BoolIfExists={"ssm:SessionDocumentAccessCheck": "true"},
        ),
        allow(
            "NoShell",
            ("ssm:StartSession",),
            [f"arn:aws:ssm:{scope.region}::document/AWS-StartPortForwardingSessionToRemoteHost"],
        ),
        allow(
            "OwnTunnels",
            ("ssm:ResumeSession", "ssm:TerminateSession"),
            [scope.arn("ssm", "session/*")],
            StringLike={"ssm:resourceTag/aws:ssmmessages:session-id": "${aws:userid}"},
        ),
    )


def ci_document(scope: Scope, *more: Statement) -> Document:
    """CI: pushes images, trains and registers models, puts one into service. It changes no infrastructure and no IAM.

    `more` are statements that other capabilities give it.
    """
    sagemaker = [
        scope.arn("sagemaker", f"{kind}/{scope.prefix}-*") for kind in ("training-job", "model", "endpoint", "endpoint-config")
    ]
    return document(
        allow("LogInToRegistry", ("ecr:GetAuthorizationToken",), ["*"]),
        allow(
            "PushImages",
            (*PUSH, "ecr:DescribeImages"),
            [scope.arn("ecr", f"repository/{scope.prefix}-{image}") for image in ("training", "serving")],
        ),
        allow(
            "RunTraining",
            ("sagemaker:AddTags", "sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"),
            sagemaker[:1],
        ),
        # `slipway train --follow` lists runs, reads their logs and looks up their models in the registry.
        allow("ListTraining", ("sagemaker:ListTrainingJobs",), ["*"]),
        allow("FollowTraining", ("logs:DescribeLogStreams", "logs:GetLogEvents"), _training_logs(scope)),
        allow(
            "RegisterModels",
            ("sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"),
            [scope.arn("sagemaker", f"{kind}/{scope.prefix}-*") for kind in ("model-package", "model-package-group")],
        ),
        allow(
            "UpdateEndpoints",
            ("sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint", "sagemaker:UpdateEndpoint"),
            sagemaker[2:],
        ),
        pass_role(scope, "training", service="sagemaker.amazonaws.com"),
        hand_keys_on(scope, "models"),
        *more,
    )


def _training_logs(scope: Scope) -> list[str]:
    group = scope.arn("logs", "log-group:/aws/sagemaker/TrainingJobs")
    return [group, f"{group}:log-stream:*"]


def pass_role(scope: Scope, *roles: str, service: str) -> Statement:
    """Hand these roles to one service."""
    return allow(
        "PassRoles", ("iam:PassRole",), [scope.role(role) for role in roles], StringEquals={"iam:PassedToService": service}
    )
