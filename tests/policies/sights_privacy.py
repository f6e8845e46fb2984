"""What the rules of privacy and residency see in resources that look alike."""

from __future__ import annotations

from typing import Any, Final

from catalog.types import macie2, s3
from tests.policies.case import Change, added, of, removed, set_, unknown, without
from tests.policies.parts import DATA, KEY_ARN, PERSONAL, id_of
from tests.policies.sight import FAILS, OPEN, PASSES, Sight
from tools.plan.view import UNKNOWN

_FORGETS: Final = "privacy-store-forgets-in-time"
_ERASED: Final = "privacy-personal-data-can-be-erased"
_GEOGRAPHY: Final = "residency-inference-stays-in-its-geography"
_STAYS: Final = "residency-data-stays-in-its-regions"
_OTHER: Final = (of("other", added(s3.BUCKET.token, {"tags": DATA})),)


def _forgets(days: int, **rule: Any) -> tuple[Change, ...]:
    whole = {"status": "Enabled", "expiration": {"days": 9}, "noncurrentVersionExpiration": {"noncurrentDays": 9}}
    return (set_("tags", {**DATA, "RetentionDays": str(days)}), of("data-lifecycle", set_("rules", [{**whole, **rule}])))


def _lock(mode: str, bucket: Any) -> tuple[Change, ...]:
    rule = {"defaultRetention": {"mode": mode, "days": 30}}
    return (
        set_("tags", PERSONAL),
        of("lock", added(s3.BUCKET_OBJECT_LOCK_CONFIGURATION.token, {"bucket": bucket, "rule": rule})),
    )


PRIVACY_SIGHTS: Final = (
    Sight(_FORGETS, "stream", FAILS, set_("retentionPeriod", 25), set_("tags", {**DATA, "RetentionDays": "1"})),
    Sight(_FORGETS, "stream", PASSES, without("retentionPeriod"), set_("tags", {**DATA, "RetentionDays": "1"})),
    Sight(_FORGETS, "data", PASSES, *_forgets(9)),
    Sight(_FORGETS, "data", FAILS, *_forgets(8)),
    Sight(_FORGETS, "data", FAILS, *_forgets(9, status="Disabled")),
    Sight(_FORGETS, "data", FAILS, *_forgets(9, expiration={"days": 0})),
    Sight(_FORGETS, "data", PASSES, *_forgets(1, expiration={"days": 1}, noncurrentVersionExpiration={"noncurrentDays": 1})),
    Sight(_FORGETS, "data", FAILS, *_forgets(9, noncurrentVersionExpiration={"noncurrentDays": 0})),
    Sight(_FORGETS, "data", FAILS, *_forgets(9, noncurrentVersionExpiration={})),
    Sight(
        _FORGETS,
        "data",
        OPEN,
        set_("tags", {**DATA, "RetentionDays": "9"}),
        of("data-lifecycle", unknown("bucket")),
        *_OTHER,
        of("data-lifecycle", removed()),
        of("stray", added(s3.BUCKET_LIFECYCLE_CONFIGURATION.token, {"bucket": UNKNOWN})),
    ),
    Sight(
        _FORGETS,
        "data",
        PASSES,
        *_forgets(9),
        *_OTHER,
        of("stray", added(s3.BUCKET_LIFECYCLE_CONFIGURATION.token, {"bucket": UNKNOWN})),
    ),
    Sight(_FORGETS, "data", FAILS, set_("tags", {**DATA, "RetentionDays": "9"}), of("data-lifecycle", removed())),
    Sight(_ERASED, "data", PASSES, *_lock("GOVERNANCE", id_of("data"))),
    Sight(_ERASED, "data", OPEN, *_lock("COMPLIANCE", UNKNOWN), *_OTHER),
    Sight(_ERASED, "data", PASSES, *_lock("GOVERNANCE", UNKNOWN), *_OTHER),
    Sight(
        _ERASED,
        "data",
        FAILS,
        *_lock("COMPLIANCE", id_of("data")),
        *_OTHER,
        of("stray", added(s3.BUCKET_OBJECT_LOCK_CONFIGURATION.token, {"bucket": UNKNOWN})),
    ),
    Sight(
        "privacy-personal-data-is-searched-for",
        "data",
        PASSES,
        set_("tags", PERSONAL),
        of("macie", added(macie2.ACCOUNT.token, {})),
    ),
    Sight(
        "privacy-personal-reads-are-logged",
        "data",
        OPEN,
        set_("tags", PERSONAL),
        of("data-logging", removed()),
        *_OTHER,
        of("stray", added(s3.BUCKET_LOGGING.token, {"bucket": UNKNOWN})),
    ),
    Sight("privacy-capture-is-kept-as-confidential", "configuration", PASSES, of("data", set_("tags", PERSONAL))),
    Sight(
        "privacy-capture-is-kept-as-confidential",
        "configuration",
        PASSES,
        of("data", set_("tags.DataClass", "internal")),
        set_("dataCaptureConfig.destinationS3Uri", "s3://elsewhere/x"),
    ),
    Sight(
        "privacy-capture-is-kept-as-confidential",
        "configuration",
        PASSES,
        of("data", set_("tags.DataClass", "internal")),
        set_("dataCaptureConfig.enableCapture", False),
    ),
    Sight(_STAYS, "table", OPEN, set_("tags", {**DATA, "Residency": "us-"}), set_("replicas", [{"regionName": UNKNOWN}])),
    Sight(
        _STAYS,
        "table",
        FAILS,
        set_("tags", {**DATA, "Residency": "us-"}),
        set_("replicas", [{"regionName": UNKNOWN}, {"regionName": "eu-west-1"}]),
    ),
    Sight(
        _STAYS, "table", PASSES, set_("tags", {**DATA, "Residency": "us-, eu-"}), set_("replicas", [{"regionName": "eu-west-1"}])
    ),
    Sight(_STAYS, "table", OPEN, set_("tags", {**DATA, "Residency": UNKNOWN})),
    # Where the rest of it is, no arn says: only a global profile is known to leave.
    Sight(
        _GEOGRAPHY,
        "function",
        FAILS,
        without("kmsKeyArn"),
        set_("role", "runner"),
        set_("environment", {"variables": {"MODEL": "global.meta.llama"}}),
    ),
    Sight(
        _GEOGRAPHY,
        "function",
        PASSES,
        without("kmsKeyArn"),
        set_("role", "runner"),
        set_("environment", {"variables": {"MODEL": "eu.amazon.nova-lite-v1"}}),
    ),
    Sight(_GEOGRAPHY, "function", FAILS, set_("environment", {"variables": {"MODEL": "apac.amazon.nova-lite-v1"}})),
    Sight(
        _GEOGRAPHY,
        "function",
        PASSES,
        set_("kmsKeyArn", KEY_ARN.replace("us-east-1", "ap-south-1")),
        set_("environment", {"variables": {"MODEL": "apac.amazon.nova-lite-v1"}}),
    ),
    Sight(
        _GEOGRAPHY,
        "function",
        PASSES,
        set_("kmsKeyArn", KEY_ARN.replace("us-east-1", "us-gov-west-1")),
        set_("environment", {"variables": {"MODEL": "us-gov.amazon.nova-lite-v1"}}),
    ),
)
