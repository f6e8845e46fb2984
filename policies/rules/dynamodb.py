"""Tables: under our key, restorable to any second, kept in production."""

from __future__ import annotations

from catalog.types import dynamodb
from policies.checks import is_on
from policies.rule import rule
from policies.tagging import is_production
from policies.verdict import PASS, Fail, Verdict
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    dynamodb.TABLE,
    severity="mandatory",
    frameworks=("GDPR 32",),
    anchors=("CKV_AWS_119",),
    why="Under a key of ours, who may read a table is also who may use the key, and each use is recorded.",
    fix="set serverSideEncryption.enabled to true and kmsKeyArn to a key of ours",
)
def table_is_encrypted_with_our_key(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    ours = block.flag("serverSideEncryption.enabled") and block.has("serverSideEncryption.kmsKeyArn")
    return PASS if ours else Fail("the table is under no key of ours")


@rule(
    dynamodb.TABLE,
    severity="mandatory",
    frameworks=("FSBP DynamoDB.2",),
    anchors=("CKV_AWS_28",),
    why="A job that writes nonsense is seen hours later; the table can then go back to the second before.",
    fix="set pointInTimeRecovery.enabled to true",
)
def table_goes_back_in_time(resource: ResourceView) -> Verdict:
    return is_on(resource, "pointInTimeRecovery.enabled", "the table cannot go back in time")


@rule(
    dynamodb.TABLE,
    severity="mandatory",
    frameworks=("FSBP DynamoDB.6",),
    why="A replace by surprise deletes the table with what it knows.",
    fix="set deletionProtectionEnabled to true in production",
)
def table_kept_in_production(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if not is_production(resource, plan):
        return PASS
    return is_on(resource, "deletionProtectionEnabled", "a production table may be deleted")
