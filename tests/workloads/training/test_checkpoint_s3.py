"""Checkpoints in S3: written, resumed, and lost in every way that a bucket can be."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import requests

from tests.workloads import gang
from tests.workloads.s3_server import S3
from tests.workloads.support import free_port
from tests.workloads.training.checkpoint_support import ALONE, RUN, saved, state, value_of
from tests.workloads.training.test_checkpoint_ranks import two_ranks
from workloads.stores import s3_requests
from workloads.training.checkpoint import CheckpointError, Checkpoints, Progress
from workloads.training.distributed import Place

WHERE = "s3://bucket/some/prefix"


@pytest.fixture
def client(s3: S3, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client that sees one empty bucket, and the environment in which checkpoints find it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in s3.environment().items():
        monkeypatch.setenv(name, value)
    client = s3.client()
    client.create_bucket(Bucket="bucket")  # where it is there already, S3 in us-east-1 says nothing
    for key in keys(client):
        client.delete_object(Bucket="bucket", Key=key)
    return client


def keys(client: Any) -> list[str]:
    return sorted(item["Key"] for item in client.list_objects_v2(Bucket="bucket").get("Contents", ()))


def test_checkpoints_are_written_found_kept_and_removed(client: Any) -> None:
    checkpoints = Checkpoints(WHERE, RUN, place=ALONE)
    assert checkpoints.newest() is None
    assert keys(client) == [], "trying whether it can be written to leaves nothing"
    saved(WHERE, 10, 20, 30, keep=2)
    of_step = [
        f"some/prefix/{RUN}/step-{step:08d}/{name}"
        for step in (20, 30)
        for name in (".metadata", "__0_0.distcp", "manifest.json")
    ]
    assert keys(client) == of_step
    into = state(-1.0)
    again = Checkpoints(WHERE, RUN, place=ALONE)
    found = again.newest()
    assert found
    assert (found.step, found.older, found.address) == (30, (20,), f"{WHERE}/{RUN}/step-00000030")
    assert again.load(into) == Progress(step=30, loss_sum=10.0)
    assert value_of(into) == 30.0
    again.remove()
    assert keys(client) == []


def replace(client: Any, name: str, change: Callable[[bytes], bytes]) -> None:
    key = f"some/prefix/{RUN}/step-00000020/{name}"
    client.put_object(Bucket="bucket", Key=key, Body=change(client.get_object(Bucket="bucket", Key=key)["Body"].read()))


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda client: replace(client, "__0_0.distcp", lambda content: content[:100]), "__0_0.distcp has 100 of "),
        (lambda client: replace(client, "__0_0.distcp", lambda content: content[:-1] + b"?"), "its SHA-256 differs"),
        (lambda client: replace(client, "manifest.json", lambda _: b"<html>"), "manifest.json is not JSON"),
        (
            lambda client: client.delete_object(Bucket="bucket", Key=f"some/prefix/{RUN}/step-00000020/manifest.json"),
            "half-written: it has no manifest.json",
        ),
    ],
    ids=["truncated", "one byte", "noise", "half-written"],
)
def test_a_damaged_checkpoint_is_skipped_for_the_one_before(
    harm: Callable[[Any], None], says: str, client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(WHERE, 10, 20)
    harm(client)
    into = state(-1.0)
    progress = Checkpoints(WHERE, RUN, place=ALONE).load(into)
    assert progress
    assert (progress.step, value_of(into)) == (10, 10.0)
    assert f"note: checkpoint {WHERE}/{RUN}/step-00000020 is skipped: " in (said := capsys.readouterr().err)
    assert says in said


def test_other_runs_under_the_prefix_are_named(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    saved(WHERE, 10)
    assert Checkpoints(WHERE, "test-ffffffffffff", place=ALONE).newest() is None
    assert f"only of {RUN}, whose settings, data or architecture differ" in capsys.readouterr().err


def closed_port() -> str:
    return f"http://127.0.0.1:{free_port()}"


def read_only(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the server judges, and the environment is that of a user who may not write."""
    iam = s3.client("iam")
    iam.create_user(UserName="reader")
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*"}],
    }
    iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(s3_requests, "_clients", {})
    requests.post(f"{s3.endpoint}/moto-api/reset-auth", data=b"0", timeout=10)


