"""Secrets: deletion with and without a window, stages, and values that are shown nowhere."""

from __future__ import annotations

import botocore.exceptions
import pytest

from catalog.types import secretsmanager
from tests.localcloud.cloud import Cloud
from tests.localcloud.golden import REGION


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return Cloud()


def test_a_secret_with_a_window_waits_for_its_deletion_and_reads_as_gone(cloud: Cloud) -> None:
    made = cloud.make(secretsmanager.SECRET.token, name="waits", recoveryWindowInDays=7)
    version = cloud.make(secretsmanager.SECRET_VERSION.token, secretId=made.id, secretString="hunter2")
    for _ in range(2):
        cloud.delete(made)
    assert cloud.client("secretsmanager").describe_secret(SecretId=made.id)["DeletedDate"]
    assert (cloud.refresh(made), cloud.imported(secretsmanager.SECRET.token, made.id), cloud.refresh(version)) == (
        None,
        None,
        None,
    )
    cloud.delete(version)


def test_a_secret_without_a_window_goes_at_once_and_its_name_is_free(cloud: Cloud) -> None:
    made = cloud.make(secretsmanager.SECRET.token, name="goes", recoveryWindowInDays=0)
    version = cloud.make(secretsmanager.SECRET_VERSION.token, secretId=made.id, secretString="hunter2")
    for _ in range(2):
        cloud.delete(made)
        cloud.delete(version)
    assert cloud.refresh(version) is None
    assert cloud.make(secretsmanager.SECRET.token, name="goes").id != made.id


def test_replicas_and_policies_come_and_go(cloud: Cloud) -> None:
    policy = '{"Version": "2012-10-17", "Statement": []}'
    made = cloud.make(secretsmanager.SECRET.token, name="spread", policy=policy, replicas=[{"region": "us-west-2"}])
    assert cloud.plan(made).effect == "none"
    assert made.outputs["replicas"][0]["status"] == "InSync"
    assert [item["region"] for item in cloud.change(made, replicas=[{"region": "eu-west-1"}])["replicas"]] == ["eu-west-1"]
    assert cloud.change(made, policy="{}", description="d")["policy"] in ("", "{}")
    cloud.delete(made)
    assert cloud.refresh(made) is None


def test_a_new_version_is_the_current_one_and_the_one_before_stays_readable(cloud: Cloud) -> None:
    made = cloud.make(secretsmanager.SECRET.token, name="turned")
    first, second = (
        cloud.make(secretsmanager.SECRET_VERSION.token, secretId=made.id, secretString=value) for value in ("one", "two")
    )
    client = cloud.engine.clients("secretsmanager", REGION)
    assert client.get_secret_value(SecretId=made.id)["SecretString"] == "two"
    assert cloud.refresh(first) == first.inputs
    assert cloud.change(first, versionStages=["AWSCURRENT", "back"])["versionStages"] == ["AWSCURRENT", "back"]
    # moto 5.2.5 follows a moved stage only where the request names the version
    assert client.get_secret_value(SecretId=made.id, VersionStage="AWSCURRENT")["SecretString"] == "one"
    cloud.delete(second)
    assert cloud.refresh(second) is None


def test_a_binary_value_is_kept_byte_for_byte(cloud: Cloud) -> None:
    made = cloud.make(secretsmanager.SECRET.token, name="bytes")
    version = cloud.make(secretsmanager.SECRET_VERSION.token, secretId=made.id, secretBinary="AP8=")
    assert cloud.client("secretsmanager").get_secret_value(SecretId=made.id)["SecretBinary"] == b"\x00\xff"
    assert version.outputs["secretBinary"] == "AP8="
    assert cloud.plan(version).effect == "none"


def test_a_write_only_value_is_in_no_output_and_its_number_tells_of_a_change(cloud: Cloud) -> None:
    made = cloud.make(secretsmanager.SECRET.token, name="hidden")
    version = cloud.make(secretsmanager.SECRET_VERSION.token, secretId=made.id, secretStringWo="hunter2", secretStringWoVersion=1)
    assert cloud.client("secretsmanager").get_secret_value(SecretId=made.id)["SecretString"] == "hunter2"
    assert "hunter2" not in str(version.outputs)
    assert cloud.plan(version, secretStringWo="hunter3").effect == "none"
    assert cloud.plan(version, secretStringWo="hunter3", secretStringWoVersion=2).effect == "replace"


def test_a_failure_says_nothing_of_the_value(cloud: Cloud) -> None:
    arn = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:gone-abcdef"
    with pytest.raises(botocore.exceptions.ClientError) as error:
        cloud.make(secretsmanager.SECRET_VERSION.token, secretId=arn, secretString="hunter2")
    assert "hunter2" not in f"{error.value!r} {error.value}"
