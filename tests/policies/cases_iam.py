"""The cases of the IAM rules; `cases.py` explains them."""

from __future__ import annotations

from typing import Any, Final

from catalog.types import iam
from tests.policies.case import Case, added, set_, without
from tests.policies.parts import ACCOUNT, ISSUER, ROLE_ARN, TAGS, allow, document, trust

ADMIN: Final = "arn:aws:iam::aws:policy/AdministratorAccess"
_OIDC: Final = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"}

_BY_HTTPS: Final = {"Bool": {"aws:SecureTransport": "true"}}
_TAGGED: Final = {"StringEquals": {"aws:ResourceTag/Team": "ml"}}


def _oidc(**claims: str) -> str:
    tests = {f"{ISSUER}:{claim}": value for claim, value in claims.items()}
    return trust(_OIDC, {"StringEquals": tests}, action="sts:AssumeRoleWithWebIdentity")


def _policy(rule: str, *statements: Any, also: tuple[str, ...] = ()) -> Case:
    return Case(rule, "policy", set_("policy", document(*statements)), also=also)


IAM_CASES: Final = (
    Case("iam-document-is-valid", "policy", set_("policy", "{")),
    Case("iam-document-is-valid", "role", set_("assumeRolePolicy", '{"Version": "2020-01-01", "Statement": []}')),
    Case("iam-no-admin-managed-policy", "attachment", set_("policyArn", ADMIN)),
    Case("iam-no-admin-managed-policy", "role", set_("managedPolicyArns", [ADMIN])),
    Case(
        "iam-no-allow-by-exception",
        "policy",
        set_("policy", document({"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::data"})),
    ),
    _policy("iam-action-exists", allow("s3:GetObjcet", "arn:aws:s3:::data/*")),
    _policy("iam-action-exists", allow("sagmaker:Create*", "arn:aws:sagemaker:*:*:model/*")),
    _policy("iam-action-exists", {"Effect": "Deny", "NotAction": ["s3:*", "iam:PasRole"], "Resource": "*"}),
    Case("iam-action-exists", "role", set_("assumeRolePolicy", trust({"AWS": ROLE_ARN}, action="sts:AsumeRole"))),
    Case("iam-action-exists", "queue-policy", set_("policy", document(allow("sqs:Send", "*", Principal={"AWS": ROLE_ARN})))),
    _policy("iam-no-credentials-for-everything", allow("sts:AssumeRole", "*")),
    _policy("iam-no-credentials-for-everything", allow("sts:Assume?ole", f"arn:aws:iam::{ACCOUNT}:role/*")),
    _policy("iam-no-credentials-for-everything", allow("sts:GetFederationToken", "*")),
    _policy("iam-no-data-read-everywhere", allow("s3:GetO*", "*"), also=("iam-no-look-at-every-resource",)),
    _policy("iam-no-data-read-everywhere", allow("s3:GetObject", "arn:aws:s3:::*/*", Condition=_BY_HTTPS)),
    _policy("iam-no-data-read-everywhere", allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:*")),
    _policy("iam-no-data-read-everywhere", allow("dynamodb:Scan", ["arn:aws:s3:::data", "arn:aws:dynamodb:*:*:table/*"])),
    _policy("iam-no-decrypt-with-every-key", allow("kms:Decrypt", f"arn:aws:kms:*:{ACCOUNT}:key/*")),
    _policy("iam-no-decrypt-with-every-key", allow("kms:ReEncryptF*", "*")),
    _policy("iam-no-look-at-every-resource", allow("sagemaker:DescribeTrainingJob", "*")),
    _policy("iam-no-look-at-every-resource", allow(["ecr:GetAuthorizationToken", "ecr:Describe*"], "arn:aws:ecr:*:*:*")),
    Case("iam-no-full-administration", "role-policy", set_("policy", document(allow("*", "*")))),
    Case("iam-no-full-administration", "role", set_("inlinePolicies.0.policy", document(allow("*:*", "arn:aws:*")))),
    _policy("iam-no-privilege-escalation", allow("iam:PutRolePolicy", "*")),
    _policy("iam-no-privilege-escalation", allow("iam:AttachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/*")),
    _policy("iam-no-privilege-escalation", allow(["ssm:StartSession", "ssm:DescribeSessions"], "*")),
    Case(
        "iam-no-privilege-escalation", "role-policy", set_("policy", document(allow("lambda:UpdateFunctionConfiguration", "*")))
    ),
    # Neither action suffices alone. Together they run any code under any role that SageMaker may assume.
    _policy(
        "iam-no-privilege-escalation",
        allow("sagemaker:CreateTrainingJob", "arn:aws:sagemaker:us-east-1:*:training-job/*"),
        allow("iam:PassRole", "*", Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}),
        also=("iam-pass-role-is-confined",),
    ),
    _policy("iam-no-resource-sharing-everywhere", allow("s3:PutBucketPolicy", "*")),
    _policy("iam-no-resource-sharing-everywhere", allow("ecr:SetRepositoryPolic?", "arn:aws:ecr:*:*:*")),
    _policy(
        "iam-no-service-on-every-resource",
        allow("sagemaker:*", "*"),
        also=("iam-no-service-wildcard", "iam-no-privilege-escalation"),
    ),
    _policy("iam-no-service-wildcard", allow("s3:*", "arn:aws:s3:::data/*")),
    _policy("iam-no-write-on-every-resource", allow("sagemaker:DeleteModel", "*")),
    _policy("iam-no-write-on-every-resource", allow("s3:PutObjectTagging", "arn:aws:s3:::*")),
    _policy("iam-no-write-on-every-resource", {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}),
    Case("iam-no-users-or-keys", "person", added(iam.USER.token, {"name": "me", "tags": TAGS})),
    Case("iam-no-users-or-keys", "person-key", added(iam.ACCESS_KEY.token, {"user": "me"})),
    Case("iam-pass-role-is-confined", "policy", set_("policy", document(allow("iam:PassRole", ROLE_ARN)))),
    Case(
        "iam-pass-role-is-confined",
        "policy",
        set_(
            "policy",
            document(
                allow("iam:Pass*", f"arn:aws:iam::{ACCOUNT}:role/*", Condition={"StringEquals": {"iam:PassedToService": "x"}})
            ),
        ),
    ),
    Case("iam-role-has-boundary", "role", without("permissionsBoundary")),
    Case("iam-trust-names-its-source", "role", set_("assumeRolePolicy", trust({"Service": "sagemaker.amazonaws.com"}))),
    Case("iam-trust-names-no-whole-account", "role", set_("assumeRolePolicy", trust({"AWS": "arn:aws:iam::999999999999:root"}))),
    Case("iam-trust-not-public", "role", set_("assumeRolePolicy", trust("*"))),
    Case(
        "iam-trust-not-public",
        "role",
        set_("assumeRolePolicy", trust({"AWS": ["*"]}, {"StringLike": {"aws:PrincipalOrgID": "*"}})),
    ),
    Case("iam-trust-oidc-is-pinned", "pod-role", set_("assumeRolePolicy", _oidc(aud="sts.amazonaws.com"))),
    Case("iam-trust-oidc-is-pinned", "pod-role", set_("assumeRolePolicy", _oidc(sub="system:serviceaccount:a:b"))),
    Case("iam-trust-oidc-is-pinned", "pod-role", set_("assumeRolePolicy", _oidc(aud="sts.amazonaws.com", sub="*"))),
)

