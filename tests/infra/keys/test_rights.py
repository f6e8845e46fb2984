"""The key policies: who may use a key, through which services, and who may grant its use."""

from __future__ import annotations

from typing import Any

import pytest

from infra.base.iam import Document
from infra.keys.rights import KEYS, KeySpec, key_policy
from tests.infra.roles import SCOPE
from tests.support.iam_documents import objections


def statements_for(document_: Document, action: str) -> list[dict[str, Any]]:
    return [statement for statement in document_["Statement"] if action in statement["Action"]]


@pytest.mark.parametrize("domain", KEYS, ids=lambda domain: domain.name)
def test_a_key_is_used_only_through_its_services(domain: KeySpec) -> None:
    policy = key_policy(SCOPE, domain)
    assert objections(policy, kind="resource", limit=32768) == []
    for statement in policy["Statement"]:
        if "kms:Decrypt" in statement["Action"]:
            assert "Condition" in statement, f"{statement['Sid']}: whoever may call KMS could decrypt"
    assert all("kms:*" not in statement["Action"] for statement in policy["Statement"])


def domain_policy(name: str) -> Document:
    (domain,) = [domain for domain in KEYS if domain.name == name]
    return key_policy(SCOPE, domain)


def test_whoever_makes_the_cluster_may_grant_its_key_to_eks() -> None:
    """EKS does not support kms:GrantIsForAWSResource for CreateCluster: with it alone no cluster comes up."""
    grants = statements_for(domain_policy("cluster"), "kms:CreateGrant")
    plain = [one for one in grants if "Bool" not in one["Condition"]]
    assert [one["Condition"]["StringEquals"]["kms:CallerAccount"] for one in plain] == ["123456789012"]
    for name in ("data", "models"):
        assert all("Bool" in one["Condition"] for one in statements_for(domain_policy(name), "kms:CreateGrant")), name


def test_nodes_on_demand_and_on_spot_can_start_with_encrypted_volumes() -> None:
    policy = domain_policy("cluster")
    for action in ("kms:GenerateDataKeyWithoutPlaintext", "kms:CreateGrant"):
        roles = [
            role
            for one in statements_for(policy, action)
            for role in one["Condition"].get("StringEquals", {}).get("aws:PrincipalArn", ())
        ]
        assert [role.rpartition("/")[2] for role in roles] == ["AWSServiceRoleForAutoScaling", "AWSServiceRoleForEC2Spot"]


def test_ecr_can_give_its_grant_back_when_a_repository_goes() -> None:
    (retire,) = statements_for(domain_policy("models"), "kms:RetireGrant")
    assert "ecr.us-east-1.amazonaws.com" in retire["Condition"]["StringEquals"]["kms:ViaService"]
