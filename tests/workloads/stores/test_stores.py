"""Stores: the same files in a folder and in S3, by the same calls."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from urllib3 import HTTPResponse

from workloads.errors import DataError
from workloads.stores import s3_requests
from workloads.stores.folder_store import FolderStore
from workloads.stores.opening import open_store
from workloads.stores.s3_requests import Patience
from workloads.stores.s3_store import S3Store
from workloads.stores.store import Digest, Store, join
from workloads.stores.store_errors import Changed, Missing, NoBucket, OutOfReach, Refused, StoreError


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return open_store(
        tmp_path / "deep" / "down" if request.param == "folder" else join(request.getfixturevalue("bucket"), "deep/down")
    )


def test_what_is_written_is_listed_read_whole_and_in_parts_and_removed(place: Store) -> None:
    place.write("b/two", b"0123456789")
    place.write("a", b"")
    assert {name: entry.size for name, entry in place.entries().items()} == {"a": 0, "b/two": 10}
    assert place.read("b/two") == b"0123456789"
    assert place.read("b/two", start=3, length=4) == b"3456"
    assert place.read("b/two", start=8) == b"89"
    assert place.read("b/two", start=8, length=5) == b"89", "fewer when it ends before"
    assert place.read("b/two", length=0) == b""
    with place.local("b/two") as path:
        assert (path.name, path.read_bytes()) == ("two", b"0123456789")
    place.remove("b/two")
    place.remove("b/two")
    assert list(place.entries()) == ["a"]
    with pytest.raises(Missing, match=r"deep/down/b/two has 1 fault:\n  - there is no such"):
        place.read("b/two")
    with pytest.raises(Missing), place.local("b/two"):
        pass


def test_a_file_is_digested_whole(place: Store) -> None:
    place.write("x", b"0123456789")
    assert place.digest("x") == Digest(size=10, sha256=hashlib.sha256(b"0123456789").hexdigest())
    with pytest.raises(Missing):
        place.digest("y")


def test_a_folder_is_listed_named_and_removed_with_all_that_lies_in_it(place: Store) -> None:
    for name in ("run/step-1/a", "run/step-1/b", "run/step-2/a", "run-2/step-1/a", "top"):
        place.write(name, b"x")
    assert place.folders() == ["run", "run-2"]
    assert place.folders("run") == ["step-1", "step-2"]
    assert list(place.entries("run")) == ["run/step-1/a", "run/step-1/b", "run/step-2/a"]
    place.remove_below("run/step-1")
    place.remove_below("run/step-1")
    assert place.folders("run") == ["step-2"]
    place.remove_below("run/step-2")
    assert place.folders() == ["run-2"], "no file lies below it any more, so the folder is gone too"
    assert list(place.entries()) == ["run-2/step-1/a", "top"]


def test_files_of_a_folder_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("a.txt", "a/b", "a/a.txt", "b"):
        open_store(tmp_path).write(name, b"x")
    assert list(open_store(tmp_path).entries()) == ["a/a.txt", "a/b", "a.txt", "b"]


def test_what_changed_is_not_read_as_if_it_had_not(place: Store) -> None:
    place.write("x", b"before")
    tag = place.entries()["x"].tag
    assert place.read("x", start=1, length=2, tag=tag) == b"ef"
    place.write("x", b"afterwards")
    with pytest.raises(Changed, match="it changed while it was read"):
        place.read("x", start=1, length=2, tag=tag)


def test_nothing_is_a_list_of_nothing(place: Store) -> None:
    assert place.entries() == {}


def requests_of(place: Store) -> s3_requests.Requests:
    assert isinstance(place, S3Store)
    return place.requests


def test_more_objects_than_a_page_are_all_listed(bucket: str) -> None:
    place = open_store(bucket)
    for number in range(3):
        place.write(f"{number}", b"x")
    client = requests_of(place).client
    page = client.list_objects_v2
    client.list_objects_v2 = lambda **asked: page(**{**asked, "MaxKeys": 2})
    try:
        assert list(place.entries()) == ["0", "1", "2"]
    finally:
        client.list_objects_v2 = page


def test_addresses_of_folders_and_of_buckets_are_distinguished() -> None:
    assert open_store("s3://bucket") == S3Store(bucket="bucket", prefix="")
    assert open_store("s3://bucket/a/b/") == S3Store(bucket="bucket", prefix="a/b")
    assert open_store("s3://bucket/a").address("x") == "s3://bucket/a/x"
    assert open_store("some/folder") == FolderStore(path=Path("some/folder"))
    assert join("s3://bucket/a/", "b", "c") == "s3://bucket/a/b/c"
    assert join("/", "b") == "//b" or join("/tmp/", "b") == "/tmp/b"
    with pytest.raises(DataError, match=r"cannot be read; give a folder or s3://bucket/prefix"):
        open_store("https://example.com/x")
    with pytest.raises(DataError, match="the address names no bucket"):
        open_store("s3:///x")


def test_only_s3_is_seen_by_every_host() -> None:
    assert open_store("s3://bucket").shared
    assert not open_store("some/folder").shared


def test_without_a_deadline_nothing_is_repeated_but_by_botocore(bucket: str) -> None:
    once = Patience(connect_seconds=5, read_seconds=5, attempts=2, deadline_seconds=0)
    place = open_store(bucket, patience=once)
    sent: list[object] = []

    def busy(**_: object) -> AWSResponse:
        sent.append(1)
        return AWSResponse("", 503, {}, HTTPResponse(io.BytesIO(), preload_content=False))

    requests_of(place).client.meta.events.register("before-send.s3", busy)
    with pytest.raises(OutOfReach) as caught:
        place.write("x", b"x")
    assert len(sent) == 2
    assert isinstance(caught.value.cause, ClientError), "for those who word it themselves"


@pytest.mark.parametrize("ask", [lambda p: p.entries(), lambda p: p.read("x"), lambda p: p.write("x", b"x")])
def test_a_bucket_that_does_not_exist_is_named(cloud: Any, ask: Any) -> None:
    with pytest.raises(NoBucket, match="there is no bucket 'nowhere-at-all'; check its name, its account and the region"):
        ask(open_store("s3://nowhere-at-all/x"))


def test_without_credentials_the_error_names_the_way_to_some(cloud: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setattr(s3_requests, "_clients", {})
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    with pytest.raises(Refused, match=r"S3 cannot be asked: .*credentials.*give the job a role"):
        open_store("s3://bucket").entries()


def test_a_busy_server_is_asked_again(bucket: str) -> None:
    from botocore.stub import Stubber

    with Stubber(requests_of(open_store(bucket)).client) as answers:
        answers.add_client_error("put_object", "SlowDown", "reduce your request rate", 503)
        answers.add_response("put_object", {})
        open_store(bucket).write("x", b"x")
        answers.assert_no_pending_responses()


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_a_full_disk_and_a_folder_that_cannot_be_made_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"file/x has 1 fault:\n  - .*check the disk's space and the rights on it"):
        open_store(tmp_path / "file").write("x", b"x")
    (tmp_path / "x.part").symlink_to("/dev/full")
    with pytest.raises(StoreError, match="No space left on device; check the disk's space"):
        open_store(tmp_path).write("x", b"x" * 100_000)
