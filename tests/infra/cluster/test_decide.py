"""What is decided about a pool of nodes from its settings."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.instances import instance_facts
from infra.cluster.decide import efa_interfaces, gpu_plan, system_plan
from infra.cluster.settings import GpuPool, SystemPool
from tests.infra.recorded_components import ZONES

P5 = {"name": "train", "instanceType": "p5.48xlarge", "max": 4, "zones": ["us-east-1a"]}


def pool(**changes: Any) -> GpuPool:
    return GpuPool.model_validate(P5 | changes)


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
