"""What breaks the rules on personal data, on regions and on models of the registry; see cases.py."""

from __future__ import annotations

from typing import Final

from catalog.types import s3
from tests.policies.case import ADD, REMOVE, Case
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
    Case("models-package-is-approved", "approved", "modelApprovalStatus", "Rejected"),
    Case("models-package-is-approved", "approved", "modelApprovalStatus"),
    Case("models-package-is-in-the-plan", "approved", REMOVE),
    Case("models-package-is-in-the-plan", "model", "primaryContainer", {"modelPackageName": _VERSION}),
    # --- residency
    Case("residency-data-stays-in-its-regions", "secret", "tags", {**DATA, "Residency": "eu-west-1, eu-central-1"}),
    Case("residency-data-stays-in-its-regions", "data", "tags", {**DATA, "Residency": "eu-", "SourceRegion": "us-east-1"}),
    Case(_GEOGRAPHY, "policy", "policy", _invoking("global.anthropic.claude-v3")),
    Case(_GEOGRAPHY, "policy", "policy", _invoking("eu.amazon.nova-lite")),
    Case(_GEOGRAPHY, "function", "environment", {"variables": {"MODEL": "global.amazon.nova-pro-v1:0"}}),
    # --- personal data
    Case("privacy-personal-data-is-described", "secret", "tags", {**DATA, "DataClass": "personal"}),
    Case("privacy-personal-data-is-described", "secret", "tags", {**PERSONAL, "RetentionDays": "a year"}),
    Case("privacy-personal-data-is-described", "secret", "tags", {**PERSONAL, "RetentionDays": "0"}),
    Case("privacy-personal-data-is-in-production", "secret", "tags", {**PERSONAL, "Environment": "dev"}),
    Case(_FORGETS, "data", "tags", _kept_for(90)),
    Case(_FORGETS, "log-group", "tags", {**TAGS, "RetentionDays": "364"}),
    Case(_FORGETS, "database", "tags", _kept_for(13)),
    Case(_MACIE, "data", "tags", PERSONAL, (_FORGETS,)),
    Case("privacy-capture-is-kept-as-confidential", "data", "tags.DataClass", "internal"),
)
PRIVACY_PAIRS: Final = (
    (
        ("data", "tags", PERSONAL),
        Case("privacy-personal-data-can-be-erased", "lock", ADD, _lock("COMPLIANCE"), (_MACIE, _FORGETS)),
    ),
    (
        ("data", "tags", PERSONAL),
        Case("privacy-personal-reads-are-logged", "data-logging", REMOVE, also=(_MACIE, _FORGETS, "s3-bucket-logs-access")),
    ),
    (("stream", "retentionPeriod", 25), Case(_FORGETS, "stream", "tags", _kept_for(1))),
    (
        ("log-group", "tags", {**TAGS, "RetentionDays": "365"}),
        Case(_FORGETS, "log-group", "retentionInDays", 0, ("logs-group-has-retention",)),
    ),
    (("data-lifecycle", "rules", [_LIFECYCLE]), Case(_FORGETS, "data", "tags", _kept_for(89))),
    (("data-lifecycle", "rules", [{**_LIFECYCLE, "expiration": {"days": 9}}]), Case(_FORGETS, "data", "tags", _kept_for(29))),
    (("data-lifecycle", "rules", [{**_LIFECYCLE, "prefix": "raw/"}]), Case(_FORGETS, "data", "tags", _kept_for(90))),
    (("data-lifecycle", "rules", [{**_LIFECYCLE, "filter": {"prefix": "raw/"}}]), Case(_FORGETS, "data", "tags", _kept_for(90))),
    (
        ("table", "replicas", [{"regionName": "eu-west-1", "kmsKeyArn": KEY_ARN}]),
        Case("residency-data-stays-in-its-regions", "table", "tags", {**DATA, "Residency": "us-"}),
    ),
)
# What is right however near it comes: no rule speaks.
PRIVACY_KEPT: Final = (
    Case("", "model", "primaryContainer", {"modelPackageName": id_of("approved")}),
    Case("", "secret", "tags", PERSONAL),
    Case("", "secret", "tags", {**DATA, "Residency": "us-"}),
    Case("", "secret", "tags", {**DATA, "Residency": " "}),
    Case("", "table", "replicas", [{"regionName": "eu-west-1"}]),
    Case("", "log-group", "tags", {**TAGS, "RetentionDays": "365"}),
    Case("", "database", "tags", _kept_for(14)),
    Case("", "stream", "tags", _kept_for(1)),
    Case("", "policy", "policy", _invoking("us.amazon.nova-lite")),
    Case("", "function", "environment", {"variables": {"SITE": "https://global.example.com"}}),
    Case("", "configuration", "dataCaptureConfig.destinationS3Uri", "s3://elsewhere/capture"),
    Case("", "lock", ADD, _lock("COMPLIANCE")),
)
PRIVACY_KEPT_PAIRS: Final = (
    (("data-lifecycle", "rules", [_LIFECYCLE]), Case("", "data", "tags", _kept_for(90))),
    (("data-lifecycle", "rules", [{**_LIFECYCLE, "filter": {"prefix": ""}}]), Case("", "data", "tags", _kept_for(90))),
)
