"""Pools of nodes: what is decided, and what is declared from it."""

from __future__ import annotations

from catalog.types import ec2, eks, vpc
from catalog.types.card import Card
from tests.infra.recorded_components import only, recorded_cluster
from tests.support.recorder import Recording
from tests.support.values import read
from tools.plan.view import ResourceView

P5 = {"name": "train", "instanceType": "p5.48xlarge", "max": 4, "zones": ["us-east-1a"]}


def named(recording: Recording, card: Card, part: str) -> ResourceView:
    (found,) = [view for view in recording.of(card) if view.name.endswith(f"-{part}")]
    return found


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
