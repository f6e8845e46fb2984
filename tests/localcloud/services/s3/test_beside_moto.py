"""What moto gets wrong of S3, and the patches of S3's addition put right."""

from __future__ import annotations

from localcloud.kernel.clients import in_process
from localcloud.services.gathered import emulated_aws

BUCKET = "backend-tests"


def test_a_versioned_bucket_whose_objects_were_deleted_can_be_emptied() -> None:
    """`destroy` does this after a job has removed its checkpoints: versioning goes first, then versions and markers."""
    s3 = in_process(emulated_aws(), "http://127.0.0.1:4747")("s3", "us-east-1")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=BUCKET, Key="k", Body=b"x")["VersionId"]
    marker = s3.delete_object(Bucket=BUCKET, Key="k")["VersionId"]
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_object(Bucket=BUCKET, Key="k", VersionId=version)
    s3.delete_object(Bucket=BUCKET, Key="k", VersionId=marker)
    s3.delete_bucket(Bucket=BUCKET)
    assert BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
