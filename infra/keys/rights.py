"""Who may use each KMS key: plain key policies, one a domain, and the statements by which a role uses keys.

The account may administer a key, and IAM may let its principals use it, but only through the services of the key's domain: a
stolen credential that calls KMS itself decrypts nothing. Services that come with a principal of their own are narrowed to this
account.
In a key policy `Resource: "*"` means this key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from infra.base.iam import Document, Scope, Statement, allow, document
from infra.base.naming import KeyDomain

# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html, what administrators are allowed, spelt out.
ADMINISTRATION: Final = (
    "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey", "kms:DisableKeyRotation",
    "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListAliases", "kms:ListGrants",
    "kms:ListKeyPolicies", "kms:ListKeyRotations", "kms:ListResourceTags", "kms:PutKeyPolicy", "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
)  # fmt: skip
USE: Final = (
    "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom", "kms:ReEncryptTo",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class KeySpec:
    """What one key is for.

    `via` are services through which the account's principals use it. `services` are service principals that use it themselves.
    `grants` lets those services hand the key on to what they run (SageMaker volumes, EBS volumes, images), and take it back.
    `cluster` is for EKS: secrets in its database and the volumes of nodes.
    """

    name: KeyDomain
    description: str
    via: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    log_groups: bool = False
    grants: bool = False
    cluster: bool = False


KEYS: Final = (
    KeySpec(
        name="data",
        description="raw and curated data, checkpoints, captured requests",
        via=("s3", "sagemaker", "ec2"),
        grants=True,
    ),
    KeySpec(
        name="models",
        description="model artifacts, images and endpoint volumes",
        via=("s3", "ecr", "sagemaker", "ec2"),
        grants=True,
    ),
    KeySpec(
        name="logs",
        description="log groups and alerts",
        via=("logs", "sns", "sqs"),
        services=("budgets.amazonaws.com", "cloudwatch.amazonaws.com", "costalerts.amazonaws.com", "sns.amazonaws.com"),
        log_groups=True,
    ),
    KeySpec(name="cluster", description="Kubernetes secrets and node volumes", via=("eks", "ec2"), grants=True, cluster=True),
    KeySpec(name="secrets", description="secrets that workloads read", via=("secretsmanager",)),
)


def key_policy(scope: Scope, domain: KeySpec) -> Document:
    """The policy of one domain's key."""
    root = {"AWS": f"arn:aws:iam::{scope.account_id}:root"}
    via = {
        "kms:ViaService": [f"{service}.{scope.region}.amazonaws.com" for service in domain.via],
        "kms:CallerAccount": scope.account_id,
    }
    statements = [
        # Without a condition: KMS refuses a key policy that could lock out the account that administers the key.
        _allow("AccountAdministersKey", root, ADMINISTRATION, {}),
        _allow("AccountUsesKeyThroughServices", root, USE, {"StringEquals": via}),
    ]
    if domain.grants:
        condition = {"StringEquals": via, "Bool": {"kms:GrantIsForAWSResource": "true"}}
        statements.append(_allow("ServicesHandKeyOn", root, ("kms:CreateGrant",), condition))
        # A statement of its own, because requests that retire a grant carry no `kms:GrantIsForAWSResource`.
        statements.append(_allow("ServicesGiveKeyBack", root, ("kms:RetireGrant",), {"StringEquals": via}))
    if domain.services:
        condition = {"StringEquals": {"aws:SourceAccount": scope.account_id}}
        statements.append(
            _allow("ServicesUseKey", {"Service": list(domain.services)}, ("kms:Decrypt", "kms:GenerateDataKey"), condition)
        )
    if domain.log_groups:
        condition = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": scope.arn("logs", "log-group:*")}}
        statements.append(_allow("LogGroupsUseKey", {"Service": f"logs.{scope.region}.amazonaws.com"}, USE, condition))
    if domain.cluster:
        # EKS makes its grant as whoever makes the cluster, and does not support kms:GrantIsForAWSResource there. IAM must allow
        # the grant as well, and of our own roles it does so for the EBS driver's alone, narrowed to AWS's services.
        # https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html
        caller = {"StringEquals": {"kms:CallerAccount": scope.account_id}}
        statements.append(_allow("ClusterMakerHandsKeyToEks", root, ("kms:CreateGrant",), caller))
        statements += _node_volumes(scope)
    return document(*statements)


def use_keys(scope: Scope, *domains: KeyDomain) -> Statement:
    """Encrypt and decrypt under the keys of these domains, told by alias: a key's arn is unknown before it is made.

    `kms:Encrypt` is what SageMaker asks of a job whose output has a key, beside what S3 uses.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html
    """
    return allow(
        "UseKeys",
        ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"),
        [scope.arn("kms", "key/*")],
        **{"ForAnyValue:StringEquals": {"kms:ResourceAliases": [f"alias/{scope.prefix}-{domain}" for domain in domains]}},
    )


def hand_keys_on(scope: Scope, *domains: KeyDomain) -> Statement:
    """Let a service that runs something for us (SageMaker's volumes, EBS) use the keys of these domains."""
    return allow(
        "HandKeysOn",
        ("kms:CreateGrant",),
        [scope.arn("kms", "key/*")],
        **{
            "ForAnyValue:StringEquals": {"kms:ResourceAliases": [f"alias/{scope.prefix}-{domain}" for domain in domains]},
            "Bool": {"kms:GrantIsForAWSResource": "true"},
        },
    )


def _node_volumes(scope: Scope) -> list[Statement]:
    """Nodes are started by the service-linked roles of Auto Scaling and, on spot, of EC2 Spot, whose own policies have no KMS.

    KMS refuses a policy that names a role which does not exist yet, as in a new account; a condition may name it.
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
    """
    linked = f"arn:aws:iam::{scope.account_id}:role/aws-service-role"
    roles = [
        f"{linked}/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        f"{linked}/spot.amazonaws.com/AWSServiceRoleForEC2Spot",
    ]
    who = {"StringEquals": {"kms:CallerAccount": scope.account_id, "aws:PrincipalArn": roles}}
    return [
        _allow("NodeVolumesUseKey", {"AWS": "*"}, USE, who),
        _allow(
            "NodeVolumesHandKeyOn", {"AWS": "*"}, ("kms:CreateGrant",), {**who, "Bool": {"kms:GrantIsForAWSResource": "true"}}
        ),
    ]


def _allow(sid: str, principal: dict[str, Any], actions: tuple[str, ...], condition: dict[str, Any]) -> Statement:
    statement = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": "*"}
    return {**statement, "Condition": condition} if condition else statement
