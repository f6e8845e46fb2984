"""Who may do what, and who may be whom, seen from every side; the form is that of `sight.py`."""

from __future__ import annotations

from typing import Any, Final

from tests.policies.case import Change, set_
from tests.policies.parts import ACCOUNT, ISSUER, KEY_ARN, allow, document, trust
from tests.policies.sight import FAILS, PASSES, Sight

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


IAM_SIGHTS: Final = (
    # Wildcards in the name of a service are of no service.
    Sight("iam-no-service-on-every-resource", "policy", PASSES, *_may(allow("*:*", "*"))),
    Sight("iam-no-service-on-every-resource", "policy", FAILS, *_may(allow("s?:*", "*"))),
    Sight("iam-no-service-wildcard", "policy", PASSES, *_may(allow("?:*", "arn:aws:s3:::data"))),
    Sight("iam-no-service-on-every-resource", "policy", PASSES, *_may(allow("?:*", "*"))),
    Sight("iam-pass-role-is-confined", "policy", FAILS, *_may(allow("iam:PassRole", "*"))),
    Sight(
        "iam-pass-role-is-confined",
        "policy",
        PASSES,
        *_may(allow("iam:PassRole", "role", Condition={"StringEquals": {"iam:PassedToService": "x"}})),
    ),
    Sight(
        "iam-no-decrypt-with-every-key", "policy", FAILS, *_may(allow("kms:Decrypt", [KEY_ARN, "arn:aws:kms:us-east-1:1:key/*"]))
    ),
    Sight(
        "iam-no-decrypt-with-every-key",
        "policy",
        PASSES,
        *_may(allow("kms:Decrypt", "*", Condition={"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::data/*"}})),
    ),
    Sight(
        "iam-no-allow-by-exception",
        "policy",
        FAILS,
        *_may({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::data/*"}),
    ),
    Sight("iam-action-exists", "policy", PASSES, *_may(allow("*", "arn:aws:s3:::data"))),
    # --- what a statement opens, and what ties it
    Sight(
        "iam-no-write-on-every-resource",
        "policy",
        FAILS,
        *_may({"Effect": "Allow", "Action": "sqs:SendMessage", "NotResource": "arn:aws:sqs:us-east-1:1:jobs"}),
    ),
    Sight(
        "iam-no-write-on-every-resource", "policy", FAILS, *_may(allow("sqs:SendMessage", ["arn:aws:sqs:us-east-1:1:jobs", "*"]))
    ),
    Sight(
        "iam-no-write-on-every-resource",
        "policy",
        FAILS,
        *_may(allow("sqs:SendMessage", "*", Condition={"StringNotEquals": {"aws:ResourceTag/Team": "ml"}})),
    ),
    Sight(
        "iam-no-write-on-every-resource",
        "policy",
        FAILS,
        *_may(allow("sqs:SendMessage", "*", Condition={"StringEquals": {"aws:PrincipalTag/Team": "ml"}})),
    ),
    Sight("iam-no-write-on-every-resource", "policy", PASSES, *_may(allow("sqs:SendMessage", "arn:aws:sns:*:*:*"))),
    Sight("iam-no-resource-sharing-everywhere", "policy", PASSES, *_may(allow("iam:PassRole", "*"))),
    Sight("iam-no-resource-sharing-everywhere", "policy", PASSES, *_may(allow("iam:PutRolePolicy", "*"))),
    Sight("iam-no-resource-sharing-everywhere", "policy", FAILS, *_may(allow("iam:CreatePolicy", "*"))),
    Sight("iam-no-write-on-every-resource", "policy", FAILS, *_may(allow("ec2:RunInstances", "*"))),
    Sight(
        "iam-no-data-read-everywhere",
        "policy",
        PASSES,
        *_may(allow("s3:GetObject", "*", Condition={"StringEquals": {"s3:ExistingObjectTag/Team": "ml"}})),
    ),
    Sight(
        "iam-no-data-read-everywhere",
        "policy",
        FAILS,
        *_may(allow("s3:GetObject", "*", Condition={"StringLike": {"aws:ResourceTag/Team": "*"}})),
    ),
    Sight(
        "iam-no-data-read-everywhere",
        "policy",
        FAILS,
        *_may(allow("s3:GetObject", "*", Condition={"StringLike": {"aws:ResourceTag/Team": ["ml", "?*"]}})),
    ),
    Sight(
        "iam-no-data-read-everywhere",
        "policy",
        FAILS,
        *_may(allow("s3:GetObject", "*"), {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}),
    ),
    Sight(
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
    Sight("iam-no-data-read-everywhere", "policy", PASSES, *_may(allow("s3:GetObject", "*", Condition=_TEAM_X))),
    Sight("iam-no-data-read-everywhere", "policy", PASSES, *_may(allow("s3:GetObject", "arn:aws:sqs:*"))),
    Sight("iam-action-exists", "policy", FAILS, *_may(allow("x", "arn:aws:s3:::data"))),
    # --- who may be a role
    Sight("iam-trust-oidc-is-pinned", "pod-role", PASSES, *_federated(_OIDC, "x")),
    Sight("iam-trust-oidc-is-pinned", "pod-role", FAILS, *_federated("token.actions.githubusercontent.com", "*")),
    Sight("iam-trust-oidc-is-pinned", "pod-role", FAILS, *_federated("arn:aws:iam::1:oidc-provider/issuer", "*")),
    Sight("iam-trust-oidc-is-pinned", "pod-role", PASSES, *_federated("cognito", "*")),
    Sight(
        "iam-trust-oidc-is-pinned",
        "pod-role",
        PASSES,
        *_federated(["arn:aws:iam::1:saml-provider/a.b", "accounts.google.com"], "*"),
    ),
    Sight("iam-trust-oidc-is-pinned", "pod-role", FAILS, *_federated(_OIDC, ["system:serviceaccount:a:b", "*"])),
    Sight("iam-trust-oidc-is-pinned", "pod-role", FAILS, *_federated(_OIDC, "*:main")),
    Sight("iam-trust-oidc-is-pinned", "pod-role", FAILS, *_federated(_OIDC, "?:*")),
    Sight("iam-trust-oidc-is-pinned", "pod-role", FAILS, *_federated(_OIDC, "?")),
    Sight("iam-trust-oidc-is-pinned", "pod-role", PASSES, *_federated(_OIDC, "repo:team/app:*")),
    Sight("iam-trust-oidc-is-pinned", "pod-role", PASSES, *_federated(_OIDC, "repo:team/app:*", "*")),
    *(
        Sight("iam-trust-names-no-whole-account", "role", PASSES, *_trusting(_ROOT, key, "x"))
        for key in ("sts:ExternalId", "aws:PrincipalOrgID", "aws:PrincipalArn")
    ),
    Sight("iam-trust-names-no-whole-account", "role", FAILS, *_trusting(_ROOT, "aws:SourceAccount", "x")),
    *(
        Sight("iam-trust-names-its-source", "role", PASSES, *_trusting({"Service": "sagemaker.amazonaws.com"}, key, "x"))
        for key in ("aws:SourceArn", "aws:SourceOrgID")
    ),
)
