"""CloudTrail: whole, unforged, under our key, watched."""

from __future__ import annotations

from catalog.types import cloudtrail
from policies.checks import is_on, is_set
from policies.rule import rule
from policies.verdict import Verdict
from tools.plan.view import ResourceView


@rule(
    cloudtrail.TRAIL,
    severity="mandatory",
    frameworks=("FSBP CloudTrail.1", "CIS 4.1", "GDPR 30"),
    anchors=("CKV_AWS_67",),
    why="Whoever has stolen a key uses it where nobody looks.",
    fix="set isMultiRegionTrail to true",
)
def trail_covers_every_region(resource: ResourceView) -> Verdict:
    return is_on(resource, "isMultiRegionTrail", "the trail sees one region")


@rule(
    cloudtrail.TRAIL,
    severity="mandatory",
    frameworks=("FSBP CloudTrail.4", "CIS 4.2"),
    anchors=("CKV_AWS_36",),
    why="Without digests nobody can say that a log was not changed.",
    fix="set enableLogFileValidation to true",
)
def trail_is_validated(resource: ResourceView) -> Verdict:
    return is_on(resource, "enableLogFileValidation", "the trail's files can be changed unseen")


@rule(
    cloudtrail.TRAIL,
    severity="mandatory",
    frameworks=("FSBP CloudTrail.2", "CIS 4.5"),
    anchors=("CKV_AWS_35",),
    why="A trail says who reads what data when.",
    fix="set kmsKeyId to a key of ours",
)
def trail_is_encrypted(resource: ResourceView) -> Verdict:
    return is_set(resource, "kmsKeyId", "the trail is under no key of ours")


@rule(
    cloudtrail.TRAIL,
    severity="advisory",
    frameworks=("FSBP CloudTrail.5",),
    anchors=("CKV2_AWS_10",),
    why="Files in a bucket ring no alarm.",
    fix="set cloudWatchLogsGroupArn and cloudWatchLogsRoleArn",
)
def trail_is_watched(resource: ResourceView) -> Verdict:
    return is_set(resource, "cloudWatchLogsGroupArn", "no alarm can see the trail")
