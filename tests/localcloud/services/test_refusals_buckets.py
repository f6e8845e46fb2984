"""What S3 refuses of names, policies, lifecycle rules and tags."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.localcloud.unchecked import ACCOUNT, Unchecked

BUCKET = "it-is-a-bucket"


@pytest.fixture
def aws() -> Unchecked:
    cloud = Unchecked()
    cloud.do("s3", "create_bucket", Bucket=BUCKET)
    return cloud


@pytest.mark.parametrize(
    "name",
    [
        *("Upper", "ab", "a" * 64, "under_score", "-begins", "ends-", "two..dots", "10.0.0.1", "xn--puny", "sthree-x"),
        *("x-s3alias", "x--ol-s3", "amzn-s3-demo-x"),
    ],
)
def test_a_bucket_s_name_follows_the_rules(aws: Unchecked, name: str) -> None:
    answer = aws.refused("s3", "create_bucket", Bucket=name)
    assert str(answer).startswith("InvalidBucketName: ")


@pytest.mark.parametrize("name", ["abc", "a" * 63, "a.b-c.1", "1a2", "10.0.0.1a"])
def test_a_name_at_the_edge_of_the_rules_is_taken(aws: Unchecked, name: str) -> None:
    assert aws.refused("s3", "create_bucket", Bucket=name) is None


def allow(**statement: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
        **statement,
    }


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (allow(), None),
        (allow(Action="s3:*", Resource=[f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]), None),
        (allow(Action="s3:ListBucket", Resource=f"arn:aws:s3:::{BUCKET}"), None),
        (allow(Principal={"Service": "logging.s3.amazonaws.com"}, Action="s3:PutObject"), None),
        (allow(Resource="arn:aws:s3:::another/*"), "MalformedPolicy: Policy has invalid resource"),
        (allow(Resource=[f"arn:aws:s3:::{BUCKET}/*", "arn:aws:s3:::another/*"]), "MalformedPolicy: Policy has invalid resource"),
        (allow(Resource=f"arn:aws:s3:::{BUCKET}x/*"), "MalformedPolicy: Policy has invalid resource"),
        (allow(Resource="arn:aws:sqs:eu-west-1:1:q"), "MalformedPolicy: Policy has invalid resource"),
        (allow(Action="sqs:SendMessage"), "MalformedPolicy: Policy has invalid action"),
        (allow(Action=["s3:GetObject", "GetObject"]), "MalformedPolicy: Policy has invalid action"),
        (
            allow(Resource=f"arn:aws:s3:::{BUCKET}"),
            "MalformedPolicy: Action does not apply to any resource(s) in statement",
        ),
        (allow(Action="s3:ListBucket"), "MalformedPolicy: Action does not apply to any resource(s) in statement"),
        (allow(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"}), "MalformedPolicy: Invalid principal in policy"),
        ({k: v for k, v in allow().items() if k != "Principal"}, "MalformedPolicy: Missing required field Principal"),
    ],
)
def test_a_bucket_policy_is_of_its_bucket(aws: Unchecked, statement: dict[str, Any], says: str | None) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert aws.refused("s3", "put_bucket_policy", Bucket=BUCKET, Policy=document) == says


def test_a_bucket_policy_has_20_kib(aws: Unchecked) -> None:
    def policy(size: int) -> str:
        document = {"Version": "2012-10-17", "Statement": [allow(Sid="")]}
        document["Statement"][0]["Sid"] = "A" * (size - len(json.dumps(document, separators=(",", ":"))))  # type: ignore[index]
        return json.dumps(document, indent=2)

    assert aws.refused("s3", "put_bucket_policy", Bucket=BUCKET, Policy=policy(20_480)) is None
    answer = aws.refused("s3", "put_bucket_policy", Bucket=BUCKET, Policy=policy(20_481))
    assert str(answer).endswith("Policy exceeds the maximum allowed document size.")


def rule(**members: Any) -> dict[str, Any]:
    return {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, **members}


def moved(*steps: tuple[int, str], **members: Any) -> dict[str, Any]:
    return rule(Transitions=[{"Days": days, "StorageClass": name} for days, name in steps], **members)


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ([moved((30, "STANDARD_IA"))], None),
        ([moved((30, "STANDARD_IA"), (60, "GLACIER"), (150, "DEEP_ARCHIVE"))], None),
        ([moved((0, "GLACIER"))], None),
        ([moved((0, "INTELLIGENT_TIERING"), Expiration={"Days": 1})], None),
        (
            [moved((29, "STANDARD_IA"))],
            "'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'",
        ),
        (
            [moved((10, "ONEZONE_IA"))],
            "'Days' in Transition action must be greater than or equal to 30 for storageClass 'ONEZONE_IA'",
        ),
        ([moved((30, "STANDARD_IA"), (59, "GLACIER"))], "must be 30 days more than"),
        ([moved((90, "GLACIER"), (90, "DEEP_ARCHIVE"))], "must be greater than"),
        (
            [moved((30, "STANDARD_IA"), Expiration={"Days": 30})],
            "'Days' in the Expiration action for filter '(prefix=)' must be greater than 'Days' in the Transition action",
        ),
        ([rule(Expiration={"Days": 1})], None),
        ([rule(Expiration={"Days": 0})], "'Days' for Expiration action must be a positive integer"),
        ([rule()], "At least one action needs to be specified in a rule"),
        ([rule(Expiration={"Days": 1}), rule(Expiration={"Days": 2})], "Rule ID must be unique"),
        ([rule(ID="i" * 256, Expiration={"Days": 1})], "ID length should not exceed allowed limit of 255"),
        (
            [rule(NoncurrentVersionTransitions=[{"NoncurrentDays": 7, "StorageClass": "STANDARD_IA"}])],
            "'NoncurrentDays' in NoncurrentVersionTransition action must be greater than or equal to 30",
        ),
        ([rule(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 0})], "must be a positive integer"),
        ([moved((30, "COLD"))], "The storage class you specified is not valid"),
    ],
)
def test_lifecycle_rules_hold_together(aws: Unchecked, rules: list[dict[str, Any]], says: str | None) -> None:
    answer = aws.refused("s3", "put_bucket_lifecycle_configuration", Bucket=BUCKET, LifecycleConfiguration={"Rules": rules})
    assert answer is None if says is None else says in str(answer)


@pytest.mark.parametrize(
    ("tags", "says"),
    [
        ([("k" * 128, "v" * 256)], None),
        ([(f"k{n}", "v") for n in range(50)], None),
        ([(f"k{n}", "v") for n in range(51)], "BadRequest: Bucket tag count cannot be greater than 50"),
        ([("aws:mine", "v")], "InvalidTag: System tags cannot be added/updated by requester"),
        ([("AWS:mine", "v")], "InvalidTag: System tags cannot be added/updated by requester"),
        ([("k", "v"), ("k", "w")], "InvalidTag: Cannot provide multiple Tags with the same key"),
        ([("k", "v" * 257)], "InvalidTag: "),
        ([("k" * 129, "v")], "InvalidTag: "),
    ],
)
def test_a_bucket_s_tags(aws: Unchecked, tags: list[tuple[str, str]], says: str | None) -> None:
    tag_set = {"TagSet": [{"Key": key, "Value": value} for key, value in tags]}
    answer = aws.refused("s3", "put_bucket_tagging", Bucket=BUCKET, Tagging=tag_set)
    assert answer is None if says is None else str(answer).startswith(says)


def test_objects_and_their_parts_and_versions_come_through(aws: Unchecked) -> None:
    """Operations of one path are told apart by what their query must have: an upload is no object."""
    aws.do("s3", "put_bucket_versioning", Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    place = {"Bucket": BUCKET, "Key": "a/b c"}
    version = aws.do("s3", "put_object", **place, Body=b"\xff")["VersionId"]
    tags = {"TagSet": [{"Key": "k", "Value": "v"}]}
    upload = {**place, "UploadId": aws.do("s3", "create_multipart_upload", **place)["UploadId"]}
    for operation, params in (
        ("head_object", place),
        ("get_object", {**place, "Range": "bytes=0-0"}),
        ("put_object_tagging", {**place, "Tagging": tags}),
        ("get_object_tagging", {**place, "VersionId": version}),
        ("copy_object", {"Bucket": BUCKET, "Key": "copy", "CopySource": f"{BUCKET}/a/b c"}),
        ("upload_part", {**upload, "PartNumber": 1, "Body": b"\xff"}),
        ("list_parts", upload),
        ("abort_multipart_upload", upload),
        ("delete_object", {**place, "VersionId": version}),
        ("delete_objects", {"Bucket": BUCKET, "Delete": {"Objects": [{"Key": "a/b c"}]}}),
        ("list_object_versions", {"Bucket": BUCKET}),
        ("list_objects_v2", {"Bucket": BUCKET, "MaxKeys": 1}),
        ("list_objects", {"Bucket": BUCKET}),
    ):
        assert aws.refused("s3", operation, **params) is None, operation
