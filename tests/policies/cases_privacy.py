"""The cases of the rules on personal data, on regions and on registered models; `cases.py` explains them."""

from __future__ import annotations

from typing import Final

from catalog.types import s3
from tests.policies.case import Case, added, harmless, of, removed, set_, without
from tests.policies.parts import DATA, KEY_ARN, PERSONAL, TAGS, allow, document, id_of

_PROFILE: Final = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/"
_VERSION: Final = "arn:aws:sagemaker:us-east-1:123456789012:model-package/digits/3"
_MACIE: Final = "privacy-personal-data-is-searched-for"
_FORGETS: Final = "privacy-store-forgets-in-time"
_GEOGRAPHY: Final = "residency-inference-stays-in-its-geography"
_LIFECYCLE: Final = {
    "id": "forget",
    "status": "Enabled",
    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
    "expiration": {"days": 90},
    "noncurrentVersionExpiration": {"noncurrentDays": 30},
}


def _lock(mode: str) -> tuple[str, dict[str, object]]:
    return s3.BUCKET_OBJECT_LOCK_CONFIGURATION.token, {
        "bucket": id_of("data"),
        "rule": {"defaultRetention": {"mode": mode, "days": 30}},
    }


def _kept_for(days: int) -> dict[str, str]:
    return {**DATA, "RetentionDays": str(days)}


def _invoking(profile: str) -> str:
    return document(allow("bedrock:InvokeModel", _PROFILE + profile))


PRIVACY_CASES: Final = (
    # --- models of the registry
    Case("models-package-is-approved", "approved", set_("modelApprovalStatus", "Rejected")),
    Case("models-package-is-approved", "approved", without("modelApprovalStatus")),
    Case("models-package-is-in-the-plan", "approved", removed()),
    Case("models-package-is-in-the-plan", "model", set_("primaryContainer", {"modelPackageName": _VERSION})),
    # --- residency
    Case("residency-data-stays-in-its-regions", "secret", set_("tags", {**DATA, "Residency": "eu-west-1, eu-central-1"})),
    Case("residency-data-stays-in-its-regions", "data", set_("tags", {**DATA, "Residency": "eu-", "SourceRegion": "us-east-1"})),
    Case(_GEOGRAPHY, "policy", set_("policy", _invoking("global.anthropic.claude-v3"))),
    Case(_GEOGRAPHY, "policy", set_("policy", _invoking("eu.amazon.nova-lite"))),
    Case(_GEOGRAPHY, "function", set_("environment", {"variables": {"MODEL": "global.amazon.nova-pro-v1:0"}})),
    # --- personal data
    Case("privacy-personal-data-is-described", "secret", set_("tags", {**DATA, "DataClass": "personal"})),
    Case("privacy-personal-data-is-described", "secret", set_("tags", {**PERSONAL, "RetentionDays": "a year"})),
    Case("privacy-personal-data-is-described", "secret", set_("tags", {**PERSONAL, "RetentionDays": "0"})),
    Case("privacy-personal-data-is-in-production", "secret", set_("tags", {**PERSONAL, "Environment": "dev"})),
    Case(_FORGETS, "data", set_("tags", _kept_for(90))),
    Case(_FORGETS, "log-group", set_("tags", {**TAGS, "RetentionDays": "364"})),
    Case(_FORGETS, "database", set_("tags", _kept_for(13))),
    Case(_MACIE, "data", set_("tags", PERSONAL), also=(_FORGETS,)),
    Case("privacy-capture-is-kept-as-confidential", "data", set_("tags.DataClass", "internal")),
)
PRIVACY_PAIRS: Final = (
    Case(
        "privacy-personal-data-can-be-erased",
        "lock",
        added(*_lock("COMPLIANCE")),
        also=(_MACIE, _FORGETS),
        after=of("data", set_("tags", PERSONAL)),
    ),
    Case(
        "privacy-personal-reads-are-logged",
        "data-logging",
        removed(),
        also=(_MACIE, _FORGETS, "s3-bucket-logs-access"),
        after=of("data", set_("tags", PERSONAL)),
    ),
    Case(_FORGETS, "stream", set_("tags", _kept_for(1)), after=of("stream", set_("retentionPeriod", 25))),
    Case(
        _FORGETS,
        "log-group",
        set_("retentionInDays", 0),
        also=("logs-group-has-retention",),
        after=of("log-group", set_("tags", {**TAGS, "RetentionDays": "365"})),
    ),
    Case(_FORGETS, "data", set_("tags", _kept_for(89)), after=of("data-lifecycle", set_("rules", [_LIFECYCLE]))),
    Case(
        _FORGETS,
        "data",
        set_("tags", _kept_for(29)),
        after=of("data-lifecycle", set_("rules", [{**_LIFECYCLE, "expiration": {"days": 9}}])),
    ),
    Case(
        _FORGETS,
        "data",
        set_("tags", _kept_for(90)),
        after=of("data-lifecycle", set_("rules", [{**_LIFECYCLE, "prefix": "raw/"}])),
    ),
    Case(
        _FORGETS,
        "data",
        set_("tags", _kept_for(90)),
        after=of("data-lifecycle", set_("rules", [{**_LIFECYCLE, "filter": {"prefix": "raw/"}}])),
    ),
    Case(
        "residency-data-stays-in-its-regions",
        "table",
        set_("tags", {**DATA, "Residency": "us-"}),
        after=of("table", set_("replicas", [{"regionName": "eu-west-1", "kmsKeyArn": KEY_ARN}])),
    ),
)
# Changes that come near to breaking a rule and break none.
PRIVACY_HARMLESS: Final = (
    harmless("model", set_("primaryContainer", {"modelPackageName": id_of("approved")})),
    harmless("secret", set_("tags", PERSONAL)),
    harmless("secret", set_("tags", {**DATA, "Residency": "us-"})),
    harmless("secret", set_("tags", {**DATA, "Residency": " "})),
    harmless("table", set_("replicas", [{"regionName": "eu-west-1"}])),
    harmless("log-group", set_("tags", {**TAGS, "RetentionDays": "365"})),
    harmless("database", set_("tags", _kept_for(14))),
    harmless("stream", set_("tags", _kept_for(1))),
    harmless("policy", set_("policy", _invoking("us.amazon.nova-lite"))),
    harmless("function", set_("environment", {"variables": {"SITE": "https://global.example.com"}})),
    harmless("configuration", set_("dataCaptureConfig.destinationS3Uri", "s3://elsewhere/capture")),
    harmless("lock", added(*_lock("COMPLIANCE"))),
    harmless("data", set_("tags", _kept_for(90)), after=of("data-lifecycle", set_("rules", [_LIFECYCLE]))),
    harmless(
        "data", set_("tags", _kept_for(90)), after=of("data-lifecycle", set_("rules", [{**_LIFECYCLE, "filter": {"prefix": ""}}]))
    ),
)
