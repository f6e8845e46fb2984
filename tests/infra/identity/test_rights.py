from __future__ import annotations

import json
from typing import Any

import pytest

from infra.base.iam import Document
from infra.identity import github as github_identity
from infra.identity.boundary import ESCALATIONS, boundary_document
from infra.identity.rights import operator_trust
from tests.infra.roles import ROLES, SCOPE
from tests.support.iam_documents import allows, objections

BOUNDED = {key: role.document for key, role in ROLES.items() if role.bounded and role.document is not None}
MODELS = "arn:aws:s3:::slipway-dev-models-123456789012-us-east-1"
CURATED = "arn:aws:s3:::slipway-dev-curated-123456789012-us-east-1"


@pytest.mark.parametrize("role", BOUNDED)
def test_a_role_may_do_nothing_that_a_reviewer_would_refuse(role: str) -> None:
    assert objections(BOUNDED[role]) == []


@pytest.mark.parametrize("role", BOUNDED)
def test_the_boundary_cuts_off_nothing_that_a_role_needs(role: str) -> None:
    boundary = boundary_document(SCOPE, list(BOUNDED.values()))
    needed = [
        (action, resource)
        for statement in BOUNDED[role]["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    ]
    cut = [(action, resource) for action, resource in needed if not allows(boundary, action, resource)]
    assert not cut, "reach() in infra/identity/boundary.py lacks these arns"


def test_there_is_no_objection_to_the_boundary_itself_which_denies_every_escalation() -> None:
    boundary = boundary_document(SCOPE, list(BOUNDED.values()))
    assert objections(boundary, limit=6144) == []
    (deny,) = [statement for statement in boundary["Statement"] if statement["Effect"] == "Deny"]
    assert set(deny["Action"]) == set(ESCALATIONS)


def test_training_reads_data_and_writes_models_and_never_the_other_way_round() -> None:
    training = BOUNDED["training"]
    assert allows(training, "s3:GetObject", f"{CURATED}/digits/train.parquet")
    assert not allows(training, "s3:PutObject", f"{CURATED}/digits/train.parquet")
    assert allows(training, "s3:PutObject", f"{MODELS}/digits/model.tar.gz")
    assert not allows(training, "s3:DeleteObject", f"{MODELS}/digits/model.tar.gz")


def test_serving_reads_models_and_writes_captures_only() -> None:
    serving, raw = BOUNDED["serving"], "arn:aws:s3:::slipway-dev-raw-123456789012-us-east-1"
    assert allows(serving, "s3:GetObject", f"{MODELS}/digits/model.tar.gz")
    assert not allows(serving, "s3:PutObject", f"{MODELS}/digits/model.tar.gz")
    assert allows(serving, "s3:PutObject", f"{raw}/capture/digits/1.jsonl")
    assert not allows(serving, "s3:PutObject", f"{raw}/other/1.jsonl")


@pytest.mark.parametrize("role", BOUNDED)
def test_no_role_reaches_another_environment(role: str) -> None:
    others = [
        "arn:aws:s3:::slipway-prod-models-123456789012-us-east-1/x",
        "arn:aws:ecr:us-east-1:123456789012:repository/slipway-prod-training",
    ]
    for resource in others:
        for action in ("s3:GetObject", "s3:PutObject", "ecr:BatchGetImage", "ecr:PutImage"):
            assert not allows(BOUNDED[role], action, resource)


def test_ci_passes_one_role_to_one_service_and_changes_no_iam() -> None:
    actions = {action for statement in BOUNDED["ci"]["Statement"] for action in statement["Action"]}
    assert {action for action in actions if action.startswith("iam:")} == {"iam:PassRole"}


TRUSTS = {
    **{key: role.trust for key, role in ROLES.items()},
    "review": github_identity.review_trust("123456789012", repository="example/slipway", git_ref="refs/heads/main"),
    "environment": github_identity.environment_trust("123456789012", repository="example/slipway", environment="prod"),
}


@pytest.mark.parametrize("trust", TRUSTS.values(), ids=TRUSTS)
def test_trust_is_narrowed(trust: Document) -> None:
    assert objections(trust, kind="trust", limit=2048) == []


def test_only_one_ref_of_one_repository_may_be_ci() -> None:
    trust = github_identity.ref_trust("123456789012", repository="example/slipway", git_ref="refs/heads/main")
    condition = trust["Statement"][0]["Condition"]["StringEquals"]
    assert condition["token.actions.githubusercontent.com:sub"] == "repo:example/slipway:ref:refs/heads/main"


def statements_for(document_: Document, action: str) -> list[dict[str, Any]]:
    return [statement for statement in document_["Statement"] if action in statement["Action"]]


@pytest.mark.parametrize("role", ["training", "serving"])
def test_sagemaker_may_hand_the_models_key_to_the_volumes_it_makes_and_to_nothing_else(role: str) -> None:
    (grant,) = statements_for(BOUNDED[role], "kms:CreateGrant")
    assert grant["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}
    assert grant["Condition"]["ForAnyValue:StringEquals"] == {"kms:ResourceAliases": ["alias/slipway-dev-models"]}


@pytest.mark.parametrize("role", ["training", "serving"])
def test_sagemaker_may_do_all_that_its_vpc_interfaces_ask_for(role: str) -> None:
    # https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, for jobs and models with a VpcConfig
    for action in (
        "CreateNetworkInterface", "CreateNetworkInterfacePermission", "DeleteNetworkInterface",
        "DeleteNetworkInterfacePermission", "DescribeDhcpOptions", "DescribeNetworkInterfaces", "DescribeSecurityGroups",
        "DescribeSubnets", "DescribeVpcs",
    ):  # fmt: skip
        assert allows(BOUNDED[role], f"ec2:{action}", "arn:aws:ec2:us-east-1:123456789012:network-interface/eni-1"), action


def test_an_operator_reaches_the_private_api_through_a_node_and_gets_no_shell() -> None:
    operator = BOUNDED["operator"]
    node = "arn:aws:ec2:us-east-1:123456789012:instance/i-1"
    tunnel = "arn:aws:ssm:us-east-1::document/AWS-StartPortForwardingSessionToRemoteHost"
    assert allows(operator, "ssm:StartSession", node)
    assert allows(operator, "ssm:StartSession", tunnel)
    assert not allows(operator, "ssm:StartSession", "arn:aws:ssm:us-east-1:123456789012:document/SSM-SessionManagerRunShell")
    (on_nodes,) = [one for one in statements_for(operator, "ssm:StartSession") if one["Resource"][0].endswith("instance/*")]
    assert on_nodes["Condition"] == {
        "StringEquals": {"ssm:resourceTag/Environment": "dev"},
        # Without it a session that names no document gets the account's default one: a shell.
        "BoolIfExists": {"ssm:SessionDocumentAccessCheck": "true"},
    }
    (own,) = statements_for(operator, "ssm:TerminateSession")
    assert "${aws:userid}" in json.dumps(own["Condition"])


def test_operators_are_those_who_are_named_and_otherwise_whoever_came_with_a_second_factor() -> None:
    (anyone,) = operator_trust(SCOPE)["Statement"]
    assert anyone["Condition"]["Bool"] == {"aws:MultiFactorAuthPresent": "true"}
    sso = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Operator_*"
    trust = operator_trust(SCOPE, (sso,))
    assert objections(trust, kind="trust", limit=2048) == []
    (named,) = trust["Statement"]
    assert named["Condition"]["ArnLike"] == {"aws:PrincipalArn": [sso]}
    assert "Bool" not in named["Condition"], "sessions of Identity Center carry no aws:MultiFactorAuthPresent"


@pytest.mark.parametrize("role", ["training", "serving"])
def test_sagemaker_may_encrypt_what_it_writes_under_our_keys_only(role: str) -> None:
    (use,) = statements_for(BOUNDED[role], "kms:Encrypt")
    assert use["Condition"]["ForAnyValue:StringEquals"]["kms:ResourceAliases"] == [
        "alias/slipway-dev-data",
        "alias/slipway-dev-models",
    ]


def test_a_training_job_deletes_checkpoints_only_and_writes_corpora_only_into_the_curated_bucket() -> None:
    statements = BOUNDED["training"]["Statement"]
    deletes = [
        statement["Resource"]
        for statement in statements
        if any("Delete" in action for action in statement["Action"] if action.startswith("s3:"))
    ]
    assert deletes == [[f"{SCOPE.bucket('checkpoints')}/*"]]
    curated = SCOPE.bucket("curated")
    puts = [resource for statement in statements if "s3:PutObject" in statement["Action"] for resource in statement["Resource"]]
    assert [resource for resource in puts if resource.startswith(curated)] == [f"{curated}/corpora/*"]
    assert not any("s3:DeleteObjectVersion" in statement["Action"] for statement in statements)
