"""Personal data: why it is there, how long, who reads it, and that it can be erased.

The tags of a store say what it holds, for how long, and why: `DataClass: personal`, `RetentionDays`, `Purpose`, `LegalBasis`. The
articles of law that rules name are an engineer's reading, no legal advice.
"""

from __future__ import annotations

from typing import Final

from catalog.types import cloudwatch, kinesis, macie2, rds, s3, sagemaker
from catalog.types.every import STORES
from policies.checks import has_companion
from policies.rule import rule
from policies.tagging import is_production, tag_of
from policies.verdict import PASS, Fail, Unknown, Verdict, every
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import ResourceView

PERSONAL: Final = "personal"
# The classes of a bucket that may take captured requests, which may hold anything.
_CONFIDENTIAL: Final = frozenset({PERSONAL, "confidential"})
_DESCRIBED: Final = ("RetentionDays", "Purpose", "LegalBasis")


def _is_personal(resource: ResourceView) -> bool:
    return tag_of(resource, "DataClass").lower() == PERSONAL


def _days(resource: ResourceView) -> float | None:
    """How many days the tags let a store keep its data; None where they give no number."""
    value = tag_of(resource, "RetentionDays")
    return float(value) if value.isdigit() else None


@rule(
    *STORES,
    severity="mandatory",
    frameworks=("GDPR 5(1)(b)", "GDPR 6", "GDPR 30"),
    why="A record of processing is made of these: why the data is here, on what ground, and until when.",
    fix=f"give it the tags {', '.join(_DESCRIBED)} (RetentionDays in whole days)",
)
def personal_data_is_described(resource: ResourceView) -> Verdict:
    if not _is_personal(resource):
        return PASS
    missing = [key for key in _DESCRIBED if not tag_of(resource, key)]
    if missing:
        return Fail(f"personal data without {', '.join(missing)}")
    return PASS if _days(resource) else Fail(f"RetentionDays is {tag_of(resource, 'RetentionDays')!r}, no number of days")


@rule(
    *STORES,
    severity="mandatory",
    frameworks=("GDPR 25", "GDPR 32"),
    why="A development stack has more readers, fewer logs and shorter memories than personal data may have.",
    fix="use made-up or anonymised data outside production",
)
def personal_data_is_in_production(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    return PASS if not _is_personal(resource) or is_production(resource, plan) else Fail("personal data outside production")


def _kept(resource: ResourceView) -> float | None:
    """How many days a store that is no bucket keeps its data, 0 for ever; None where its inputs give no number."""
    block = Block.of(resource)
    if resource.type == kinesis.STREAM.token:
        return (block.number("retentionPeriod") or 24) / 24
    if resource.type == cloudwatch.LOG_GROUP.token:
        return block.number("retentionInDays") or 0
    return block.number("backupRetentionPeriod")


@rule(
    s3.BUCKET,
    rds.INSTANCE,
    rds.CLUSTER,
    kinesis.STREAM,
    cloudwatch.LOG_GROUP,
    severity="mandatory",
    frameworks=("GDPR 5(1)(e)", "CCPA 1798.100"),
    why="A retention that only a tag knows is none: what is still there can be asked for, and stolen.",
    fix="expire it (objects and their old versions, rows' backups, lines) within RetentionDays",
)
def store_forgets_in_time(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    longest = _days(resource)
    if longest is None:
        return PASS
    if resource.type != s3.BUCKET.token:
        kept = _kept(resource)
        too_long = kept is not None and (kept > longest or (kept == 0 and resource.type == cloudwatch.LOG_GROUP.token))
        return Fail(f"it is kept for {f'{kept:g} days' if kept else 'ever'}, not {longest:g}") if too_long else PASS
    companions = plan.companions(resource, s3.BUCKET_LIFECYCLE_CONFIGURATION)
    if not companions.found and companions.possible:
        return Unknown("bucket")
    rows = [row for view in companions.found for row in Block.of(view).items("rules") if row.text("status") == "Enabled"]
    for what, path in (("objects", "expiration.days"), ("old versions", "noncurrentVersionExpiration.noncurrentDays")):
        days = [row.number(path) for row in rows if not row.text("prefix") and not row.text("filter.prefix")]
        if not any(0 < found <= longest for found in days if found is not None):
            return Fail(f"no rule for the whole bucket expires {what} within {longest:g} days")
    return PASS


@rule(
    s3.BUCKET,
    severity="mandatory",
    frameworks=("GDPR 17", "CCPA 1798.105"),
    why="Under Object Lock in compliance mode nobody, not even AWS, can erase what a person asks to have erased.",
    fix="use GOVERNANCE mode, or keep personal data elsewhere",
)
def personal_data_can_be_erased(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if not _is_personal(resource):
        return PASS

    def erasable(view: ResourceView) -> Verdict:
        mode = Block.of(view).text("rule.defaultRetention.mode")
        return Fail("the bucket is under compliance-mode Object Lock") if mode == "COMPLIANCE" else PASS

    companions = plan.companions(resource, s3.BUCKET_OBJECT_LOCK_CONFIGURATION)
    verdict = every(companions.found, erasable)
    possible = every(companions.possible, erasable)
    return Unknown("bucket") if verdict == PASS and isinstance(possible, Fail) else verdict


@rule(
    s3.BUCKET,
    severity="mandatory",
    frameworks=("GDPR 30", "GDPR 33"),
    anchors=("CKV_AWS_18",),
    why="Without a log of reads nobody can say, after a breach, whose data was taken.",
    fix="declare a BucketLogging for the bucket",
)
def personal_reads_are_logged(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if not _is_personal(resource):
        return PASS
    return has_companion(resource, plan, s3.BUCKET_LOGGING, "nobody records who reads personal data")


@rule(
    s3.BUCKET,
    severity="advisory",
    frameworks=("FSBP Macie.1", "CIS 3.1.3", "GDPR 32"),
    anchors=("prowler macie_is_enabled",),
    why="Personal data turns up in objects that nobody classified; something has to look.",
    fix="declare a macie2 Account in the stack, or except the bucket if the account's own stack has it",
)
def personal_data_is_searched_for(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    return PASS if not _is_personal(resource) or plan.of(macie2.ACCOUNT) else Fail("Macie does not look into the bucket")


@rule(
    sagemaker.ENDPOINT_CONFIGURATION,
    severity="mandatory",
    frameworks=("GDPR 5(1)(c)", "GDPR 25"),
    why="Captured requests hold whatever people sent; kept as internal data, everybody inside reads them.",
    fix="capture to a bucket whose DataClass is confidential or personal",
)
def capture_is_kept_as_confidential(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    block = Block.of(resource)
    if not block.flag("dataCaptureConfig.enableCapture"):
        return PASS
    name = block.text("dataCaptureConfig.destinationS3Uri").removeprefix("s3://").partition("/")[0]
    # A bucket that the plan does not declare belongs to another stack, which is judged by itself.
    bucket = plan.named(s3.BUCKET, name)
    class_ = tag_of(bucket, "DataClass").lower() if bucket else PERSONAL
    return PASS if class_ in _CONFIDENTIAL else Fail(f"requests are captured to {name}, whose DataClass is {class_ or 'not set'}")
