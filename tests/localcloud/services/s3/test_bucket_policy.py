"""Bucket policies with conditions."""

from __future__ import annotations

import json

from localcloud.services.s3.bucket_policy import applicable, holds


def test_a_tls_only_denial_does_not_concern_a_request_to_the_local_cloud() -> None:
    assert not holds({"Bool": {"aws:SecureTransport": "false"}})
    assert holds({"Bool": {"aws:SecureTransport": "true"}})


def test_all_operators_of_a_condition_must_hold() -> None:
    no_service = {"Bool": {"aws:PrincipalIsAWSService": "false"}}
    assert not holds({"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}, **no_service})
    assert holds({"StringNotEquals": {"aws:PrincipalAccount": ["1", "2"]}, **no_service})


def test_a_key_that_the_request_has_not_got_does_not_match_unless_it_may_be_absent() -> None:
    assert not holds({"StringEquals": {"aws:SourceVpce": "vpce-1"}})
    assert holds({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}})


def test_only_the_statements_that_hold_are_left_and_without_their_conditions() -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "tls", "Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Sid": "always", "Effect": "Deny"},
        ],
    }
    left = json.loads(applicable(json.dumps(policy)))["Statement"]
    assert left == [{"Sid": "always", "Effect": "Deny"}]
