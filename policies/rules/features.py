"""Feature groups: what is known of people, online and offline, under our key."""

from __future__ import annotations

from catalog.types import sagemaker
from policies.checks import is_set
from policies.rule import rule
from policies.verdict import PASS, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    sagemaker.FEATURE_GROUP,
    severity="mandatory",
    frameworks=("GDPR 32",),
    why="The online store holds the latest known of every person that a model scores.",
    fix="set onlineStoreConfig.securityConfig.kmsKeyId to a key of ours",
)
def online_store_is_encrypted(resource: ResourceView) -> Verdict:
    if not Block.of(resource).flag("onlineStoreConfig.enableOnlineStore"):
        return PASS
    return is_set(resource, "onlineStoreConfig.securityConfig.kmsKeyId", "the online store is under no key of ours")


@rule(
    sagemaker.FEATURE_GROUP,
    severity="mandatory",
    frameworks=("GDPR 32",),
    why="The offline store keeps every value that a feature ever had.",
    fix="set offlineStoreConfig.s3StorageConfig.kmsKeyId to a key of ours",
)
def offline_store_is_encrypted(resource: ResourceView) -> Verdict:
    if not Block.of(resource).has("offlineStoreConfig"):
        return PASS
    return is_set(resource, "offlineStoreConfig.s3StorageConfig.kmsKeyId", "the offline store is under no key of ours")
