"""Expected verdicts of the rules on personal data and on regions, on resources that look alike."""

from __future__ import annotations

from typing import Any, Final

from catalog.types import macie2, s3
from tests.policies.case import Change, added, of, removed, set_, unknown, without
from tests.policies.expectation import FAILS, PASSES, UNDECIDED, Expect
from tests.policies.parts import DATA, KEY_ARN, PERSONAL, id_of
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


PRIVACY_EXPECTATIONS: Final = (
    Expect(_FORGETS, "stream", FAILS, set_("retentionPeriod", 25), set_("tags", {**DATA, "RetentionDays": "1"})),
    Expect(_FORGETS, "stream", PASSES, without("retentionPeriod"), set_("tags", {**DATA, "RetentionDays": "1"})),
    Expect(_FORGETS, "data", PASSES, *_forgets(9)),
    Expect(_FORGETS, "data", FAILS, *_forgets(8)),
    Expect(_FORGETS, "data", FAILS, *_forgets(9, status="Disabled")),
    Expect(_FORGETS, "data", FAILS, *_forgets(9, expiration={"days": 0})),
    Expect(_FORGETS, "data", PASSES, *_forgets(1, expiration={"days": 1}, noncurrentVersionExpiration={"noncurrentDays": 1})),
    Expect(_FORGETS, "data", FAILS, *_forgets(9, noncurrentVersionExpiration={"noncurrentDays": 0})),
    Expect(_FORGETS, "data", FAILS, *_forgets(9, noncurrentVersionExpiration={})),
    Expect(
        _FORGETS,
        "data",
        UNDECIDED,
        set_("tags", {**DATA, "RetentionDays": "9"}),
        of("data-lifecycle", unknown("bucket")),
        *_OTHER,
        of("data-lifecycle", removed()),
        of("stray", added(s3.BUCKET_LIFECYCLE_CONFIGURATION.token, {"bucket": UNKNOWN})),
    ),
    Expect(
        _FORGETS,
        "data",
        PASSES,
        *_forgets(9),
        *_OTHER,
        of("stray", added(s3.BUCKET_LIFECYCLE_CONFIGURATION.token, {"bucket": UNKNOWN})),
    ),
    Expect(_FORGETS, "data", FAILS, set_("tags", {**DATA, "RetentionDays": "9"}), of("data-lifecycle", removed())),
    Expect(_ERASED, "data", PASSES, *_lock("GOVERNANCE", id_of("data"))),
    Expect(_ERASED, "data", UNDECIDED, *_lock("COMPLIANCE", UNKNOWN), *_OTHER),
    Expect(_ERASED, "data", PASSES, *_lock("GOVERNANCE", UNKNOWN), *_OTHER),
    Expect(
        _ERASED,
        "data",
        FAILS,
        *_lock("COMPLIANCE", id_of("data")),
        *_OTHER,
        of("stray", added(s3.BUCKET_OBJECT_LOCK_CONFIGURATION.token, {"bucket": UNKNOWN})),
    ),
    Expect(
        "privacy-personal-data-is-searched-for",
        "data",
        PASSES,
        set_("tags", PERSONAL),
        of("macie", added(macie2.ACCOUNT.token, {})),
    ),
    Expect(
        "privacy-personal-reads-are-logged",
        "data",
        UNDECIDED,
        set_("tags", PERSONAL),
        of("data-logging", removed()),
        *_OTHER,
        of("stray", added(s3.BUCKET_LOGGING.token, {"bucket": UNKNOWN})),
    ),
    Expect("privacy-capture-is-kept-as-confidential", "configuration", PASSES, of("data", set_("tags", PERSONAL))),
    Expect(
        "privacy-capture-is-kept-as-confidential",
        "configuration",
        PASSES,
        of("data", set_("tags.DataClass", "internal")),
        set_("dataCaptureConfig.destinationS3Uri", "s3://elsewhere/x"),
    ),
    Expect(
        "privacy-capture-is-kept-as-confidential",
        "configuration",
        PASSES,
        of("data", set_("tags.DataClass", "internal")),
        set_("dataCaptureConfig.enableCapture", False),
    ),
    Expect(_STAYS, "table", UNDECIDED, set_("tags", {**DATA, "Residency": "us-"}), set_("replicas", [{"regionName": UNKNOWN}])),
    Expect(
        _STAYS,
        "table",
        FAILS,
        set_("tags", {**DATA, "Residency": "us-"}),
        set_("replicas", [{"regionName": UNKNOWN}, {"regionName": "eu-west-1"}]),
    ),
    Expect(
        _STAYS, "table", PASSES, set_("tags", {**DATA, "Residency": "us-, eu-"}), set_("replicas", [{"regionName": "eu-west-1"}])
    ),
    Expect(_STAYS, "table", UNDECIDED, set_("tags", {**DATA, "Residency": UNKNOWN})),
    # No arn says which geography the resource is in, so only a global profile certainly leaves it.
    Expect(
        _GEOGRAPHY,
        "function",
        FAILS,
        without("kmsKeyArn"),
        set_("role", "runner"),
        set_("environment", {"variables": {"MODEL": "global.meta.llama"}}),
    ),
    Expect(
        _GEOGRAPHY,
        "function",
        PASSES,
        without("kmsKeyArn"),
        set_("role", "runner"),
        set_("environment", {"variables": {"MODEL": "eu.amazon.nova-lite-v1"}}),
    ),
    Expect(_GEOGRAPHY, "function", FAILS, set_("environment", {"variables": {"MODEL": "apac.amazon.nova-lite-v1"}})),
    Expect(
        _GEOGRAPHY,
        "function",
        PASSES,
        set_("kmsKeyArn", KEY_ARN.replace("us-east-1", "ap-south-1")),
        set_("environment", {"variables": {"MODEL": "apac.amazon.nova-lite-v1"}}),
    ),
    Expect(
        _GEOGRAPHY,
        "function",
        PASSES,
        set_("kmsKeyArn", KEY_ARN.replace("us-east-1", "us-gov-west-1")),
        set_("environment", {"variables": {"MODEL": "us-gov.amazon.nova-lite-v1"}}),
    ),
)
