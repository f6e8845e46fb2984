"""Caches: encrypted, and not open to whoever reaches them."""

from __future__ import annotations

from catalog.types import elasticache
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    elasticache.REPLICATION_GROUP,
    severity="mandatory",
    frameworks=("FSBP ElastiCache.4", "FSBP ElastiCache.5", "GDPR 32"),
    anchors=("CKV_AWS_29", "CKV_AWS_30", "CKV_AWS_191"),
    why="A cache holds the features and sessions of whoever is here now, and swaps them to disk.",
    fix="set atRestEncryptionEnabled and transitEncryptionEnabled to true, and kmsKeyId to a key of ours",
)
def cache_is_encrypted(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    for flag in ("atRestEncryptionEnabled", "transitEncryptionEnabled"):
        if not block.flag(flag):
            return Fail(f"{flag} is not true")
    return PASS if block.has("kmsKeyId") else Fail("the cache is under AWS's own key")


@rule(
    elasticache.REPLICATION_GROUP,
    severity="mandatory",
    frameworks=("FSBP ElastiCache.6",),
    anchors=("CKV_AWS_31",),
    why="Without a user or a token, whoever reaches the port reads and flushes it.",
    fix="set userGroupIds (or authToken, as a secret)",
)
def cache_asks_who(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    return PASS if block.given("userGroupIds") or block.given("authToken") else Fail("the cache asks nobody who they are")


@rule(
    elasticache.REPLICATION_GROUP,
    severity="advisory",
    frameworks=("FSBP ElastiCache.3",),
    anchors=("CKV2_AWS_50",),
    why="Without failover a lost node is an outage of everything that waits for the cache.",
    fix="set automaticFailoverEnabled to true, with two nodes or more",
)
def cache_fails_over(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).flag("automaticFailoverEnabled") else Fail("nothing takes over from a lost node")
