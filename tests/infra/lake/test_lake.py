from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalog.types import iam, s3, sagemaker
from infra.base.iam import Scope
from infra.lake.datasets import dataset_digest
from infra.lake.decide import BUCKETS, LAKE_BUCKETS, BucketSpec, lifecycle_rules
from infra.lake.rights import bucket_policy
from tests.support.stacks import recorded_stack

SCOPE = Scope(account_id="123456789012", region="us-east-1", prefix="slipway-dev", environment="dev")
BY_PURPOSE = {spec.purpose: spec for spec in LAKE_BUCKETS}


def test_the_lake_has_the_buckets_whose_names_are_checked() -> None:
    assert set(BY_PURPOSE) == set(BUCKETS)


@pytest.mark.parametrize("spec", LAKE_BUCKETS, ids=lambda spec: spec.purpose)
def test_a_bucket_refuses_plain_http_and_other_accounts(spec: BucketSpec) -> None:
    denied = {
        statement["Sid"]: statement for statement in bucket_policy(SCOPE, spec)["Statement"] if statement["Effect"] == "Deny"
    }
    assert denied["OnlyTls"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denied["OnlyOurAccount"]["Condition"]["StringNotEquals"] == {"aws:PrincipalAccount": "123456789012"}
    arn = f"arn:aws:s3:::slipway-dev-{spec.purpose}-123456789012-us-east-1"
    assert all(statement["Resource"] == [arn, f"{arn}/*"] for statement in denied.values())


def test_only_the_logs_bucket_takes_access_logs_and_only_from_our_buckets() -> None:
    allowed = {
        spec.purpose: [statement for statement in bucket_policy(SCOPE, spec)["Statement"] if statement["Effect"] == "Allow"]
        for spec in LAKE_BUCKETS
    }
    assert [purpose for purpose, statements in allowed.items() if statements] == ["logs"]
    (delivery,) = allowed["logs"]
    assert delivery["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}


def test_the_bucket_for_access_logs_has_no_key_because_s3_cannot_deliver_to_one() -> None:
    assert [spec.purpose for spec in LAKE_BUCKETS if not spec.key] == [
        spec.purpose for spec in LAKE_BUCKETS if spec.takes_access_logs
    ]


@pytest.mark.parametrize("spec", LAKE_BUCKETS, ids=lambda spec: spec.purpose)
def test_every_bucket_drops_old_versions_and_abandoned_uploads(spec: BucketSpec) -> None:
    ids = [rule["id"] for rule in lifecycle_rules(spec, retention_days=0, noncurrent_days=30, cool_days=90)]
    assert ids[:2] == ["abandoned-uploads", "old-versions"]
    assert "retention" not in ids, "0 keeps objects for good"


def test_nothing_is_moved_to_cheaper_storage_just_to_be_deleted() -> None:
    raw = BY_PURPOSE["raw"]
    ages = [rule["id"] for rule in lifecycle_rules(raw, retention_days=91, noncurrent_days=30, cool_days=90)]
    expires_first = [rule["id"] for rule in lifecycle_rules(raw, retention_days=60, noncurrent_days=30, cool_days=90)]
    assert "infrequent-access" in ages
    assert "infrequent-access" not in expires_first


def test_changed_data_is_another_digest_and_a_missing_file_says_what_makes_it(tmp_path: Path) -> None:
    folder = tmp_path / "digits"
    folder.mkdir()
    with pytest.raises(ValueError, match=r"python -m workloads\.data\.digits"):
        dataset_digest(folder)
    (folder / "train.parquet").write_bytes(b"1")
    (folder / "test.parquet").write_bytes(b"2")
    first = dataset_digest(folder)
    (folder / "train.parquet").write_bytes(b"2")
    (folder / "test.parquet").write_bytes(b"1")
    assert dataset_digest(folder) != first


def test_the_dataset_lies_where_the_training_job_looks() -> None:
    stack = recorded_stack("dev")
    (job,) = stack.of(sagemaker.TRAINING_JOB)
    objects = stack.of(s3.BUCKET_OBJECTV2)
    folders = {f"s3://{view.props['bucket']}/{view.props['key'].rpartition('/')[0]}/" for view in objects}
    assert {view.props["key"].split("/")[0] for view in objects} == {"digits"}
    assert set(job.props["channels"].values()) == folders


def test_the_capture_prefix_is_the_one_that_the_role_may_write() -> None:
    stack = recorded_stack("dev")
    (configuration,) = stack.of(sagemaker.ENDPOINT_CONFIGURATION)
    uri = configuration.props["dataCaptureConfig"]["destinationS3Uri"]
    (policy,) = [view for view in stack.of(iam.ROLE_POLICY) if view.name == "slipway-dev-serving"]
    writes = [statement for statement in json.loads(policy.props["policy"])["Statement"] if statement["Sid"] == "WriteRaw"]
    (resource,) = writes[0]["Resource"]
    assert f"{uri}/".startswith(resource.removesuffix("*").replace("arn:aws:s3:::", "s3://"))
