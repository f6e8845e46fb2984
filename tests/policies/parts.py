"""Tags, ids and IAM documents that the valid resources and the cases share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

ACCOUNT: Final = "123456789012"
KEY_ARN: Final = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
ROLE_ARN: Final = f"arn:aws:iam::{ACCOUNT}:role/slipway-prod-training"
ISSUER: Final = "oidc.eks.us-east-1.amazonaws.com/id/ABCDEF"
IMAGE: Final = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/slipway-prod-serving:src-0123456789ab"
TAGS: Final = {"Project": "slipway", "Environment": "prod", "Owner": "ml", "CostCenter": "42", "ManagedBy": "pulumi"}
DATA: Final = {**TAGS, "DataClass": "confidential"}
PERSONAL: Final = {**TAGS, "DataClass": "personal", "RetentionDays": "365", "Purpose": "support", "LegalBasis": "contract"}


def id_of(name: str) -> str:
    return f"id-{name}"


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    return {"Sid": "Test", "Effect": "Allow", "Action": actions, "Resource": resources, **more}


def trust(principal: Any, condition: Any = None, action: str = "sts:AssumeRole") -> str:
    statement = {"Sid": "Trust", "Effect": "Allow", "Principal": principal, "Action": action}
    return document({**statement, "Condition": condition} if condition else statement)


DENY_HTTP: Final = {
    "Sid": "DenyPlainHttp",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
READ: Final = allow("s3:GetObject", "arn:aws:s3:::data/*")
FROM_HERE: Final = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
OWN_ACCOUNT: Final = {"Effect": "Allow", "Principal": {"AWS": ROLE_ARN}, "Action": "sns:Publish", "Resource": "*"}