# Policies that come near to breaking a rule and break none.
IAM_HARMLESS: Final = (
    # A Deny of every resource takes the grant away. A Deny under a condition, or of one bucket, does not: see the expectations.
    _policy("", allow("s3:GetObject", "*"), {"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"}),
    _policy("", allow("secretsmanager:GetSecretValue", "*", Condition=_TAGGED)),
    _policy("", allow("s3:GetObject", "*", Condition={"StringEquals": {"aws:ResourceAccount": ACCOUNT}})),
    _policy("", allow("sagemaker:DeleteModel", "*", Condition=_TAGGED)),
    _policy("", allow("ec2:CreateTags", "*", Condition={"StringEquals": {"ec2:CreateAction": "RunInstances"}})),
    _policy("", allow("kms:CreateGrant", "*", Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}})),
    _policy("", allow("iam:AttachRolePolicy", "*", Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/x"}})),
    _policy("", allow(["ecr:GetAuthorizationToken", "cloudwatch:PutMetricData", "ec2:DescribeVpcs"], "*")),
    # A resource is open only to the actions of its own service.
    _policy("", allow(["s3:GetObject", "sagemaker:DescribeModel"], ["arn:aws:s3:::data/*", "arn:aws:sagemaker:*:*:model/*"])),
    _policy("", allow(["s3:GetObject", "sqs:SendMessage"], ["arn:aws:s3:::data/*", "arn:aws:sqs:us-east-1:1:jobs"])),
    _policy("", allow("kms:Decrypt", "*", Condition={"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}})),
    _policy("", allow("kms:Decrypt", "*", Condition={"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/x"}})),
    _policy("", allow("sagemaker:CreateTrainingJob", "arn:aws:sagemaker:us-east-1:*:training-job/*")),
    _policy("", {"Effect": "Deny", "Action": "*", "Resource": "*"}),
    _policy("", {"Effect": "Deny", "NotAction": "s3:GetObject", "NotResource": "arn:aws:s3:::data/*"}),
)
