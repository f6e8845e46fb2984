"""Pools of nodes: what is decided, and what is declared from it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from catalog.instances import instance_facts
from catalog.types import ec2, eks, vpc
from catalog.types.card import Card
from infra.cluster.decide import efa_interfaces, gpu_plan, system_plan
from infra.cluster.settings import GpuPool, SystemPool
from infra.cluster.user_data import ami_type, node_user_data
from tests.infra.compute_fixtures import PLACE, ZONES, only, recorded_cluster
from tests.support.recorder import Recording
from tests.support.values import read
from tools.plan.view import ResourceView

P5 = {"name": "train", "instanceType": "p5.48xlarge", "max": 4, "zones": ["us-east-1a"]}


def pool(**changes: Any) -> GpuPool:
    return GpuPool.model_validate(P5 | changes)


def named(recording: Recording, card: Card, part: str) -> ResourceView:
    (found,) = [view for view in recording.of(card) if view.name.endswith(f"-{part}")]
    return found


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


def test_every_network_card_gets_one_efa_interface_and_only_the_first_is_device_zero() -> None:
    interfaces = efa_interfaces(instance_facts("p5.48xlarge"))
    assert [interface.card for interface in interfaces] == list(range(32))
    assert [interface.device for interface in interfaces] == [0] + [1] * 31
    assert {interface.type for interface in interfaces[1:]} == {"efa-only"}, "or each node takes 32 addresses"
    assert {interface.type for interface in efa_interfaces(instance_facts("p4d.24xlarge"))} == {"efa"}


def test_a_pool_lies_in_its_own_zones_or_in_all() -> None:
    assert gpu_plan(pool(), ZONES).subnet_zones == ("us-east-1a",)
    assert gpu_plan(pool(zones=[]), ZONES).subnet_zones == ZONES
    with pytest.raises(ValueError, match="us-east-1f, where the network has no subnet"):
        gpu_plan(pool(zones=["us-east-1f"]), ZONES)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"efa": True},
        {"placementGroup": True},
        {"reservationId": "cr-0123456789abcdef0"},
        {"efa": True, "reservationId": "cr-012345678"},
    ],
)
def test_placement_group_and_reservation_are_never_both_set(changes: dict[str, Any]) -> None:
    plan = gpu_plan(pool(**changes), ZONES)
    assert not (plan.placement_group and plan.reservation_id)
    assert not gpu_plan(pool(placementGroup=True, reservationId="cr-0123456789abcdef0"), ZONES).placement_group


def test_the_system_pool_is_never_empty_tainted_or_accelerated() -> None:
    plan = system_plan(SystemPool(), ZONES)
    assert (plan.min, plan.taints, plan.efa, plan.ami_type) == (2, (), False, "AL2023_x86_64_STANDARD")


def test_nodes_ask_for_session_tokens_and_keep_pods_from_their_credentials() -> None:
    recording = recorded_cluster(gpuPools=[P5])
    for template in recording.of(ec2.LAUNCH_TEMPLATE):
        assert read(template, "metadataOptions") == {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": 1,
        }
    allowed = recorded_cluster(gpuPools=[P5 | {"metadataHopLimit": 2}])
    assert read(named(allowed, ec2.LAUNCH_TEMPLATE, "train"), "metadataOptions.httpPutResponseHopLimit") == 2


def test_root_volumes_are_gp3_under_our_own_key() -> None:
    for template in recorded_cluster(gpuPools=[P5 | {"diskGb": 300}]).of(ec2.LAUNCH_TEMPLATE):
        disk = read(template, "blockDeviceMappings.0.ebs")
        assert (disk["encrypted"], disk["volumeType"]) == ("true", "gp3")
        assert disk["kmsKeyId"].startswith("arn:aws:kms:")


def test_a_gpu_group_is_labelled_tainted_bounded_and_left_to_its_autoscaler() -> None:
    recording = recorded_cluster(gpuPools=[P5 | {"min": 1, "desired": 2}])
    group = named(recording, eks.NODE_GROUP, "train")
    assert read(group, "scalingConfig") == {"minSize": 1, "desiredSize": 2, "maxSize": 4}
    assert read(group, "taints") == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]
    assert read(group, "labels") == {"slipway/pool": "train", "nvidia.com/gpu.present": "true"}
    assert read(group, "subnetIds") == ["subnet-a"]
    assert read(group, "instanceTypes") == ["p5.48xlarge"]
    assert recording.options[group.urn]["ignoreChanges"] == ["scalingConfig.desiredSize"]


def test_an_efa_pool_has_interfaces_in_place_of_template_groups() -> None:
    template = named(recorded_cluster(gpuPools=[P5 | {"efa": True}]), ec2.LAUNCH_TEMPLATE, "train")
    assert read(template, "vpcSecurityGroupIds") is None
    interfaces = read(template, "networkInterfaces")
    assert len(interfaces) == 32
    assert all(len(interface["securityGroups"]) == 2 for interface in interfaces), "the nodes' group and EFA's"


def test_efas_group_refers_to_itself_both_ways_and_exists_only_with_efa() -> None:
    with_efa = recorded_cluster(gpuPools=[P5 | {"efa": True}])
    for card, name in (
        (vpc.SECURITY_GROUP_INGRESS_RULE, "efa-from-self"),
        (vpc.SECURITY_GROUP_EGRESS_RULE, "efa-to-self"),
    ):
        rule = named(with_efa, card, name)
        assert read(rule, "ipProtocol") == "-1"
        assert read(rule, "referencedSecurityGroupId") == read(rule, "securityGroupId")
    assert not [view for view in recorded_cluster(gpuPools=[P5]) if "efa" in view.name]


def test_a_placement_group_is_declared_and_used_only_where_asked_for() -> None:
    placed = recorded_cluster(gpuPools=[P5 | {"placementGroup": True}])
    assert read(only(placed, ec2.PLACEMENT_GROUP), "strategy") == "cluster"
    assert read(named(placed, ec2.LAUNCH_TEMPLATE, "train"), "placement") == {"groupName": "slipway-dev-train"}
    assert not recorded_cluster(gpuPools=[P5]).of(ec2.PLACEMENT_GROUP)


def test_a_capacity_block_is_a_reservation_with_its_own_market() -> None:
    block = recorded_cluster(gpuPools=[P5 | {"capacityType": "CAPACITY_BLOCK", "reservationId": "cr-0123456789abcdef0"}])
    template, group = named(block, ec2.LAUNCH_TEMPLATE, "train"), named(block, eks.NODE_GROUP, "train")
    assert read(template, "instanceMarketOptions") == {"marketType": "capacity-block"}
    target = read(template, "capacityReservationSpecification.capacityReservationTarget")
    assert target == {"capacityReservationId": "cr-0123456789abcdef0"}
    assert read(group, "capacityType") == "CAPACITY_BLOCK"
    assert read(group, "updateConfig") == {"maxUnavailable": 1, "updateStrategy": "MINIMAL"}, "a block has no room for a surge"


def test_a_spot_pool_may_take_the_next_type_when_one_is_gone() -> None:
    spot = {"name": "gpu", "instanceType": "g5.xlarge", "moreInstanceTypes": ["g6.xlarge"], "capacityType": "SPOT"}
    group = named(recorded_cluster(gpuPools=[spot]), eks.NODE_GROUP, "gpu")
    assert read(group, "instanceTypes") == ["g5.xlarge", "g6.xlarge"], "the first is the one that is priced"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"moreInstanceTypes": ["m6i.large"]}, "has 0 accelerators where g6.xlarge has 1"),
        ({"moreInstanceTypes": ["g5g.xlarge"]}, "arm64"),
        ({"moreInstanceTypes": ["g6.xlarge"]}, "there already"),
        ({"instanceType": "g6.12xlarge", "moreInstanceTypes": ["g5.12xlarge"], "efa": True, "zones": ["us-east-1a"]}, "efa"),
        ({"moreInstanceTypes": ["inf2.xlarge"]}, "nvidia.com/gpu"),
        ({"moreInstanceTypes": ["g4ad.xlarge"]}, "has Radeon Pro V520 of AMD"),
        ({"instanceType": "g4ad.xlarge"}, "has Radeon Pro V520 of AMD, which the images for NVIDIA and for Neuron cannot use"),
        ({"instanceType": "dl2q.24xlarge"}, "has Qualcomm AI100 of Qualcomm"),
    ],
)
def test_types_of_one_pool_are_alike_to_pods(changes: dict[str, Any], says: str) -> None:
    faults = list(GpuPool.model_validate({"name": "gpu", "instanceType": "g6.xlarge"} | changes).faults("pool", PLACE))
    assert any(says in str(fault) for fault in faults), faults
