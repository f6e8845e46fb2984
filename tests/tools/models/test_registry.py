"""The names of models on the command line, and the deletion of versions."""

from __future__ import annotations

import pytest

from tools.models import RegistryError, approval, registry
from tools.models.approval import Gate

from .cloud import Cloud, unique

FREE = Gate(rules={}, evaluated=False)


def test_the_name_of_a_group_means_its_newest_version_and_a_number_means_that_version(cloud: Cloud, group: str) -> None:
    first, second = cloud.version(group), cloud.version(group)
    assert registry.find(cloud, group) == second
    assert registry.find(cloud, f"{group}/1") == first
    assert registry.find(cloud, first.arn) == first


def test_the_error_for_an_unknown_group_names_similar_ones(cloud: Cloud) -> None:
    cloud.version(group := unique("slipway-local-digits"))
    with pytest.raises(ValueError, match=rf"there is no model group '{group[:-1]}x'; did you mean .*{group}"):
        registry.find(cloud, f"{group[:-1]}x")
    with pytest.raises(ValueError, match="there is no model group 'digits'; did you mean slipway-local-digits"):
        registry.find(cloud, "digits")


def test_the_error_for_an_unknown_version_names_the_existing_ones(cloud: Cloud, group: str) -> None:
    cloud.version(group)
    cloud.version(group)
    with pytest.raises(ValueError, match=f"{group} has no version 7; it has 2, 1"):
        registry.find(cloud, f"{group}/7")
    gone = registry.find(cloud, group).arn[:-1] + "9"
    with pytest.raises(RegistryError, match=r"there is no model version arn:.*; it was deleted"):
        registry.find(cloud, gone)


def test_a_group_without_versions_says_how_one_gets_there(cloud: Cloud, group: str) -> None:
    registry.ensure_group(cloud, group)
    registry.ensure_group(cloud, group)
    with pytest.raises(ValueError, match=r"has no version yet; `\./slipway models register JOB` registers"):
        registry.find(cloud, group)


@pytest.mark.parametrize("name", ["", "a/b/c", "a/0", "a/x", "-a", "arn:aws:s3:::bucket", "a b", "../etc", "a/1/"])
def test_an_invalid_name_of_a_model_is_refused(cloud: Cloud, name: str) -> None:
    with pytest.raises(ValueError, match="names no model; write a group, group/version"):
        registry.find(cloud, name)


def test_many_versions_come_in_pages_the_newest_first(cloud: Cloud, group: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        cloud.version(group)
    pages = cloud.sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, PaginationConfig={"PageSize": 3}
    )
    assert [len(page["ModelPackageSummaryList"]) for page in pages] == [3, 1]
    assert [version.version for version in registry.versions(cloud, group)] == [4, 3, 2, 1]
    assert [version.version for version in registry.versions(cloud, group, limit=2)] == [4, 3]


def test_the_newest_approved_version_is_found(cloud: Cloud, group: str) -> None:
    cloud.version(group)
    assert registry.newest_approved(cloud, group) is None
    approval.approve(cloud, registry.find(cloud, f"{group}/1"), FREE, reason="good")
    cloud.version(group)
    found = registry.newest_approved(cloud, group)
    assert found is not None
    assert found.version == 1


def test_an_approved_version_is_not_deleted_and_a_number_is_never_given_twice(cloud: Cloud, group: str) -> None:
    version, _ = approval.approve(cloud, cloud.version(group), FREE, reason="good")
    with pytest.raises(RegistryError, match="is approved, so something may serve it; reject it first"):
        registry.delete(cloud, version)
    rejected, _ = approval.reject(cloud, version, reason="withdrawn")
    registry.delete(cloud, rejected)
    with pytest.raises(RegistryError, match="is gone already"):
        registry.delete(cloud, rejected)
    assert cloud.version(group).version == 2
