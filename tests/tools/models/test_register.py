"""Registering the model of a training job: its metadata, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import boto3
import pytest
from botocore.config import Config

from tools.models import RegistryError, metadata, register, registry, storage

from .cloud import ACCOUNT, BUCKET, REGION, SERVING_IMAGE, TEST_DATA, TRAINING_IMAGE, Cloud, channel, sha256, unique


def test_a_version_records_its_lineage(cloud: Cloud, group: str) -> None:
    job = cloud.job()
    version = register(cloud, group=group, run=job, serving_image=SERVING_IMAGE, instance_types=["ml.m5.large"], commit="abc1234")
    name = job.name
    stored = cloud.s3.get_object(Bucket=BUCKET, Key=f"digits/{name}/output/model.tar.gz")
    body = stored["Body"].read()
    told = version.to_json()
    assert (told["group"], told["version"], told["status"]) == (group, 1, "PendingManualApproval")
    assert told["metrics"] == {"test_accuracy": 0.9875}
    assert told["artifact"] == {
        "uri": f"s3://{BUCKET}/digits/{name}/output/model.tar.gz",
        "bytes": len(body),
        "etag": stored["ETag"].strip('"'),
        "sha256": sha256(body),
        "folder": False,
    }
    assert told["lineage"] == {
        "training_job": name,
        "training_job_arn": job.arn,
        "data": {"train": f"s3://{BUCKET}/digits-aaaa/train/", "test": TEST_DATA},
        "code": "src-0123456789ab",
        "image": TRAINING_IMAGE,
        "image_digest": "",
        "hyperparameters": "sha256:" + sha256(b'{"epochs":"15","workload":"digits"}'),
        "parent": "",
        "promoted_from": "",
    }
    assert told["inference"] == {
        "image": SERVING_IMAGE,
        "image_digest": "",
        "content_types": ("application/json",),
        "response_types": ("application/json",),
        "instance_types": ("ml.m5.large",),
        "containers": 1,
    }
    assert told["evaluation"] is None
    described = cloud.sagemaker.describe_model_package(ModelPackageName=version.arn)
    assert described["MetadataProperties"] == {"GeneratedBy": job.arn, "CommitId": "abc1234"}


def test_the_metrics_of_a_version_lie_in_s3_in_sagemakers_form_with_their_digest(cloud: Cloud, group: str) -> None:
    final = [{"MetricName": "train_loss", "Value": 0.5}, {"MetricName": "test_accuracy", "Value": 0.9}]
    version = cloud.version(group, FinalMetricDataList=final)
    assert cloud.get(version.statistics) == {
        "version": 0.0,
        "multiclass_classification_metrics": {"accuracy": {"value": 0.9, "standard_deviation": "NaN"}},
        "training_metrics": {"train_loss": {"value": 0.5, "standard_deviation": "NaN"}},
    }
    metrics = cloud.sagemaker.describe_model_package(ModelPackageName=version.arn)["ModelMetrics"]["ModelQuality"]["Statistics"]
    bucket, key = storage.split(version.statistics)
    assert metrics["ContentDigest"] == f"sha256:{sha256(cloud.s3.get_object(Bucket=bucket, Key=key)['Body'].read())}"


def test_a_language_model_has_a_family_of_its_own(cloud: Cloud, group: str) -> None:
    final = [{"MetricName": "test_perplexity", "Value": 3.5}, {"MetricName": "test_loss", "Value": 1.25}]
    assert set(cloud.get(cloud.version(group, FinalMetricDataList=final).statistics)["language_model_metrics"]) == {
        "perplexity",
        "loss",
    }


def test_of_a_metric_that_was_reported_twice_the_later_one_counts(cloud: Cloud, group: str) -> None:
    twice = [{"MetricName": "loss", "Value": 1.0, "Timestamp": 2}, {"MetricName": "loss", "Value": 9.0, "Timestamp": 1}]
    assert cloud.version(group, FinalMetricDataList=twice).metrics == {"loss": 1.0}


def test_the_same_job_is_registered_once(cloud: Cloud, group: str) -> None:
    job = cloud.job()
    first = register(cloud, group=group, run=job, serving_image=SERVING_IMAGE)
    cloud.version(group)
    assert register(cloud, group=group, run=job, serving_image=SERVING_IMAGE) == first
    assert [version.version for version in registry.versions(cloud, group)] == [2, 1]


def test_two_that_register_the_same_job_at_once_get_one_version(
    cloud: Cloud, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = cloud.job()
    first = register(cloud, group=group, run=job, serving_image=SERVING_IMAGE)
    # As a second process that looked before the first had registered.
    monkeypatch.setattr(registry, "version_of_job", lambda *_: None)
    assert register(cloud, group=group, run=job, serving_image=SERVING_IMAGE) == first


def test_an_images_digest_is_ecrs_where_ecr_knows_it(cloud: Cloud, group: str) -> None:
    repository = unique("training")
    cloud.ecr.create_repository(repositoryName=repository)
    manifest = '{"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}'
    cloud.ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag="src-1")
    pushed = cloud.ecr.describe_images(repositoryName=repository)["imageDetails"][0]["imageDigest"]
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{repository}:src-1"
    version = cloud.version(group, AlgorithmSpecification={"TrainingImage": image})
    assert (version.lineage.image_digest, version.lineage.code) == (pushed, "src-1")
    pinned = cloud.version(group, AlgorithmSpecification={"TrainingImage": f"{image}@sha256:{'b' * 64}"})
    assert (pinned.lineage.image_digest, pinned.lineage.code) == (f"sha256:{'b' * 64}", "src-1")


def test_a_fine_tuned_model_knows_its_parent(cloud: Cloud, group: str) -> None:
    parent = cloud.version(group)
    tuned = cloud.version(group, InputDataConfig=[channel("model", parent.artifact.uri), channel("test", TEST_DATA)])
    assert tuned.lineage.parent == parent.arn
    assert cloud.version(group, InputDataConfig=[channel("model", f"s3://{BUCKET}/elsewhere")]).lineage.parent == ""


def test_streamed_data_and_file_systems_are_lineage_too(cloud: Cloud, group: str) -> None:
    system = {"FileSystemId": "fs-1", "FileSystemType": "FSxLustre", "FileSystemAccessMode": "ro", "DirectoryPath": "/x"}
    version = cloud.version(
        group,
        HyperParameters={"data_uri": f"s3://{BUCKET}/corpus/"},
        InputDataConfig=[{"ChannelName": "fast", "DataSource": {"FileSystemDataSource": system}}],
    )
    assert version.lineage.data == {"data_uri": f"s3://{BUCKET}/corpus/", "fast": "FSxLustre:fs-1/x"}


def test_a_job_that_failed_has_no_model(cloud: Cloud, group: str) -> None:
    job = replace(cloud.job(), status="Failed", failure="AlgorithmError: no data")
    with pytest.raises(RegistryError, match="is Failed, not Completed: AlgorithmError: no data"):
        register(cloud, group=group, run=job, serving_image=SERVING_IMAGE)
    assert group not in registry.groups(cloud)


def test_a_missing_artifact_is_reported(cloud: Cloud, group: str) -> None:
    job = replace(cloud.job(), artifact=f"s3://{BUCKET}/gone/model.tar.gz")
    with pytest.raises(RegistryError, match=r"the artifact s3://\S+/gone/model.tar.gz is gone; train again"):
        register(cloud, group=group, run=job, serving_image=SERVING_IMAGE)


def test_values_that_sagemakers_metadata_does_not_take_are_refused_before_anything_is_made(cloud: Cloud, group: str) -> None:
    job = cloud.job(InputDataConfig=[channel("train", f"s3://{BUCKET}/{'long/' * 60}"), channel("test", f"s3://{BUCKET}/a,b/")])
    with pytest.raises(RegistryError) as refused:
        register(cloud, group=group, run=job, serving_image=SERVING_IMAGE)
    assert "data:train: its value" in str(refused.value)
    assert "at most 256 are kept" in str(refused.value)
    assert "data:test: its value" in str(refused.value)
    assert "has ','" in str(refused.value)
    assert group not in registry.groups(cloud)


def test_more_metrics_than_sagemaker_stores_are_refused(cloud: Cloud, group: str) -> None:
    many = [{"MetricName": f"metric_{number}", "Value": 1.0} for number in range(45)]
    with pytest.raises(RegistryError, match="SageMaker keeps 50 of a version; name fewer `metrics`"):
        cloud.version(group, FinalMetricDataList=many)


def test_limits_are_those_of_botocores_own_model(cloud: Cloud) -> None:
    shape = cloud.sagemaker.meta.service_model.operation_model("CreateModelPackage").input_shape.members
    properties = shape["CustomerMetadataProperties"]
    limits = (properties.metadata["max"], properties.key.metadata["max"], properties.value.metadata["max"])
    assert limits == (metadata.PROPERTIES_LIMIT, metadata.KEY_LIMIT, metadata.VALUE_LIMIT)


def test_a_cloud_that_does_not_answer_is_reported_with_the_way_out() -> None:
    config = Config(retries={"max_attempts": 0}, connect_timeout=1)
    client = boto3.client(
        "sagemaker",
        region_name=REGION,
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=config,
    )
    with pytest.raises(RegistryError, match=r"listing the model groups: no answer: .*slipway local status"):
        registry.groups(SimpleNamespace(sagemaker=client))


def test_a_version_that_others_registered_is_read_with_the_metadata_it_has(cloud: Cloud, group: str) -> None:
    cloud.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    cloud.sagemaker.create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification={"Containers": [{"Image": "i:1"}], "SupportedContentTypes": [], "SupportedResponseMIMETypes": []},
        CustomerMetadataProperties={"metric:odd": "none", "metric:fine": "2"},
    )
    version = registry.find(cloud, group)
    assert (version.metrics, version.lineage.training_job, version.artifact.uri) == ({"fine": 2.0}, "", "")
    assert replace(version, created=None).to_json()["created"] is None
