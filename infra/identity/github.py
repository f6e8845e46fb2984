"""Workflows on GitHub as principals: who signs their tokens, and which of them may take a role. Plain values.

https://docs.github.com/en/actions/concepts/security/openid-connect
"""

from __future__ import annotations

from typing import Final

from infra.base.iam import Document, document

ISSUER: Final = "token.actions.githubusercontent.com"
AUDIENCE: Final = "sts.amazonaws.com"


def provider_arn(account_id: str) -> str:
    """The arn of an account's provider of these tokens. It follows from the issuer: there is one an account."""
    return f"arn:aws:iam::{account_id}:oidc-provider/{ISSUER}"


def ref_trust(account_id: str, *, repository: str, git_ref: str) -> Document:
    """Workflows of one repository at one ref."""
    return _trust(account_id, f"repo:{repository}:ref:{git_ref}")


def review_trust(account_id: str, *, repository: str, git_ref: str) -> Document:
    """Workflows of any pull request from a branch of the repository itself (a fork's get no token), and of one ref."""
    return _trust(account_id, f"repo:{repository}:pull_request", f"repo:{repository}:ref:{git_ref}")


def environment_trust(account_id: str, *, repository: str, environment: str) -> Document:
    """Jobs in one of the repository's environments, which GitHub starts when the environment's reviewers have agreed."""
    return _trust(account_id, f"repo:{repository}:environment:{environment}")


def _trust(account_id: str, *subjects: str) -> Document:
    """A trust with exact `aud` and `sub`: with a wildcard there, every repository on GitHub could take the role."""
    subject = subjects[0] if len(subjects) == 1 else list(subjects)
    return document(
        {
            "Sid": "TrustWorkflow",
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn(account_id)},
            "Action": ["sts:AssumeRoleWithWebIdentity"],
            "Condition": {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": subject}},
        }
    )
