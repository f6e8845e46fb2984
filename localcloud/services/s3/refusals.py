"""What S3 refuses besides its model: policies of another bucket, lifecycle rules against each other, the same tag twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from localcloud.kernel.documented import Refuse
from localcloud.kernel.recorded import ApiCall, Refusal
from localcloud.services.iam.principals import document_of, not_there, principals, statements, texts
from localcloud.services.s3 import lifecycle

SERVICE: Final = "s3"
_ARN: Final = "arn:aws:s3:::"
_MALFORMED: Final = "MalformedPolicy"
# Actions of objects alone, and of buckets alone: each needs a resource of its kind.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
_OF_OBJECTS: Final = frozenset(
    f"s3:{name}".lower()
    for name in (
        *("GetObject", "PutObject", "DeleteObject", "GetObjectVersion", "DeleteObjectVersion", "PutObjectAcl", "GetObjectAcl"),
        *("GetObjectTagging", "PutObjectTagging", "AbortMultipartUpload", "ListMultipartUploadParts", "RestoreObject"),
    )
)
_OF_BUCKETS: Final = frozenset(
    f"s3:{name}".lower()
    for name in (
        *("ListBucket", "ListBucketVersions", "GetBucketLocation", "GetBucketPolicy", "PutBucketPolicy", "GetBucketAcl"),
        *("ListBucketMultipartUploads", "GetBucketVersioning", "GetEncryptionConfiguration", "DeleteBucket"),
    )
)


def _policy(call: ApiCall) -> None:
    """Refuses a policy without a principal, of another bucket, of another service's actions, or for somebody who is not there."""
    document, bucket = document_of(call.params.get("Policy")), call.params["Bucket"]
    if document is None:
        raise Refusal(_MALFORMED, "Policies must be valid JSON and the first byte must be '{'")
    for statement in statements(document):
        if not list(principals(statement)):
            raise Refusal(_MALFORMED, "Missing required field Principal")
        _actions_of(statement)
        _resources_of(statement, bucket)
    if found := not_there(document):
        del found
        raise Refusal(_MALFORMED, "Invalid principal in policy")


def _actions_of(statement: Mapping[str, Any]) -> None:
    actions = texts(statement.get("Action", statement.get("NotAction")))
    if not actions:
        raise Refusal(_MALFORMED, "Missing required field Action")
    if any(action != "*" and not action.lower().startswith(("s3:", "s3-object-lambda:", "s3*")) for action in actions):
        raise Refusal(_MALFORMED, "Policy has invalid action")


def _resources_of(statement: Mapping[str, Any], bucket: str) -> None:
    resources = texts(statement.get("Resource", statement.get("NotResource")))
    if not resources:
        raise Refusal(_MALFORMED, "Missing required field Resource")
    for resource in resources:
        named = resource.removeprefix(_ARN).partition("/")[0]
        if resource != "*" and not (resource.startswith(_ARN) and named in (bucket, f"{bucket}*")):
            raise Refusal(_MALFORMED, "Policy has invalid resource")
    actions = {action.lower() for action in texts(statement.get("Action"))}
    within = [resource for resource in resources if "/" in resource or resource.endswith("*")]
    whole = [resource for resource in resources if "/" not in resource]
    if actions and ((actions <= _OF_OBJECTS and not within) or (actions <= _OF_BUCKETS and not whole)):
        raise Refusal(_MALFORMED, "Action does not apply to any resource(s) in statement")


def _lifecycle(call: ApiCall) -> None:
    """Refuses lifecycle rules whose days are against each other."""
    rules = (call.params.get("LifecycleConfiguration") or {}).get("Rules") or []
    for code, says in lifecycle.faults(rules):
        raise Refusal(code, says)


def _tags(call: ApiCall) -> None:
    """Refuses a key that is given twice."""
    keys = [tag.get("Key") for tag in (call.params.get("Tagging") or {}).get("TagSet") or []]
    if len(keys) != len(set(keys)):
        raise Refusal("InvalidTag", "Cannot provide multiple Tags with the same key")


PLAN: Final[Mapping[str, tuple[Refuse, ...]]] = {"PutBucketLifecycleConfiguration": (_lifecycle,), "PutBucketTagging": (_tags,)}
REFUSALS: Final[Mapping[str, tuple[Refuse, ...]]] = {**PLAN, "PutBucketPolicy": (_policy,)}
