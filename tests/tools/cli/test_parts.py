from pathlib import Path
from typing import Any

import pytest

from tools.cli import bytecode, diagnosis
from tools.cli.emptying import empty
from tools.cli.guards import plain_value
from tools.cli.verbs.local import exports
from tools.cli.verbs.test import phases
from tools.engine.program import services
from tools.engine.state import Known
from tools.plan.view import UNKNOWN, Secret


def test_what_is_not_to_be_shown_is_named_instead() -> None:
    assert plain_value({"a": UNKNOWN, "b": [Secret("x")], "c": 1}) == {"a": "[unknown]", "b": ["[secret]"], "c": 1}


def test_the_exports_are_quoted_for_a_shell_and_unset_what_would_win() -> None:
    lines = exports({"B": "it's", "A": "x"})
    assert lines[0].startswith("unset AWS_PROFILE")
    assert lines[1:] == ["export A=x", "export B='it'\"'\"'s'"]


def test_the_tests_run_unit_first_then_end_to_end_and_either_alone() -> None:
    assert [name for name, _ in phases(unit=False, e2e=False)] == ["unit", "end-to-end"]
    assert [name for name, _ in phases(unit=True, e2e=False)] == ["unit"]
    assert [name for name, _ in phases(unit=False, e2e=True)] == ["end-to-end"]


def test_only_the_services_that_infra_names_are_compiled(tmp_path: Path) -> None:
    packages, repository = tmp_path / "site", tmp_path / "repository"
    for folder in ("pulumi", "pulumi_aws/ec2", "pulumi_aws/amplify"):
        (packages / folder).mkdir(parents=True)
    (packages / "pulumi_aws" / "__init__.py").write_text("")
    (repository / "infra").mkdir(parents=True)
    (repository / "infra" / "network.py").write_text("import pulumi_aws as aws\nvpc = aws.ec2.Vpc('v')\n")
    found = {str(path.relative_to(tmp_path)) for path in bytecode.targets(packages, repository)}
    assert services(repository / "infra") == {"ec2": "Vpc"}
    assert found == {"site/pulumi", "site/pulumi_aws/__init__.py", "site/pulumi_aws/ec2", "repository/infra"}


def test_a_check_of_the_doctor_that_fails_is_a_finding_and_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def _broken_thing() -> diagnosis.Finding:
        raise OSError("no such device")

    monkeypatch.setattr(diagnosis, "CHECKS", (_broken_thing, diagnosis._python))
    first, second, *_ = diagnosis.diagnose()
    assert (first.name, first.ok) == ("broken thing", False)
    assert "no such device" in first.found
    assert second.ok


class NoSuchBucket(Exception):
    pass


class FakeS3:
    """Two versions and a delete marker in `raw`, on two pages; `gone` is not there."""

    class exceptions:
        NoSuchBucket = NoSuchBucket

    def __init__(self) -> None:
        self.deleted: list[Any] = []

    def get_paginator(self, name: str) -> Any:
        assert name == "list_object_versions"
        return self

    def paginate(self, Bucket: str) -> Any:
        if Bucket == "gone":
            raise NoSuchBucket
        yield {"Versions": [{"Key": "a", "VersionId": "1"}, {"Key": "a", "VersionId": "2"}]}
        yield {"DeleteMarkers": [{"Key": "a", "VersionId": "3"}]}
        yield {}

    def delete_objects(self, Bucket: str, Delete: dict[str, Any], **_: Any) -> None:
        self.deleted += [(Bucket, item["Key"], item["VersionId"]) for item in Delete["Objects"]]


def test_every_version_and_marker_of_a_bucket_goes_and_a_missing_bucket_is_passed() -> None:
    s3 = FakeS3()
    known = [Known(urn="u", id=name, type="aws:s3/bucket:Bucket") for name in ("gone", "raw")]
    assert (
        empty([*known, Known(urn="v", id="vpc-1", type="aws:ec2/vpc:Vpc")], {}, clients=lambda service: {"s3": s3}[service]) == 3
    )
    assert s3.deleted == [("raw", "a", "1"), ("raw", "a", "2"), ("raw", "a", "3")]


def test_a_stack_without_buckets_asks_the_cloud_nothing() -> None:
    def no_client(service: str) -> Any:
        raise AssertionError(service)

    assert empty([Known(urn="v", id="vpc-1", type="aws:ec2/vpc:Vpc")], {}, clients=no_client) == 0
