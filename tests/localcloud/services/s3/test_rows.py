"""Buckets: what the golden walk does not show."""

from __future__ import annotations

import botocore.exceptions
import pytest

from catalog.types import s3
from tests.localcloud.cloud import Cloud


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return Cloud()


@pytest.mark.parametrize("region", ["us-east-1", "us-west-2"])
def test_a_name_that_is_taken_is_refused_in_every_region(cloud: Cloud, region: str) -> None:
    """Otherwise two resources would be one bucket, and the deletion of one would delete both."""
    made = cloud.make(s3.BUCKET.token, bucket=f"taken-{region}", region=region)
    with pytest.raises(botocore.exceptions.ClientError, match=f"taken-{region}: a bucket of this name is yours already"):
        cloud.make(s3.BUCKET.token, bucket=f"taken-{region}", region=region)
    assert cloud.refresh(made) is not None
