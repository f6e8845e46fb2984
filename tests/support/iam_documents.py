"""Finds what a reviewer would object to in an IAM document, without AWS.

The policy pack judges what a document allows. This module also finds what AWS would refuse (the size of a document, the names of
its statements, an IAM arn without a path), and services that may act for any account, of which the pack knows only some.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from catalog.types import iam
from infra.base.iam import POLICY_VERSION
from policies.evaluate import evaluate
from policies.iam import matches
from tools.plan.view import Plan, ResourceView

Kind = Literal["identity", "trust", "resource", "endpoint"]
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: characters, white space not counted.
MANAGED_POLICY_LIMIT: Final = 6144
ROLE_INLINE_LIMIT: Final = 10240
TRUST_LIMIT: Final = 2048
# https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
KEY_POLICY_LIMIT: Final = 32768
# CreatePolicy's own check on the last part of an IAM arn.
_IAM_PATH: Final = re.compile(r"(user|role|group|policy|instance-profile|oidc-provider|saml-provider|mfa|server-certificate)/.+")
_NARROWING: Final = (
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "kms:CallerAccount",
    "aws:SecureTransport",
)
# Services that set no source keys when they take a role.
_NO_SOURCE_KEYS: Final = frozenset({"ec2.amazonaws.com"})
# Operators are people of the account, by its root with a second factor or by patterns of roles: the rule is advisory.
_ACCEPTED: Final = frozenset({"iam-trust-names-no-whole-account"})
_JUDGED_AS: Final[Mapping[Kind, tuple[str, str]]] = {
    "identity": (iam.ROLE_POLICY.token, "policy"),
    "trust": (iam.ROLE.token, "assumeRolePolicy"),
}


def objections(document: Mapping[str, Any], *, kind: Kind = "identity", limit: int = ROLE_INLINE_LIMIT) -> list[str]:
    """The objections to one document; empty for a good one.

    `kind` is identity (a role's policy), trust (who may take it), resource (a bucket's, key's or queue's policy) or endpoint (a
    VPC endpoint's: there everyone may be let through to resources that are named). `limit` counts no white space.
    """
    return [*_refused_by_aws(document, limit), *_of_the_pack(document, kind), *_open_to_services(document, kind)]


def allows(document: Mapping[str, Any], action: str, resource: str) -> bool:
    """Whether a document allows an action on a resource, leaving conditions aside."""
    return any(
        statement["Effect"] == "Allow"
        and any(matches(pattern, action) for pattern in _many(statement["Action"]))
        and any(matches(pattern, resource) for pattern in _many(statement["Resource"]))
        for statement in document["Statement"]
    )


def _refused_by_aws(document: Mapping[str, Any], limit: int) -> Iterator[str]:
    if document.get("Version") != POLICY_VERSION:
        yield f"Version is {document.get('Version')!r}; write {POLICY_VERSION}, older ones ignore policy variables"
    sids = [statement.get("Sid") for statement in document["Statement"]]
    for sid in sorted({str(sid) for sid in sids if not sid or sids.count(sid) > 1}):
        yield f"Sid {sid!r} is missing or used twice; name every statement"
    for statement in document["Statement"]:
        for resource in _many(statement.get("Resource", ())):
            if resource.startswith("arn:aws:iam:") and not _IAM_PATH.fullmatch(resource.split(":", 5)[-1]):
                yield f"{statement.get('Sid')}: {resource} is refused by IAM; name the kind, such as role/*"
    size = len(re.sub(r"\s", "", json.dumps(document)))
    if size > limit:
        yield f"is {size} characters where AWS takes {limit}; split it"


def _of_the_pack(document: Mapping[str, Any], kind: Kind) -> Iterator[str]:
    """The violations of the pack's IAM rules by the document."""
    if kind not in _JUDGED_AS:
        return
    type_, key = _JUDGED_AS[kind]
    urn = f"urn:pulumi:dev::slipway::{type_}::document"
    props = {key: json.dumps(document), "permissionsBoundary": "arn:aws:iam::123456789012:policy/boundary"}
    report = evaluate(Plan([ResourceView(type=type_, name="document", urn=urn, props=props)], "dev"), whole=False)
    yield from (
        f"{found.rule}: {found.message}"
        for found in report.violations
        if found.rule.startswith("iam-") and found.rule not in _ACCEPTED
    )


def _open_to_services(document: Mapping[str, Any], kind: Kind) -> Iterator[str]:
    for statement in document["Statement"]:
        if statement["Effect"] != "Allow" or kind == "identity" or (kind == "endpoint" and statement.get("Resource") != "*"):
            continue
        principal = statement.get("Principal")
        keys = {key for operator in statement.get("Condition", {}).values() for key in operator}
        if principal is None:
            yield f"{statement.get('Sid')}: has no Principal; name who is trusted"
        elif principal == "*" or (isinstance(principal, dict) and "*" in _many(principal.get("AWS", ()))):
            if not keys.intersection(_NARROWING):
                yield f"{statement.get('Sid')}: trusts everyone; add a condition on the account or the source"
        elif not any(key in _NARROWING or key.startswith("kms:EncryptionContext:") for key in keys):
            services = [one for one in _many(principal.get("Service", ())) if one not in _NO_SOURCE_KEYS]
            if services:
                yield f"{statement.get('Sid')}: {', '.join(services)} may act for any account; add aws:SourceAccount"


def _many(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
