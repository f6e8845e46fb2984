"""Relational databases: closed, encrypted, no password in the state, restorable."""

from __future__ import annotations

from typing import Final

from catalog.types import rds
from policies.checks import is_on
from policies.rule import rule
from policies.tagging import is_production
from policies.verdict import PASS, Fail, Verdict
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import ResourceView

LEAST_BACKUP_DAYS: Final = 7
_STORES: Final = (rds.INSTANCE, rds.CLUSTER)


def _follows_another(block: Block) -> bool:
    """Whether it replicates another database, whose settings it takes where it has none of its own."""
    return block.given("replicateSourceDb") or block.given("replicationSourceIdentifier")


@rule(
    *_STORES,
    rds.CLUSTER_INSTANCE,
    severity="mandatory",
    frameworks=("FSBP RDS.2", "CIS 3.2.3"),
    anchors=("CKV_AWS_17",),
    why="A database with a public address is tried by everybody within the hour.",
    fix="leave publiclyAccessible false",
)
def not_public(resource: ResourceView) -> Verdict:
    return Fail("the database has a public address") if Block.of(resource).flag("publiclyAccessible") else PASS


@rule(
    *_STORES,
    severity="mandatory",
    frameworks=("FSBP RDS.3", "FSBP RDS.27", "CIS 3.2.1", "GDPR 32"),
    anchors=("CKV_AWS_16", "CKV_AWS_96"),
    why="Storage, snapshots and replicas are encrypted from the first day or never.",
    fix="set storageEncrypted to true and kmsKeyId to a key of ours",
)
def storage_is_encrypted(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if _follows_another(block) and not block.has("storageEncrypted"):
        return PASS  # a replica's storage is encrypted as its source's is
    if not block.flag("storageEncrypted"):
        return Fail("the storage is not encrypted")
    return PASS if block.has("kmsKeyId") else Fail("the storage is under AWS's own key")


@rule(
    *_STORES,
    severity="mandatory",
    why="A password given here is in the state, in every preview of it, and is never changed.",
    fix="set manageMasterUserPassword to true with masterUserSecretKmsKeyId, and drop the password",
)
def password_is_managed(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if block.given("password") or block.given("masterPassword"):
        return Fail("the password is an input")
    managed = block.flag("manageMasterUserPassword") or _follows_another(block)
    return PASS if managed else Fail("nobody manages the password")


@rule(
    *_STORES,
    severity="mandatory",
    frameworks=("FSBP RDS.11",),
    anchors=("CKV_AWS_133",),
    why="A mistake is found days later; by then there must be a day to go back to.",
    fix=f"set backupRetentionPeriod to {LEAST_BACKUP_DAYS} or more",
)
def backups_are_kept(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    days = block.number("backupRetentionPeriod") or 0
    if days >= LEAST_BACKUP_DAYS or _follows_another(block):
        return PASS
    return Fail(f"backups are kept for {days:g} days")


@rule(
    *_STORES,
    severity="mandatory",
    frameworks=("FSBP RDS.7", "FSBP RDS.8"),
    anchors=("CKV_AWS_293", "CKV_AWS_139"),
    why="A replace by surprise deletes the database with what it knows.",
    fix="set deletionProtection to true in production",
)
def kept_in_production(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if not is_production(resource, plan):
        return PASS
    return is_on(resource, "deletionProtection", "a production database may be deleted")


@rule(
    rds.INSTANCE,
    severity="advisory",
    frameworks=("FSBP RDS.5", "CIS 3.2.4"),
    anchors=("CKV_AWS_157",),
    why="A database in one zone is away whenever that zone is, and at every patch.",
    fix="set multiAz to true in production",
)
def two_zones_in_production(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if not is_production(resource, plan):
        return PASS
    return is_on(resource, "multiAz", "a production database is in one zone")


@rule(
    *_STORES,
    severity="advisory",
    frameworks=("FSBP RDS.10", "FSBP RDS.12"),
    anchors=("CKV_AWS_161", "CKV_AWS_162"),
    why="A workload that signs on by its role needs no password to keep, leak and change.",
    fix="set iamDatabaseAuthenticationEnabled to true",
)
def signs_on_by_role(resource: ResourceView) -> Verdict:
    return is_on(resource, "iamDatabaseAuthenticationEnabled", "workloads sign on by password")


@rule(
    *_STORES,
    severity="advisory",
    frameworks=("FSBP RDS.9", "GDPR 30"),
    anchors=("CKV_AWS_129",),
    why="Without its log nobody can say who read what, or why it was slow.",
    fix="set enabledCloudwatchLogsExports (postgresql, upgrade; audit, error, slowquery)",
)
def log_is_exported(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).has("enabledCloudwatchLogsExports") else Fail("no log is exported")
