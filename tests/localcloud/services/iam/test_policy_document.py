"""`aws.iam.get_policy_document`, letter for letter: the documents beside each case are what the genuine provider prints."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.kernel.lookup import NoAnswer
from localcloud.services.iam.policy_document import rendered

READ = {"sid": "read", "actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::b/*"]}
VERSION = "2012-10-17"


def minified(**args: Any) -> Any:
    return json.loads(rendered(args)["minifiedJson"])


def statements(*given: dict[str, Any], **more: Any) -> Any:
    return minified(statements=list(given), **more)["Statement"]


def test_a_document_is_printed_as_go_prints_it() -> None:
    text = rendered({"statements": [{**READ, "actions": ["s3:PutObject", "s3:GetObject", "s3:PutObject"]}]})["json"]
    assert text == (
        '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "read",\n      "Effect": "Allow",\n'
        '      "Action": [\n        "s3:PutObject",\n        "s3:GetObject"\n      ],\n'
        '      "Resource": "arn:aws:s3:::b/*"\n    }\n  ]\n}'
    )


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ({"effect": "Deny", "notActions": ["iam:*"]}, {"Effect": "Deny", "NotAction": "iam:*"}),
        ({"actions": ["a:B"], "notResources": ["x", "y"]}, {"Action": "a:B", "NotResource": ["y", "x"]}),
        ({"actions": [], "resources": ["x"]}, {"Resource": "x"}),
        ({"principals": [{"type": "*", "identifiers": ["*"]}]}, {"Principal": "*"}),
        ({"principals": [{"type": "AWS", "identifiers": ["*"]}]}, {"Principal": {"AWS": "*"}}),
        (
            {"principals": [{"type": "Service", "identifiers": ["b", "a"]}, {"type": "AWS", "identifiers": ["c"]}]},
            {"Principal": {"AWS": "c", "Service": ["b", "a"]}},
        ),
        (
            {"principals": [{"type": "AWS", "identifiers": ["1"]}, {"type": "AWS", "identifiers": ["2"]}]},
            {"Principal": {"AWS": ["1", "2"]}},
        ),
        ({"notPrincipals": [{"type": "AWS", "identifiers": ["x"]}]}, {"NotPrincipal": {"AWS": "x"}}),
        ({"resources": ["arn:aws:s3:::b/&{aws:username}"]}, {"Resource": "arn:aws:s3:::b/${aws:username}"}),
        (
            {"conditions": [{"test": "StringLike", "variable": "s3:prefix", "values": ["b", "a"]}]},
            {"Condition": {"StringLike": {"s3:prefix": ["b", "a"]}}},
        ),
        (
            {
                "conditions": [
                    {"test": "StringLike", "variable": "v", "values": ["x"]},
                    {"test": "StringLike", "variable": "v", "values": ["y"]},
                    {"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]},
                ]
            },
            {"Condition": {"Bool": {"aws:SecureTransport": "false"}, "StringLike": {"v": ["x", "y"]}}},
        ),
    ],
)
def test_a_statement_has_what_it_was_given_and_nothing_else(given: dict[str, Any], printed: dict[str, Any]) -> None:
    assert statements(given) == [{"Effect": "Allow", **printed}]


def test_what_go_escapes_is_escaped() -> None:
    given = {"conditions": [{"test": "t", "variable": "v", "values": ["<a>&b"]}]}
    assert "\\u003ca\\u003e\\u0026b" in rendered({"statements": [given]})["json"]


def test_no_statement_at_all_leaves_the_version_alone() -> None:
    assert minified() == {"Version": VERSION}
    assert minified(policyId="me", version="2008-10-17") == {"Version": "2008-10-17", "Id": "me"}


def test_sources_come_first_and_what_has_their_sid_takes_their_place() -> None:
    source = json.dumps(
        {"Version": VERSION, "Id": "theirs", "Statement": [{"Sid": "read", "Effect": "Deny"}, {"Effect": "Deny"}]}
    )
    found = minified(sourcePolicyDocuments=[source], statements=[READ, {"actions": ["x:y"]}])
    assert found["Id"] == "theirs"
    assert [statement.get("Sid") for statement in found["Statement"]] == ["read", None, None]
    assert found["Statement"][0]["Effect"] == "Allow"
    assert found["Statement"][2] == {"Effect": "Allow", "Action": "x:y"}


def test_overrides_come_last_and_win() -> None:
    override = json.dumps({"Statement": [{"Sid": "read", "Effect": "Deny", "Action": ["s3:*"], "Principal": "*"}]})
    later = json.dumps({"Id": "mine", "Statement": [{"Sid": "more", "Effect": "Allow", "Condition": {"Bool": {"v": True}}}]})
    found = minified(statements=[READ], overridePolicyDocuments=[override, later])
    assert found == {
        "Version": VERSION,
        "Id": "mine",
        "Statement": [
            {"Sid": "read", "Effect": "Deny", "Action": ["s3:*"], "Principal": "*"},
            {"Sid": "more", "Effect": "Allow", "Condition": {"Bool": {"v": "true"}}},
        ],
    }


def test_the_version_is_lifted_and_never_lowered() -> None:
    assert minified(version="2008-10-17", sourcePolicyDocuments=[json.dumps({"Version": VERSION})])["Version"] == VERSION


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"statements": [READ, READ]}, r"duplicate Sid \(read\)\. Remove the Sid"),
        (
            {"sourcePolicyDocuments": ['{"Statement":[{"Sid":"a"},{"Sid":"a"}]}']},
            r"document 0: duplicate Sid .*statement 1",
        ),
        ({"sourcePolicyDocuments": ['{"Statement":[{"Sid":"a"}]}'] * 2}, r"document 1: duplicate Sid \(a\)"),
        ({"sourcePolicyDocuments": ["nope"]}, "contains an invalid JSON"),
        ({"overridePolicyDocuments": ["[]"]}, "merging override document 0: json: cannot unmarshal array"),
        ({"statements": [{"effect": "allow"}]}, r'expected effect to be one of \["Allow", "Deny"\], got allow'),
        ({"statements": [{"sid": "no-dash"}]}, "must only include alphanumeric characters"),
        ({"version": "2020-01-01"}, "expected version to be one of"),
        ({"version": "2008-10-17", "statements": [{"resources": ["&{x}"]}]}, "not supported in document version 2008-10-17"),
        ({"sourceJson": "{}"}, 'expected "sourceJson" to be an empty string'),
    ],
)
def test_what_the_genuine_provider_refuses_is_refused_in_its_words(args: dict[str, Any], said: str) -> None:
    with pytest.raises(NoAnswer, match=said):
        rendered(args)
