"""IAM trust policies: nobody but those meant can be a role."""

from __future__ import annotations

import re
from typing import Final

from catalog.types import iam
from policies.documents import judge_statements, trust_document
from policies.iam import Statement
from policies.iam_actions import DEPUTIES
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict
from tools.plan.view import ResourceView

_ACCOUNT_ROOT: Final = re.compile(r"^(?:\d{12}|arn:aws[\w-]*:iam::\d{12}:root)$")


@rule(
    iam.ROLE,
    severity="mandatory",
    frameworks=("CIS 2.21",),
    anchors=("CKV_AWS_60", "CKV_AWS_61"),
    why="A trust policy for everybody lets any AWS account be this role.",
    fix="name the principals",
)
def not_public(resource: ResourceView) -> Verdict:
    return judge_statements(
        resource, lambda one: Fail(f"{one.label} trusts everybody") if one.allows and one.public else PASS, trust_document
    )


@rule(
    iam.ROLE,
    severity="mandatory",
    anchors=("CKV_AWS_393", "CKV_AWS_358"),
    why="Without aud and sub every pod of the cluster, or every repository of the forge, can be this role.",
    fix="demand StringEquals on <issuer>:aud and <issuer>:sub, the latter without a bare wildcard",
)
def oidc_is_pinned(resource: ResourceView) -> Verdict:
    def judge(one: Statement) -> Verdict:
        federated = one.principals.get("federated", ())
        if not one.allows or not any(":oidc-provider/" in issuer or "." in issuer for issuer in federated):
            return PASS
        if any(":saml-provider/" in issuer for issuer in federated):
            return PASS
        for claim in ("aud", "sub"):
            demanded = [
                c for c in one.conditions if c.key.endswith(f":{claim}") and c.demands and c.operator.startswith("string")
            ]
            if not demanded:
                return Fail(f"{one.label} demands no :{claim}")
            if claim == "sub" and any(value.strip("*?:") == "" or value.startswith("*") for c in demanded for value in c.values):
                return Fail(f"{one.label} takes any :sub")
        return PASS

    return judge_statements(resource, judge, trust_document)


@rule(
    iam.ROLE,
    severity="advisory",
    frameworks=("CIS 2.21",),
    anchors=("CKV_AWS_60",),
    why="Trusting an account's root trusts everybody it ever lets assume roles.",
    fix="name the role, or demand sts:ExternalId or aws:PrincipalOrgID",
)
def names_no_whole_account(resource: ResourceView) -> Verdict:
    def judge(one: Statement) -> Verdict:
        roots = [principal for principal in one.principals.get("aws", ()) if _ACCOUNT_ROOT.match(principal)]
        confined = any(one.demanded(key) for key in ("sts:ExternalId", "aws:PrincipalOrgID", "aws:PrincipalArn"))
        return Fail(f"{one.label} trusts the account {roots[0]}") if one.allows and roots and not confined else PASS

    return judge_statements(resource, judge, trust_document)


@rule(
    iam.ROLE,
    severity="advisory",
    anchors=("prowler iam_role_cross_service_confused_deputy_prevention",),
    why="A service acts for all its customers: without a source, another account's resource can use the role.",
    fix="demand aws:SourceAccount or aws:SourceArn in the trust policy",
)
def names_its_source(resource: ResourceView) -> Verdict:
    def judge(one: Statement) -> Verdict:
        deputies = [service for service in one.principals.get("service", ()) if service in DEPUTIES]
        sourced = any(one.demanded(key) for key in ("aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID"))
        return Fail(f"{one.label} trusts {deputies[0]} for anybody") if one.allows and deputies and not sourced else PASS

    return judge_statements(resource, judge, trust_document)
