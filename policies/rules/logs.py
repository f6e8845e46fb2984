"""Logs and alarms: kept as long as they must be, under our key, and heard."""

from __future__ import annotations

from catalog.types import cloudwatch
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    cloudwatch.LOG_GROUP,
    severity="mandatory",
    frameworks=("CIS 4.16", "GDPR 5(1)(e)"),
    anchors=("CKV_AWS_66",),
    why="A log group without a retention keeps, and bills, every line for ever.",
    fix="set retentionInDays",
)
def group_has_retention(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if block.text("logGroupClass") == "DELIVERY":
        return PASS  # AWS fixes the retention of this class
    days = block.number("retentionInDays")
    return PASS if days and days > 0 else Fail("the log group never forgets")


@rule(
    cloudwatch.LOG_GROUP,
    severity="mandatory",
    frameworks=("GDPR 32",),
    anchors=("CKV_AWS_158",),
    why="Logs repeat what the data says, often in clear.",
    fix="set kmsKeyId",
)
def group_is_encrypted(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).has("kmsKeyId") else Fail("the log group is under no key of ours")


@rule(
    cloudwatch.METRIC_ALARM,
    severity="mandatory",
    anchors=("CKV_AWS_319",),
    why="An alarm that tells nobody is a picture of a problem.",
    fix="set alarmActions to the alerts topic, and leave actionsEnabled true",
)
def alarm_tells_somebody(resource: ResourceView) -> Verdict:
    if not Block.of(resource).flag("actionsEnabled", default=True):
        return Fail("the alarm's actions are off")
    # The arn of the action may be known at `up` only; that the alarm has an action is decided before.
    return PASS if Block.of(resource).given("alarmActions") else Fail("the alarm has no actions")


@rule(
    cloudwatch.METRIC_ALARM,
    severity="advisory",
    why="With missing data taken as missing, an alarm on errors stays in INSUFFICIENT_DATA when the thing it watches is dead.",
    fix="set treatMissingData to breaching or notBreaching",
)
def alarm_decides_on_silence(resource: ResourceView) -> Verdict:
    return PASS if Block.of(resource).text("treatMissingData") not in ("", "missing") else Fail("silence decides nothing")
