"""The same files in a folder and in S3."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from workloads.data import bucket as bucket_module
from workloads.data.bucket import Bucket
from workloads.data.objects import Folder, Missing, NoBucket, Refused, Store, join, store
from workloads.errors import DataError


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return store(
        tmp_path / "deep" / "down" if request.param == "folder" else join(request.getfixturevalue("bucket"), "deep/down")
    )


def test_what_is_written_is_listed_read_whole_and_in_parts_and_removed(place: Store) -> None:
    place.write("b/two", b"0123456789")
    place.write("a", b"")
    assert {name: entry.size for name, entry in place.list().items()} == {"a": 0, "b/two": 10}
    assert place.read("b/two") == b"0123456789"
    assert place.read("b/two", start=3, length=4) == b"3456"
    assert place.read("b/two", start=8) == b"89"
    assert place.read("b/two", start=8, length=5) == b"89", "fewer when it ends before"
    assert place.read("b/two", length=0) == b""
    with place.local("b/two") as path:
        assert (path.name, path.read_bytes()) == ("two", b"0123456789")
    place.remove("b/two")
    place.remove("b/two")
    assert list(place.list()) == ["a"]
    with pytest.raises(Missing, match=r"deep/down/b/two has 1 fault:\n  - there is no such"):
        place.read("b/two")
    with pytest.raises(Missing), place.local("b/two"):
        pass


def test_what_changed_is_not_read_as_if_it_had_not(place: Store) -> None:
    place.write("x", b"before")
    tag = place.list()["x"].tag
    assert place.read("x", start=1, length=2, tag=tag) == b"ef"
    place.write("x", b"afterwards")
    with pytest.raises(DataError, match="it changed while it was read"):
        place.read("x", start=1, length=2, tag=tag)


def test_nothing_is_a_list_of_nothing(place: Store) -> None:
    assert place.list() == {}


def test_more_objects_than_a_page_are_all_listed(bucket: str) -> None:
    place = store(bucket)
    for number in range(3):
        place.write(f"{number}", b"x")
    client = bucket_module.s3_client()
    page = client.list_objects_v2
    client.list_objects_v2 = lambda **asked: page(**{**asked, "MaxKeys": 2})
    try:
        assert list(place.list()) == ["0", "1", "2"]
    finally:
        client.list_objects_v2 = page


def test_addresses_are_told_apart() -> None:
    assert store("s3://bucket") == Bucket(bucket="bucket", prefix="")
    assert store("s3://bucket/a/b/") == Bucket(bucket="bucket", prefix="a/b")
    assert store("s3://bucket/a").address("x") == "s3://bucket/a/x"
    assert store("some/folder") == Folder(path=Path("some/folder"))
    assert join("s3://bucket/a/", "b", "c") == "s3://bucket/a/b/c"
    assert join("/", "b") == "//b" or join("/tmp/", "b") == "/tmp/b"
    with pytest.raises(DataError, match=r"cannot be read; give a folder or s3://bucket/prefix"):
        store("https://example.com/x")
    with pytest.raises(DataError, match="the address names no bucket"):
        store("s3:///x")


@pytest.mark.parametrize("ask", [lambda p: p.list(), lambda p: p.read("x"), lambda p: p.write("x", b"x")])
def test_a_bucket_that_does_not_exist_is_told(cloud: Any, ask: Any) -> None:
    with pytest.raises(NoBucket, match="there is no bucket 'nowhere-at-all'; check its name, its account and the region"):
        ask(store("s3://nowhere-at-all/x"))


def test_without_credentials_the_way_to_some_is_told(cloud: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setattr(bucket_module, "_clients", {})
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    with pytest.raises(Refused, match=r"S3 cannot be asked: .*credentials.*give the job a role"):
        store("s3://bucket").list()


def test_a_busy_server_is_asked_again(bucket: str) -> None:
    from botocore.stub import Stubber

    with Stubber(bucket_module.s3_client()) as answers:
        answers.add_client_error("put_object", "SlowDown", "reduce your request rate", 503)
        answers.add_response("put_object", {})
        store(bucket).write("x", b"x")
        answers.assert_no_pending_responses()


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_a_full_disk_and_a_folder_that_cannot_be_made_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"file/x has 1 fault:\n  - .*check the disk's space and the rights on it"):
        store(tmp_path / "file").write("x", b"x")
    (tmp_path / "x.part").symlink_to("/dev/full")
    with pytest.raises(DataError, match="No space left on device; check the disk's space"):
        store(tmp_path).write("x", b"x" * 100_000)
