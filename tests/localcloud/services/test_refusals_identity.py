"""Limits and relations of IAM, KMS and Secrets Manager at their edges: what is right goes through, what is over does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.localcloud.unchecked import ACCOUNT, TRUST, Unchecked


@pytest.fixture
def aws() -> Unchecked:
    return Unchecked()


def policy(size: int, **statement: Any) -> str:
    """A policy of exactly so many characters, white space apart."""
    document: dict[str, Any] = {"Version": "2012-10-17", "Statement": {"Sid": "", "Effect": "Allow", "Action": "s3:GetObject"}}
    document["Statement"] |= {"Resource": "*", **statement}
    document["Statement"]["Sid"] = "A" * (size - len(json.dumps(document, separators=(",", ":"))))
    return json.dumps(document, indent=4)


def test_a_managed_policy_has_6144_characters_and_white_space_is_none(aws: Unchecked) -> None:
    assert len(policy(6144)) > 6144
    assert aws.refused("iam", "create_policy", PolicyName="p", PolicyDocument=policy(6144)) is None
    says = "LimitExceeded: Cannot exceed quota for PolicySize: 6144"
    assert aws.refused("iam", "create_policy", PolicyName="q", PolicyDocument=policy(6145)) == says
    arn = f"arn:aws:iam::{ACCOUNT}:policy/p"
    assert aws.refused("iam", "create_policy_version", PolicyArn=arn, PolicyDocument=policy(6145)) == says
    assert aws.refused("iam", "create_policy_version", PolicyArn=arn, PolicyDocument=policy(6144)) is None


def _role(aws: Unchecked) -> None:
    aws.do("iam", "create_role", RoleName="it", AssumeRolePolicyDocument=TRUST)


def _user(aws: Unchecked) -> None:
    aws.do("iam", "create_user", UserName="it")


def _group(aws: Unchecked) -> None:
    aws.do("iam", "create_group", GroupName="it")


@pytest.mark.parametrize(
    ("kind", "most", "make"),
    [("role", 10_240, _role), ("user", 2_048, _user), ("group", 5_120, _group)],
    ids=("role", "user", "group"),
)
def test_inline_policies_are_weighed_together(aws: Unchecked, kind: str, most: int, make: Callable[[Unchecked], None]) -> None:
    make(aws)
    owner = {f"{kind.title()}Name": "it"}
    put = f"put_{kind}_policy"
    assert aws.refused("iam", put, **owner, PolicyName="a", PolicyDocument=policy(most - 1000)) is None
    says = f"LimitExceeded: Maximum policy size of {most} bytes exceeded for {kind} it"
    assert aws.refused("iam", put, **owner, PolicyName="b", PolicyDocument=policy(1001)) == says
    assert aws.refused("iam", put, **owner, PolicyName="b", PolicyDocument=policy(1000)) is None
    assert aws.refused("iam", put, **owner, PolicyName="b", PolicyDocument=policy(900)) is None, "a policy replaces its namesake"


@pytest.mark.parametrize(("kind", "make"), [("role", _role), ("user", _user), ("group", _group)], ids=["role", "user", "group"])
def test_a_principal_takes_ten_managed_policies(aws: Unchecked, kind: str, make: Callable[[Unchecked], None]) -> None:
    make(aws)
    arns = [aws.do("iam", "create_policy", PolicyName=f"p{n}", PolicyDocument=policy(200))["Policy"]["Arn"] for n in range(11)]
    owner = {f"{kind.title()}Name": "it"}
    for arn in arns[:10]:
        assert aws.refused("iam", f"attach_{kind}_policy", **owner, PolicyArn=arn) is None
    assert aws.refused("iam", f"attach_{kind}_policy", **owner, PolicyArn=arns[0]) is None, "attached already"
    says = f"LimitExceeded: Cannot exceed quota for PoliciesPer{kind.title()}: 10"
    assert aws.refused("iam", f"attach_{kind}_policy", **owner, PolicyArn=arns[10]) == says


def trust(principal: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("principal", "named"),
    [
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"}, f'"AWS":"arn:aws:iam::{ACCOUNT}:role/nobody"'),
        ({"AWS": [f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:user/x"]}, f'"AWS":"arn:aws:iam::{ACCOUNT}:user/x"'),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/it"}, f'"AWS":"arn:aws:iam::{ACCOUNT}:role/it"'),
        ({"AWS": "12345"}, '"AWS":"12345"'),
        ({"AWS": "arn:aws:s3:::bucket"}, '"AWS":"arn:aws:s3:::bucket"'),
        ({"Service": "ec2"}, '"SERVICE":"ec2"'),
    ],
    ids=["role", "user in a list", "itself", "short account", "another service's arn", "service"],
)
def test_a_trust_in_somebody_who_is_not_there_is_malformed(aws: Unchecked, principal: Any, named: str) -> None:
    says = f"MalformedPolicyDocument: Invalid principal in policy: {named}"
    assert aws.refused("iam", "create_role", RoleName="it", AssumeRolePolicyDocument=trust(principal)) == says


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        {"AWS": ACCOUNT},
        {"AWS": "arn:aws:iam::999999999999:role/theirs"},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:role/there"},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/there/session"},
        {"AWS": "*"},
        {"Service": ["ec2.amazonaws.com", "sagemaker.amazonaws.com"]},
        {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"},
        "*",
    ],
    ids=str,
)
def test_a_trust_in_somebody_who_may_be_there_is_taken(aws: Unchecked, principal: Any) -> None:
    aws.do("iam", "create_role", RoleName="there", AssumeRolePolicyDocument=TRUST)
    assert aws.refused("iam", "create_role", RoleName="it", AssumeRolePolicyDocument=trust(principal)) is None


def test_a_trust_policy_has_2048_characters(aws: Unchecked) -> None:
    right = policy(2048, Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")
    wrong = policy(2049, Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")
    says = "LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048"
    assert aws.refused("iam", "create_role", RoleName="b", AssumeRolePolicyDocument=wrong) == says
    del right  # moto refuses a Resource in a trust policy, so only the size over the edge can be asked for here


def key_policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "a", "Resource": "*", **each} for each in statements]})


OWNER = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
LOCKED = "MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future."


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        ([{"Effect": "Allow", "Principal": OWNER, "Action": "kms:*"}], None),
        ([{"Effect": "Allow", "Principal": OWNER, "Action": ["kms:Put*", "kms:Describe*"]}], None),
        ([{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "*"}], None),
        ([{"Effect": "Allow", "Principal": OWNER, "Action": "kms:Decrypt"}], LOCKED),
        ([{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "kms:*"}], LOCKED),
        ([{"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": "kms:*"}], LOCKED),
        (
            [
                {"Effect": "Allow", "Principal": OWNER, "Action": "kms:*"},
                {"Effect": "Deny", "Principal": "*", "Action": "kms:PutKeyPolicy"},
            ],
            LOCKED,
        ),
        (
            [
                {"Effect": "Allow", "Principal": OWNER, "Action": "kms:*"},
                {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"}, "Action": "kms:Decrypt"},
            ],
            "MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.",
        ),
    ],
    ids=["owner", "put", "account", "no put", "another account", "service", "denied", "nobody"],
)
def test_a_key_policy_must_leave_somebody_who_can_change_it(
    aws: Unchecked, statements: list[dict[str, Any]], says: str | None
) -> None:
    assert aws.refused("kms", "create_key", Policy=key_policy(*statements)) == says
    key = aws.do("kms", "create_key")["KeyMetadata"]["KeyId"]
    assert aws.refused("kms", "put_key_policy", KeyId=key, PolicyName="default", Policy=key_policy(*statements)) == says
    if says == LOCKED:
        bypassed = {"Policy": key_policy(*statements), "BypassPolicyLockoutSafetyCheck": True}
        assert aws.refused("kms", "create_key", **bypassed) is None


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("alias/mine", None),
        ("alias/awsome", None),
        ("mine", "ValidationException: Invalid identifier"),
        ("alias/", "ValidationException: "),
        ("alias/aws/mine", "NotAuthorizedException: "),
        ("alias/" + "a" * 250, None),
        ("alias/" + "a" * 251, "ValidationException: 1 validation error detected"),
    ],
)
def test_an_alias_has_its_prefix_and_not_aws_s(aws: Unchecked, name: str, says: str | None) -> None:
    key = aws.do("kms", "create_key")["KeyMetadata"]["KeyId"]
    answer = aws.refused("kms", "create_alias", AliasName=name, TargetKeyId=key)
    assert answer is None if says is None else str(answer).startswith(says)


@pytest.mark.parametrize(
    ("operation", "params", "says"),
    [
        ("create_secret", {"Name": "a/b+c=d.e@f-g", "SecretString": "x" * 65_536}, None),
        (
            "create_secret",
            {"Name": "a", "SecretString": "x" * 65_537},
            "ValidationException: 1 validation error detected: Value at",
        ),
        (
            "create_secret",
            {"Name": "a", "SecretString": "é" * 32_769},
            "ValidationException: 1 validation error detected: Value at",
        ),
        ("create_secret", {"Name": "a b"}, "ValidationException: Invalid name."),
        ("create_secret", {"Name": "a" * 513}, "ValidationException: 1 validation error detected"),
        ("delete_secret", {"SecretId": "a", "RecoveryWindowInDays": 6}, "InvalidParameterException: RecoveryWindowInDays"),
        ("delete_secret", {"SecretId": "a", "RecoveryWindowInDays": 31}, "InvalidParameterException: RecoveryWindowInDays"),
    ],
)
def test_secrets_have_sizes_and_names(aws: Unchecked, operation: str, params: dict[str, Any], says: str | None) -> None:
    answer = aws.refused("secretsmanager", operation, **params)
    assert answer is None if says is None else str(answer).startswith(says)
    assert "xxx" not in str(answer), "a secret is in no sentence"
