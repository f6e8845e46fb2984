"""Which policy documents mean the same, and which do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.kernel.policies import same_policy

ALLOW = {"Sid": "a", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}
TRUST = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
BOUND = {**TRUST, "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012", "sts:ExternalId": ["x", "y"]}}}


def policy(*statements: Any, version: str | None = "2012-10-17", **more: Any) -> str:
    return json.dumps({**({"Version": version} if version else {}), **more, "Statement": list(statements)})


def changed(statement: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**statement, **changes}


SAME = {
    "one statement and a list of one": (policy(ALLOW), json.dumps({"Version": "2012-10-17", "Statement": ALLOW})),
    "whitespace": (policy(ALLOW), json.dumps(json.loads(policy(ALLOW)), indent=4)),
    "order of keys": (policy(ALLOW), policy(dict(reversed(ALLOW.items())))),
    "order of actions": (policy(ALLOW), policy(changed(ALLOW, Action=["s3:PutObject", "s3:GetObject"]))),
    "a resource and a list of it": (policy(ALLOW), policy(changed(ALLOW, Resource=["*"]))),
    "order of statements": (policy(ALLOW, TRUST), policy(TRUST, ALLOW)),
    "an account and its root": (policy(TRUST), policy(changed(TRUST, Principal={"AWS": "123456789012"}))),
    "a principal and a list of it": (policy(TRUST), policy(changed(TRUST, Principal={"AWS": ["123456789012"]}))),
    "a condition's value and a list of it": (
        policy(BOUND),
        policy(changed(BOUND, Condition={"StringEquals": {"aws:SourceAccount": ["123456789012"], "sts:ExternalId": ["y", "x"]}})),
    ),
    "true and its text": (
        policy(changed(ALLOW, Condition={"Bool": {"aws:SecureTransport": True}})),
        policy(changed(ALLOW, Condition={"Bool": {"aws:SecureTransport": ["true"]}})),
    ),
    "the effect's letters": (policy(ALLOW), policy(changed(ALLOW, Effect="allow"))),
    "no version and the oldest": (policy(ALLOW, version=None), policy(ALLOW, version="2008-10-17")),
    "nothing and nothing": ("", ""),
}
OTHER = {
    "an action": (policy(ALLOW), policy(changed(ALLOW, Action="s3:GetObject"))),
    "the effect": (policy(ALLOW), policy(changed(ALLOW, Effect="Deny"))),
    "the sid": (policy(ALLOW), policy(changed(ALLOW, Sid="b"))),
    "the version": (policy(ALLOW), policy(ALLOW, version="2008-10-17")),
    "the id": (policy(ALLOW, Id="x"), policy(ALLOW)),
    "a statement more": (policy(ALLOW), policy(ALLOW, TRUST)),
    "everybody and everybody of AWS": (policy(changed(TRUST, Principal="*")), policy(changed(TRUST, Principal={"AWS": "*"}))),
    "a condition": (policy(TRUST), policy(BOUND)),
    "the letters of an action": (policy(ALLOW), policy(changed(ALLOW, Action=["s3:getobject", "s3:PutObject"]))),
    "action and not action": (policy({"Effect": "Allow", "Action": "s3:*"}), policy({"Effect": "Allow", "NotAction": "s3:*"})),
    "no policy at all": ("not json", policy(ALLOW)),
}


@pytest.mark.parametrize(("left", "right"), SAME.values(), ids=SAME)
def test_documents_that_differ_in_form_alone_are_the_same(left: str, right: str) -> None:
    assert same_policy(left, right)
    assert same_policy(right, left)


@pytest.mark.parametrize(("left", "right"), OTHER.values(), ids=OTHER)
def test_documents_that_say_something_else_are_not(left: str, right: str) -> None:
    assert not same_policy(left, right)
    assert not same_policy(right, left)
