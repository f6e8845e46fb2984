"""What a node boots: its image and its first configuration."""

from __future__ import annotations

import base64
import json

import pytest

from catalog.instances import instance_facts
from infra.cluster.user_data import ami_type, node_user_data


@pytest.mark.parametrize(
    ("instance_type", "image"),
    [
        ("m6i.large", "AL2023_x86_64_STANDARD"),
        ("m7g.large", "AL2023_ARM_64_STANDARD"),
        ("g6.xlarge", "AL2023_x86_64_NVIDIA"),
        ("trn1.32xlarge", "AL2023_x86_64_NEURON"),
    ],
)
def test_a_node_boots_the_image_for_its_hardware(instance_type: str, image: str) -> None:
    assert ami_type(instance_facts(instance_type)) == image


def test_nvme_disks_are_put_to_use_and_their_absence_needs_no_user_data() -> None:
    text = base64.b64decode(node_user_data(instance_facts("p5.48xlarge")) or "").decode()
    config = json.loads(text.split("\n\n")[2].partition("\n")[0])
    assert config["spec"]["instance"]["localStorage"]["strategy"] == "RAID0"
    assert node_user_data(instance_facts("m6i.large")) is None
