"""IAM documents: every legal form is read, every illegal one is refused with its fault, and wildcards match as AWS's do."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.iam import DocumentError, is_every_resource, matches, parse
from tools.plan.reader import Undecided
from tools.plan.view import ENGINE_UNKNOWN, UNKNOWN, Secret


def statement(**parts: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", **parts}})


def test_a_scalar_reads_as_a_list_of_one() -> None:
    (one,) = parse(statement(Resource="*")).statements
    assert one.actions == ("s3:GetObject",)
    assert one.resources == ("*",)


def test_an_object_a_text_and_a_secret_text_read_alike() -> None:
    text = statement(Resource=["a", "b"], Principal={"AWS": ["1", "2"]})
    assert parse(text) == parse(json.loads(text)) == parse(Secret(text))


@pytest.mark.parametrize(
    "value", [UNKNOWN, Secret(UNKNOWN), {"Statement": UNKNOWN}, statement(Resource=f"arn:{ENGINE_UNKNOWN}/*")]
)
def test_an_unknown_anywhere_leaves_the_document_undecided(value: object) -> None:
    with pytest.raises(Undecided):
        parse(value)


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ("", "no JSON"),
        ("[]", "is an object"),
        ("{}", "Statement must be"),
        ('{"Version": "2020-01-01", "Statement": []}', "Version must be 2012-10-17"),
        (statement(Effect="allow"), "Effect must be"),
        (statement(NotAction="x"), "Action or NotAction"),
        (statement(Resource="a", NotResource="b"), "Resource or NotResource"),
        (statement(Resource=[1]), "Resource must be a string"),
        (statement(Resource=[]), "Resource must be a string"),
        (statement(Principal=7), "Principal must be"),
        (statement(Condition=["x"]), "Condition must map"),
        (statement(Condition={"StringEquals": "x"}), "Condition must map"),
    ],
)
def test_a_document_that_aws_would_refuse_says_what_is_wrong(document: str, what: str) -> None:
    with pytest.raises(DocumentError, match=what):
        parse(document)


@pytest.mark.parametrize(
    ("pattern", "action", "covered"),
    [
        ("*", "iam:PassRole", True),
        ("iam:*", "iam:PassRole", True),
        ("IAM:pass*", "iam:PassRole", True),
        ("iam:Pas?Role", "iam:PassRole", True),
        ("iam:Pass", "iam:PassRole", False),
        ("s3:[G]etObject", "s3:GetObject", False),
        ("s3.GetObject", "s3:GetObject", False),
    ],
)
def test_wildcards_match_as_iam_matches(pattern: str, action: str, covered: bool) -> None:
    assert matches(pattern, action) is covered


@pytest.mark.parametrize(
    ("resource", "every"),
    [
        ("*", True),
        ("**", True),
        ("arn:aws:*", True),
        ("arn:*:*:*:*:*", True),
        ("arn:aws:s3:::*", True),
        ("arn:aws:s3:::*/*", True),
        ("arn:aws:iam::123456789012:*", True),
        ("arn:aws:s3:::data/*", False),
        ("arn:aws:s3:::data*", False),
        ("arn:aws:iam::123456789012:role/*", False),
        ("arn:aws:s3:::", False),
        ("", False),
    ],
)
def test_a_pattern_is_every_resource_where_it_names_none(resource: str, every: bool) -> None:
    assert is_every_resource(resource) is every


def test_not_action_covers_every_action_but_those_it_names() -> None:
    (one,) = parse(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]}'
    ).statements
    assert one.covers("s3:GetObject")
    assert not one.covers("iam:PassRole")


@pytest.mark.parametrize(
    ("condition", "public"),
    [
        ({}, True),
        ({"StringEquals": {"aws:SourceAccount": "123456789012"}}, False),
        ({"StringEquals": {"AWS:sourceaccount": ["123456789012"]}}, False),
        ({"StringEqualsIfExists": {"aws:SourceAccount": "123456789012"}}, True),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"ForAnyValue:StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ({"StringLike": {"aws:PrincipalArn": "*"}}, True),
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, True),
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}, True),
        ({"StringEquals": {"kms:CallerAccount": "123456789012"}}, False),
        ({"Null": {"aws:SourceVpce": "false"}}, True),
    ],
)
def test_only_a_condition_that_demands_a_narrow_value_confines_everybody(condition: dict[str, object], public: bool) -> None:
    (one,) = parse(statement(Principal="*", Condition=condition)).statements
    assert one.public is public


def test_allow_with_not_principal_means_nearly_everybody() -> None:
    (one,) = parse(statement(NotPrincipal={"AWS": "arn:aws:iam::123456789012:role/x"})).statements
    assert one.public


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Effect", "Action", "Resource", "Principal", "Condition", "Statement", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(_JSON)
def test_no_document_makes_the_parser_raise_anything_but_a_document_error(value: object) -> None:
    for form in (value, json.dumps(value)):
        with contextlib.suppress(DocumentError):
            parse(form)
