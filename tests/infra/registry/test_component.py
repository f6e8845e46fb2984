"""The repositories of images: which images expire, and that none is overwritten."""

from __future__ import annotations

from catalog.types import ecr
from infra.registry.decide import image_lifecycle
from infra.registry.settings import RegistrySettings
from tests.support.stacks import recorded_stack


def test_images_without_a_tag_go_and_tagged_ones_are_counted() -> None:
    untagged, tagged = image_lifecycle(RegistrySettings(keep_images=5, untagged_days=3))["rules"]
    assert untagged["selection"]["countNumber"] == 3
    assert tagged["selection"]["countNumber"] == 5
    assert untagged["rulePriority"] < tagged["rulePriority"]


def test_images_are_never_overwritten() -> None:
    for view in recorded_stack("dev").of(ecr.REPOSITORY):
        assert view.props["imageTagMutability"] == "IMMUTABLE"
        assert view.props["imageScanningConfiguration"] == {"scanOnPush": True}
