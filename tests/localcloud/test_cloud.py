"""The running cloud: what it removes and why it could not, what it frees, what it counts, and what a reset leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.types import ec2, kms
from catalog.types import s3 as s3_types
from catalog.types import sagemaker as sagemaker_types
from localcloud.cloud import Cloud
from localcloud.kernel import backend


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One cloud for the module. Nothing listens: requests go through the process."""
    cloud = Cloud(tmp_path_factory.mktemp("home"), "http://127.0.0.1:1")
    yield cloud
    cloud.stop()


@pytest.fixture
def cloud(running: Cloud) -> Cloud:
    backend.reset()
    running.ledger.reset()
    return running


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:local::slipway::{token}::{name}"


def make(cloud: Cloud, token: str, name: str, **inputs: Any) -> str:
    """A resource of stack `local`, in the ledger as the provider would keep it; its id."""
    checked, failures = cloud.engine.check(token, name, {}, inputs, b"seed")
    assert not failures
    identifier, outputs = cloud.engine.create(token, checked)
    cloud.ledger.keep(urn(token, name), token, identifier, outputs)
    return identifier


def s3(cloud: Cloud) -> Any:
    return cloud.engine.clients("s3", "us-east-1")


def test_what_nobody_claims_is_removed_dependants_first(cloud: Cloud) -> None:
    vpc = make(cloud, ec2.VPC.token, "net", cidrBlock="10.0.0.0/16")
    subnet = make(cloud, ec2.SUBNET.token, "part", vpcId=vpc, cidrBlock="10.0.1.0/24")
    run, _ = cloud.ledger.begin("local", [])
    done = cloud.end_run(run, [])
    assert [entry.id for entry in done.swept] == [subnet, vpc], "the VPC refuses while the subnet is there"
    assert (done.left, cloud.ledger.all()) == ((), [])


def test_what_could_not_be_removed_is_left_with_awss_reason_and_stays_known(cloud: Cloud) -> None:
    bucket = make(cloud, s3_types.BUCKET.token, "raw", bucket="held")
    s3(cloud).put_object(Bucket=bucket, Key="k", Body=b"x")
    gone = make(cloud, s3_types.BUCKET.token, "empty", bucket="free-to-go")
    run, _ = cloud.ledger.begin("local", [])
    done = cloud.end_run(run, [])
    assert [entry.id for entry in done.swept] == [gone]
    assert [each.entry.id for each in done.left] == [bucket]
    assert done.left[0].reason.startswith("BucketNotEmpty: ")
    assert done.left[0].reason.endswith("(DeleteBucket)")
    assert [entry.id for entry in cloud.ledger.all()] == [bucket]


def test_a_run_that_failed_removes_nothing(cloud: Cloud) -> None:
    make(cloud, ec2.VPC.token, "net", cidrBlock="10.0.0.0/16")
    run, _ = cloud.ledger.begin("local", [])
    assert cloud.end_run(run, None).swept == ()


def test_a_rehearsal_that_is_freed_can_be_deleted_whole(cloud: Cloud) -> None:
    bucket = make(cloud, s3_types.BUCKET.token, "raw", bucket="with-data")
    s3(cloud).put_object(Bucket=bucket, Key="k", Body=b"x")
    group = make(cloud, sagemaker_types.MODEL_PACKAGE_GROUP.token, "models", modelPackageGroupName="models")
    sagemaker = cloud.engine.clients("sagemaker", "us-east-1")
    image = {"Image": "i", "ModelDataUrl": "s3://b/m.tar.gz"}
    forms = {"SupportedContentTypes": ["application/json"], "SupportedResponseMIMETypes": ["application/json"]}
    sagemaker.create_model_package(ModelPackageGroupName=group, InferenceSpecification={"Containers": [image], **forms})
    assert [entry.id for entry in cloud.free("local")] == [bucket]
    for entry in cloud.ledger.of_stack("local"):
        cloud.engine.delete(entry.type, entry.id, entry.outputs)
    assert s3(cloud).list_buckets()["Buckets"] == []
    assert sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"] == []


def test_what_was_deleted_by_hand_does_not_stand_in_the_way_of_freeing(cloud: Cloud) -> None:
    bucket = make(cloud, s3_types.BUCKET.token, "raw", bucket="deleted-by-hand")
    s3(cloud).delete_bucket(Bucket=bucket)
    assert cloud.free("local") == []


def test_what_is_left_of_a_stack_is_counted_and_what_is_only_a_record_is_not(cloud: Cloud) -> None:
    tags = {"Environment": "local", "ManagedBy": "pulumi"}
    make(cloud, kms.KEY.token, "key", tags=tags)
    vpc = make(cloud, ec2.VPC.token, "net", cidrBlock="10.0.0.0/16")
    assert ("ec2", vpc) in cloud.orphans("local")
    assert {service for service, _ in cloud.orphans("local")} == {"ec2", "kms"}
    assert cloud.orphans("dev") == []
    for entry in cloud.ledger.of_stack("local"):
        cloud.engine.delete(entry.type, entry.id, entry.outputs)
        cloud.ledger.drop(entry.urn, entry.id)
    assert cloud.orphans("local") == [], "a key waits for its deletion for days, on AWS too"


def test_a_reset_is_a_new_epoch_with_nothing_in_it(cloud: Cloud) -> None:
    make(cloud, ec2.VPC.token, "net", cidrBlock="10.0.0.0/16")
    before = cloud.epoch
    assert cloud.status()["resources"] == {"local": 1}
    cloud.reset()
    assert cloud.epoch != before
    assert cloud.status()["resources"] == {}
    assert cloud.orphans("local") == []


def test_engines_attach_to_providers_by_name(cloud: Cloud, tmp_path: Path) -> None:
    assert list(cloud.providers) == ["aws"]
    assert all(0 < port < 65_536 for port in cloud.providers.values())


def test_every_type_is_emulated_or_recorded(cloud: Cloud) -> None:
    emulated, recorded = cloud.coverage()
    assert sorted([*emulated, *recorded]) == sorted(cloud.engine.rows)
    assert "aws:eks/addon:Addon" in recorded
