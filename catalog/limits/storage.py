"""Documented limits of S3."""

from __future__ import annotations

from typing import Final

from catalog.limits import S3_BUCKET_NAME
from catalog.limits.row import At, Limit
from catalog.types import s3

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME: Final = (
    r"(?!xn--|sthree-|amzn-s3-demo-|\d+\.\d+\.\d+\.\d+$)(?!.*(\.\.|-s3alias$|--ol-s3$|\.mrap$|--x-s3$|--table-s3$))"
    rf"[a-z0-9][a-z0-9.-]{{1,{S3_BUCKET_NAME - 2}}}[a-z0-9]"
)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html
BUCKET_POLICY_BYTES: Final = 20_480
_LIFECYCLE: Final = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html"
# The days that an object must lie before it goes into a class, and those between one class and the next.
INFREQUENT_AFTER_DAYS: Final = 30
INFREQUENT: Final = ("STANDARD_IA", "ONEZONE_IA")
RULES_A_LIFECYCLE: Final = 1_000
TAGS_A_BUCKET: Final = 50

LIMITS: Final = (
    Limit(
        service="s3",
        calls={"CreateBucket": "Bucket"},
        at=(At(card=s3.BUCKET, path="bucket"),),
        measure="text",
        pattern=BUCKET_NAME,
        code="InvalidBucketName",
        says="The specified bucket is not valid.",
        source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html",
    ),
    Limit(
        service="s3",
        calls={"PutBucketPolicy": "Policy"},
        at=(At(card=s3.BUCKET_POLICY, path="policy"),),
        measure="without_spaces",
        most=BUCKET_POLICY_BYTES,
        code="PolicyTooLarge",
        says="Policy exceeds the maximum allowed document size.",
        source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html",
    ),
    Limit(
        service="s3",
        calls={"PutBucketLifecycleConfiguration": "LifecycleConfiguration.Rules"},
        at=(At(card=s3.BUCKET_LIFECYCLE_CONFIGURATION, path="rules"),),
        measure="items",
        least=1,
        most=RULES_A_LIFECYCLE,
        code="MalformedXML",
        says="The XML you provided was not well-formed or did not validate against our published schema",
        source="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html",
    ),
    Limit(
        service="s3",
        calls={"PutBucketLifecycleConfiguration": "LifecycleConfiguration.Rules.ID"},
        at=(At(card=s3.BUCKET_LIFECYCLE_CONFIGURATION, path="rules.id"),),
        measure="characters",
        most=255,
        code="InvalidArgument",
        says="ID length should not exceed allowed limit of {most}",
        source="https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html",
    ),
    *(
        Limit(
            service="s3",
            calls={"PutBucketLifecycleConfiguration": f"LifecycleConfiguration.Rules.{member}"},
            at=(At(card=s3.BUCKET_LIFECYCLE_CONFIGURATION, path=f"rules.{path}"),),
            measure="number",
            least=1,
            code="InvalidArgument",
            says=f"'{member.rpartition('.')[2]}' for {member.partition('.')[0]} action must be a positive integer",
            source=_LIFECYCLE,
        )
        for member, path in (
            ("Expiration.Days", "expiration.days"),
            ("NoncurrentVersionExpiration.NoncurrentDays", "noncurrentVersionExpiration.noncurrentDays"),
            ("AbortIncompleteMultipartUpload.DaysAfterInitiation", "abortIncompleteMultipartUpload.daysAfterInitiation"),
        )
    ),
)
