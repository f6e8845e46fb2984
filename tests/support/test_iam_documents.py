"""What the objections of tests.support.iam_documents find in a document."""

from __future__ import annotations

from typing import Any

import pytest

from infra.base.iam import allow, document
from tests.support.iam_documents import Kind, objections

MODELS = "arn:aws:s3:::slipway-dev-models-123456789012-us-east-1"


ANY_ROLE = allow("A", ["iam:PassRole"], ["arn:aws:iam::1:role/*"], StringEquals={"iam:PassedToService": "x"})


LEFT = {"Sid": "A", "Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}


EVERYONE = {"Sid": "A", "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}


DEPUTY = {"Sid": "A", "Effect": "Allow", "Principal": {"Service": "x.amazonaws.com"}, "Action": "sts:AssumeRole"}


ANY_BRANCH = {
    "Sid": "A",
    "Effect": "Allow",
    "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/i"},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {"StringEquals": {"i:aud": "x"}},
}


# What is wrong, a statement with it, the kind of document, what the objection says.
BAD: list[tuple[str, dict[str, Any], Kind, str]] = [
    ("everything", allow("A", ["*"], ["*"]), "identity", "every action on every resource"),
    ("a whole service", allow("A", ["s3:*"], [MODELS]), "identity", "allows s3:*"),
    ("every resource", allow("A", ["s3:GetObject"], ["*"]), "identity", "s3:GetObject on everything"),
    ("any role", ANY_ROLE, "identity", "passes any role"),
    ("any service", allow("A", ["iam:PassRole"], ["arn:aws:iam::1:role/x"]), "identity", "demand iam:PassedToService"),
    ("every key", allow("A", ["kms:Decrypt"], ["arn:aws:kms:us-east-1:1:key/*"]), "identity", "kms:ResourceAliases"),
    ("no action", allow("A", ["GetObject"], [MODELS]), "identity", "no action"),
    ("no path", allow("A", ["iam:GetRole"], ["arn:aws:iam::123456789012:*"]), "identity", "refused by IAM"),
    ("what is left", LEFT, "identity", "all but iam:*"),
    ("everyone", EVERYONE, "trust", "trusts everyone"),
    ("a deputy", DEPUTY, "trust", "aws:SourceAccount"),
    ("any branch", ANY_BRANCH, "trust", "demands no :sub"),
]


@pytest.mark.parametrize(("statement", "kind", "says"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_a_reviewer_would_refuse_is_an_objection(statement: dict[str, Any], kind: Kind, says: str) -> None:
    findings = objections(document(statement), kind=kind)
    assert any(says in finding for finding in findings), findings


def test_it_is_an_objection_to_have_two_statements_of_one_name_and_a_document_too_long() -> None:
    twice = document(allow("A", ["s3:GetObject"], [MODELS]), allow("A", ["s3:PutObject"], [MODELS]))
    assert any("used twice" in finding for finding in objections(twice))
    assert any("split it" in finding for finding in objections(twice, limit=10))
