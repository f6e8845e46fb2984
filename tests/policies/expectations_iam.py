"""Expected verdicts on IAM policies and trust policies."""

from __future__ import annotations

from typing import Any, Final

from tests.policies.case import Change, set_
from tests.policies.expectation import FAILS, PASSES, Expect
from tests.policies.parts import ACCOUNT, ISSUER, KEY_ARN, allow, document, trust

_OIDC: Final = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
_TEAM_X: Final = {"StringEquals": {"aws:ResourceTag/Team": "x"}}
_ROOT: Final = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def _federated(issuer: str | list[str], sub: str | list[str], aud: Any = "sts.amazonaws.com") -> tuple[Change, ...]:
    tests = {f"{ISSUER}:aud": aud, f"{ISSUER}:sub": sub}
    return (set_("assumeRolePolicy", trust({"Federated": issuer}, {"StringLike": tests}, "sts:AssumeRoleWithWebIdentity")),)


def _trusting(principal: Any, key: str, value: str) -> tuple[Change, ...]:
    return (set_("assumeRolePolicy", trust(principal, {"StringEquals": {key: value}})),)


def _may(*statements: Any) -> tuple[Change, ...]:
    return (set_("policy", document(*statements)),)


IAM_EXPECTATIONS: Final = (
    # A service's name that is only wildcards names no service.
    Expect("iam-no-service-on-every-resource", "policy", PASSES, *_may(allow("*:*", "*"))),
    Expect("iam-no-service-on-every-resource", "policy", FAILS, *_may(allow("s?:*", "*"))),
    Expect("iam-no-service-wildcard", "policy", PASSES, *_may(allow("?:*", "arn:aws:s3:::data"))),
    Expect("iam-no-service-on-every-resource", "policy", PASSES, *_may(allow("?:*", "*"))),
    Expect("iam-pass-role-is-confined", "policy", FAILS, *_may(allow("iam:PassRole", "*"))),
    Expect(
        "iam-pass-role-is-confined",
        "policy",
        PASSES,
        *_may(allow("iam:PassRole", "role", Condition={"StringEquals": {"iam:PassedToService": "x"}})),
    ),
    Expect(
        "iam-no-decrypt-with-every-key", "policy", FAILS, *_may(allow("kms:Decrypt", [KEY_ARN, "arn:aws:kms:us-east-1:1:key/*"]))
    ),
    Expect(
        "iam-no-decrypt-with-every-key",
        "policy",
        PASSES,
        *_may(allow("kms:Decrypt", "*", Condition={"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::data/*"}})),
    ),
    Expect(
        "iam-no-allow-by-exception",
        "policy",
        FAILS,
        *_may({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::data/*"}),
    ),
    Expect("iam-action-exists", "policy", PASSES, *_may(allow("*", "arn:aws:s3:::data"))),
    # --- what a statement is open to, and which conditions confine it
    Expect(
        "iam-no-write-on-every-resource",
        "policy",
        FAILS,
        *_may({"Effect": "Allow", "Action": "sqs:SendMessage", "NotResource": "arn:aws:sqs:us-east-1:1:jobs"}),
    ),
    Expect(
        "iam-no-write-on-every-resource", "policy", FAILS, *_may(allow("sqs:SendMessage", ["arn:aws:sqs:us-east-1:1:jobs", "*"]))
    ),
    Expect(
        "iam-no-write-on-every-resource",
        "policy",
        FAILS,
        *_may(allow("sqs:SendMessage", "*", Condition={"StringNotEquals": {"aws:ResourceTag/Team": "ml"}})),
    ),
    Expect(
        "iam-no-write-on-every-resource",
        "policy",
        FAILS,
        *_may(allow("sqs:SendMessage", "*", Condition={"StringEquals": {"aws:PrincipalTag/Team": "ml"}})),
    ),
    Expect("iam-no-write-on-every-resource", "policy", PASSES, *_may(allow("sqs:SendMessage", "arn:aws:sns:*:*:*"))),
    Expect("iam-no-resource-sharing-everywhere", "policy", PASSES, *_may(allow("iam:PassRole", "*"))),
    Expect("iam-no-resource-sharing-everywhere", "policy", PASSES, *_may(allow("iam:PutRolePolicy", "*"))),
    Expect("iam-no-resource-sharing-everywhere", "policy", FAILS, *_may(allow("iam:CreatePolicy", "*"))),
    Expect("iam-no-write-on-every-resource", "policy", FAILS, *_may(allow("ec2:RunInstances", "*"))),
    Expect(
        "iam-no-data-read-everywhere",
        "policy",
        PASSES,
        *_may(allow("s3:GetObject", "*", Condition={"StringEquals": {"s3:ExistingObjectTag/Team": "ml"}})),
    ),
    Expect(
        "iam-no-data-read-everywhere",
        "policy",
        FAILS,
        *_may(allow("s3:GetObject", "*", Condition={"StringLike": {"aws:ResourceTag/Team": "*"}})),
    ),
    Expect(
        "iam-no-data-read-everywhere",
        "policy",
        FAILS,
        *_may(allow("s3:GetObject", "*", Condition={"StringLike": {"aws:ResourceTag/Team": ["ml", "?*"]}})),
    ),
    Expect(
        "iam-no-data-read-everywhere",
        "policy",
        FAILS,
        *_may(allow("s3:GetObject", "*"), {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}),
    ),
    Expect(
        "iam-no-data-read-everywhere",
        "policy",
        FAILS,
        *_may(
            allow("s3:GetObject", "*"),
            {
                "Effect": "Deny",
                "Action": "s3:GetObject",
                "Resource": "*",
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
            },
        ),
    ),
    Expect("iam-no-data-read-everywhere", "policy", PASSES, *_may(allow("s3:GetObject", "*", Condition=_TEAM_X))),
    Expect("iam-no-data-read-everywhere", "policy", PASSES, *_may(allow("s3:GetObject", "arn:aws:sqs:*"))),
    Expect("iam-action-exists", "policy", FAILS, *_may(allow("x", "arn:aws:s3:::data"))),
    # --- who may assume a role
    Expect("iam-trust-oidc-is-pinned", "pod-role", PASSES, *_federated(_OIDC, "x")),
    Expect("iam-trust-oidc-is-pinned", "pod-role", FAILS, *_federated("token.actions.githubusercontent.com", "*")),
    Expect("iam-trust-oidc-is-pinned", "pod-role", FAILS, *_federated("arn:aws:iam::1:oidc-provider/issuer", "*")),
    Expect("iam-trust-oidc-is-pinned", "pod-role", PASSES, *_federated("cognito", "*")),
    Expect(
        "iam-trust-oidc-is-pinned",
        "pod-role",
        PASSES,
        *_federated(["arn:aws:iam::1:saml-provider/a.b", "accounts.google.com"], "*"),
    ),
    Expect("iam-trust-oidc-is-pinned", "pod-role", FAILS, *_federated(_OIDC, ["system:serviceaccount:a:b", "*"])),
    Expect("iam-trust-oidc-is-pinned", "pod-role", FAILS, *_federated(_OIDC, "*:main")),
    Expect("iam-trust-oidc-is-pinned", "pod-role", FAILS, *_federated(_OIDC, "?:*")),
    Expect("iam-trust-oidc-is-pinned", "pod-role", FAILS, *_federated(_OIDC, "?")),
    Expect("iam-trust-oidc-is-pinned", "pod-role", PASSES, *_federated(_OIDC, "repo:team/app:*")),
    Expect("iam-trust-oidc-is-pinned", "pod-role", PASSES, *_federated(_OIDC, "repo:team/app:*", "*")),
    *(
        Expect("iam-trust-names-no-whole-account", "role", PASSES, *_trusting(_ROOT, key, "x"))
        for key in ("sts:ExternalId", "aws:PrincipalOrgID", "aws:PrincipalArn")
    ),
    Expect("iam-trust-names-no-whole-account", "role", FAILS, *_trusting(_ROOT, "aws:SourceAccount", "x")),
    *(
        Expect("iam-trust-names-its-source", "role", PASSES, *_trusting({"Service": "sagemaker.amazonaws.com"}, key, "x"))
        for key in ("aws:SourceArn", "aws:SourceOrgID")
    ),
)
