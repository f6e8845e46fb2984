"""OpenSearch, where the vectors are: in the VPC, encrypted, with access control of its own."""

from __future__ import annotations

import json
from typing import Any

from catalog.types import opensearch
from policies.checks import is_on, is_set
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict, every
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    opensearch.DOMAIN,
    severity="mandatory",
    frameworks=("FSBP OpenSearch.2",),
    anchors=("CKV_AWS_137",),
    why="Outside a VPC a domain answers the whole internet; a domain cannot be moved into one later.",
    fix="set vpcOptions.subnetIds and securityGroupIds",
)
def domain_in_our_network(resource: ResourceView) -> Verdict:
    return is_set(resource, "vpcOptions.subnetIds", "the domain has a public address")


@rule(
    opensearch.DOMAIN,
    severity="mandatory",
    frameworks=("FSBP OpenSearch.1", "GDPR 32"),
    anchors=("CKV_AWS_5", "CKV_AWS_247"),
    why="An index of embeddings is a copy of the documents.",
    fix="set encryptAtRest.enabled to true and kmsKeyId to a key of ours",
)
def domain_is_encrypted(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if not block.flag("encryptAtRest.enabled"):
        return Fail("the domain is not encrypted")
    return PASS if block.has("encryptAtRest.kmsKeyId") else Fail("the domain is under AWS's own key")


@rule(
    opensearch.DOMAIN,
    severity="mandatory",
    frameworks=("FSBP OpenSearch.3", "FSBP OpenSearch.8"),
    anchors=("CKV_AWS_6", "CKV_AWS_83", "CKV_AWS_228"),
    why="Queries are what people ask, and cross zones to be answered.",
    fix="set nodeToNodeEncryption.enabled and domainEndpointOptions with enforceHttps and a Policy-Min-TLS-1-2 tlsSecurityPolicy",
)
def domain_speaks_tls(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if not block.flag("nodeToNodeEncryption.enabled"):
        return Fail("its nodes speak in clear")
    if not block.flag("domainEndpointOptions.enforceHttps"):
        return Fail("it answers plain HTTP")
    value = block.text("domainEndpointOptions.tlsSecurityPolicy")
    return PASS if "Min-TLS-1-2" in value or "TLS-1-3" in value else Fail(f"its TLS policy is {value or 'not set (TLS 1.0)'}")


@rule(
    opensearch.DOMAIN,
    severity="mandatory",
    frameworks=("FSBP OpenSearch.7",),
    anchors=("CKV2_AWS_52",),
    why="Without access control of its own, whoever reaches the domain reads every index.",
    fix="set advancedSecurityOptions.enabled to true",
)
def domain_has_access_control(resource: ResourceView) -> Verdict:
    return is_on(resource, "advancedSecurityOptions.enabled", "whoever reaches the domain reads every index")


@rule(
    opensearch.SERVERLESS_SECURITY_POLICY,
    severity="mandatory",
    why="A collection that allows public access answers the whole internet.",
    fix="set AllowFromPublic to false and SourceVPCEs to our endpoints",
)
def collection_not_public(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if block.text("type") != "network":
        return PASS
    try:
        found = json.loads(block.text("policy"))
    except ValueError:
        return Fail("the network policy is no JSON")

    def closed(one: Any) -> Verdict:
        open_ = not isinstance(one, dict) or one.get("AllowFromPublic") is not False
        return Fail("the collection allows public access") if open_ else PASS

    return every(found if isinstance(found, list) else [found], closed)
