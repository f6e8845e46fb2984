"""What a reviewer would object to in an IAM document, found without AWS: an offline stand-in for Access Analyzer's checks."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from infra.base.iam import VERSION, WITHOUT_RESOURCE, Document, Statement

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: characters, white space not counted.
MANAGED_POLICY_LIMIT: Final = 6144
ROLE_INLINE_LIMIT: Final = 10240
TRUST_LIMIT: Final = 2048
KEY_POLICY_LIMIT: Final = 32768
_ACTION: Final = re.compile(r"[a-z0-9-]+:[A-Za-z*]+")
_NARROWING: Final = (
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "kms:CallerAccount",
    "aws:SecureTransport",
)
# CreatePolicy's own check on the last part of an IAM arn.
_IAM_PATH: Final = re.compile(r"(user|role|group|policy|instance-profile|oidc-provider|saml-provider|mfa|server-certificate)/.+")
# Services that set no source keys when they take a role.
_NO_SOURCE_KEYS: Final = frozenset({"ec2.amazonaws.com"})


def lint_document(document: Document, *, kind: str = "identity", limit: int = ROLE_INLINE_LIMIT) -> list[str]:
    """Findings in one document, none when it is fine.

    `kind` is identity (a role's policy), trust (who may take it), resource (a bucket's, key's or queue's policy) or endpoint
    (a VPC endpoint's: there everyone may be let through to resources that are named). `limit` counts no white space.
    """
    findings = []
    if document.get("Version") != VERSION:
        findings.append(f"Version is {document.get('Version')!r}; write {VERSION}, older ones ignore policy variables")
    sids = [statement.get("Sid") for statement in document["Statement"]]
    findings += [
        f"Sid {sid!r} is missing or used twice; name every statement" for sid in set(sids) if sids.count(sid) > 1 or not sid
    ]
    for statement in document["Statement"]:
        findings += [f"{statement.get('Sid')}: {text}" for text in _statement(statement, kind)]
    size = len(re.sub(r"\s", "", json.dumps(document)))
    if size > limit:
        findings.append(f"is {size} characters where AWS takes {limit}; split it")
    return findings


def allows(document: Document, action: str, resource: str) -> bool:
    """Whether a document allows an action on a resource, leaving conditions aside."""
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow" and _matches(statement["Action"], action) and _matches(statement["Resource"], resource):
            return True
    return False


def _statement(statement: Statement, kind: str) -> Iterator[str]:
    for resource in _many(statement.get("Resource", ())):
        if resource.startswith("arn:aws:iam:") and not _IAM_PATH.fullmatch(resource.split(":", 5)[-1]):
            yield f"{resource} is refused by IAM; name the kind, such as role/*"
    if statement["Effect"] != "Allow":
        return
    for key in ("NotAction", "NotResource", "NotPrincipal"):
        if key in statement:
            yield f"{key} allows what nobody listed; list what is allowed"
    actions, resources = _many(statement.get("Action", ())), _many(statement.get("Resource", ()))
    keys = {key for operator in statement.get("Condition", {}).values() for key in operator}
    for action in actions:
        if action == "*" or (action.endswith(":*") and kind not in {"resource", "endpoint"}):
            yield f"action {action} is more than any role needs; list the actions"
        elif not _ACTION.fullmatch(action):
            yield f"action {action!r} is no action; write service:Action"
    if kind == "identity":
        yield from _identity(actions, resources, keys)
    elif kind != "endpoint" or "*" in resources:
        yield from _principals(statement.get("Principal"), keys)


def _identity(actions: list[str], resources: list[str], keys: set[str]) -> Iterator[str]:
    if "*" in resources:
        narrowable = [action for action in actions if action not in WITHOUT_RESOURCE]
        if narrowable:
            yield f"{', '.join(narrowable)} on every resource; name the arns"
    if "iam:PassRole" in actions:
        if any(resource.endswith(("role/*", ":*")) or resource == "*" for resource in resources):
            yield "iam:PassRole over every role; name the roles"
        if "iam:PassedToService" not in keys:
            yield "iam:PassRole to any service; add the condition iam:PassedToService"
    if (
        any(action.startswith("kms:") for action in actions)
        and any(r.endswith("key/*") for r in resources)
        and "kms:ResourceAliases" not in keys
    ):
        yield "use of every key in the account; add the condition kms:ResourceAliases"


def _principals(principal: Any, keys: set[str]) -> Iterator[str]:
    if principal is None:
        yield "has no Principal; name who is trusted"
        return
    everyone = principal == "*" or (isinstance(principal, dict) and "*" in _many(principal.get("AWS", ())))
    if everyone and not keys.intersection(_NARROWING):
        yield "trusts everyone; add a condition on the account or the source"
    if isinstance(principal, dict):
        services = [service for service in _many(principal.get("Service", ())) if service not in _NO_SOURCE_KEYS]
        narrowed = any(key in _NARROWING or key.startswith("kms:EncryptionContext:") for key in keys)
        if services and not narrowed:
            yield f"{', '.join(services)} may act for any account; add aws:SourceAccount"
        for provider in _many(principal.get("Federated", ())):
            issuer = provider.partition("oidc-provider/")[2]
            if not {f"{issuer}:aud", f"{issuer}:sub"} <= keys:
                yield f"{issuer} tokens of any audience or subject; fix both aud and sub"


def _matches(patterns: Any, value: str) -> bool:
    return any(fnmatch.fnmatchcase(value, pattern) for pattern in _many(patterns))


def _many(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
