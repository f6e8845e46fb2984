"""The grammar of IAM documents as plain values: statements, documents, conditions, and the scope that writes a stack's arns.

Names are deterministic, and keys are told apart by alias (`kms:ResourceAliases`), so that every document is complete at preview
and rules can read it. Which rights a capability needs is in its own `rights.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

Document = dict[str, Any]
Statement = dict[str, Any]
POLICY_VERSION: Final = "2012-10-17"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Where a stack's things are: enough to write any of their arns. `prefix` starts every name (`slipway-dev`)."""

    account_id: str
    region: str
    prefix: str
    environment: str

    def bucket(self, purpose: str) -> str:
        """The arn of one of the lake's buckets."""
        return f"arn:aws:s3:::{self.prefix}-{purpose}-{self.account_id}-{self.region}"

    def arn(self, service: str, resource: str) -> str:
        """An arn in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def role(self, *parts: str) -> str:
        """The arn of one of our roles."""
        return f"arn:aws:iam::{self.account_id}:role/{'-'.join((self.prefix, *parts))}"


def document(*statements: Statement) -> Document:
    """A policy document of these statements."""
    return {"Version": POLICY_VERSION, "Statement": list(statements)}


def allow(sid: str, actions: Iterable[str], resources: Sequence[str], **condition: Any) -> Statement:
    """An Allow statement; `condition` is operator -> {key: value}."""
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": list(resources)}
    return {**statement, "Condition": condition} if condition else statement


def trust(sid: str, principal: dict[str, str], actions: Sequence[str], condition: dict[str, Any] | None) -> Statement:
    """A statement of a trust policy: `principal` may take the role by these actions."""
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": list(actions)}
    return {**statement, "Condition": condition} if condition else statement


def service_trust(scope: Scope, service: str, *, actions: Sequence[str] = ("sts:AssumeRole",), source_arn: str = "") -> Document:
    """Who may take a role: one AWS service, and only on behalf of this account (the confused deputy)."""
    condition: dict[str, Any] = {"StringEquals": {"aws:SourceAccount": scope.account_id}}
    if source_arn:
        condition["ArnLike"] = {"aws:SourceArn": source_arn}
    return document(trust("TrustService", {"Service": service}, actions, condition))