@pytest.fixture
def without_judging(s3: S3) -> Iterator[None]:
    yield
    requests.post(f"{s3.endpoint}/moto-api/reset-auth", data=b"inf", timeout=10)


NO_BUCKET = "there is no such bucket. Create it, or mend checkpoint_uri"
DENIED = "access is denied. Allow the job's role s3:ListBucket on the bucket, s3:GetObject, s3:PutObject and s3:DeleteObject"
LOST = "S3 cannot be reached. Check the network, its S3 endpoint and the security group's way out"


def test_a_missing_bucket_ends_the_run_before_the_first_step(client: Any) -> None:
    with pytest.raises(CheckpointError) as caught:
        Checkpoints("s3://no-such-bucket/prefix", RUN, place=ALONE).newest()
    assert str(caught.value).startswith(f"s3://no-such-bucket/prefix/{RUN} cannot be written to: {NO_BUCKET} (")


@pytest.mark.usefixtures("client", "without_judging")
def test_denied_access_ends_the_run_before_the_first_step(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    read_only(s3, monkeypatch)
    with pytest.raises(CheckpointError) as caught:
        Checkpoints(WHERE, RUN, place=ALONE).newest()
    assert f"cannot be written to: {DENIED}" in str(caught.value)
    assert "PutObject" in str(caught.value)


def test_a_missing_network_ends_the_run_before_the_first_step(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", closed_port())
    with pytest.raises(CheckpointError, match=LOST):
        Checkpoints(WHERE, RUN, place=ALONE).newest()


def test_a_bucket_that_is_deleted_during_the_run_ends_it_at_the_third_save(
    client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoints = saved(WHERE, 10)
    for key in keys(client):
        client.delete_object(Bucket="bucket", Key=key)
    client.delete_bucket(Bucket="bucket")
    checkpoints.save(Progress(step=20), state(20.0))
    checkpoints.save(Progress(step=30), state(30.0))
    assert f"step 20 could not be written (1 in a row; 3 end the run): s3://bucket/some/prefix/{RUN}" in (
        said := capsys.readouterr().err
    )
    assert NO_BUCKET in said
    checkpoints.save(Progress(step=40), state(40.0))
    with pytest.raises(CheckpointError, match="step 40 could not be written, nor the 2 before it"):
        checkpoints.finish()


def test_a_network_lost_between_the_listing_and_the_data_is_the_cause_named(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = Checkpoints(WHERE, RUN, place=ALONE)
    assert checkpoints.newest() is None  # from here on the store has its endpoint, and the writer of data has not read it yet
    monkeypatch.setenv("AWS_ENDPOINT_URL", closed_port())
    checkpoints.save(Progress(step=1), state())
    with pytest.raises(CheckpointError) as caught:
        checkpoints.finish()
    assert f"{WHERE}/{RUN}/step-00000001 cannot be written to: {LOST}" in str(caught.value)


def write_and_read(place: Place) -> tuple[int, float, float]:
    writing = Checkpoints(WHERE, RUN, place=place)
    for step in (1, 2):
        writing.save(Progress(step=step), two_ranks(place, float(step)))
    writing.finish()
    into = two_ranks(place, -1.0)
    progress = Checkpoints(WHERE, RUN, place=place).load(into)
    assert progress
    return progress.step, value_of(into["of all"]), float(into["own"][str(place.rank)].unique().item())


def test_two_processes_write_and_read_their_shares(client: Any) -> None:
    assert gang.run(2, write_and_read) == [(2, 2.0, 2.0)] * 2
    assert [key.rpartition("/")[2] for key in keys(client)][:4] == [".metadata", "__0_0.distcp", "__1_0.distcp", "manifest.json"]
