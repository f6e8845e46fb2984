"""What a pool of nodes is, decided from its settings: plain data that `node_pool.py` declares. Imports no Pulumi."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from catalog.instances import InstanceFacts, instance_facts
from infra.base.naming import Naming
from infra.cluster.settings import CapacityType, GpuPool, PoolSettings, SystemPool
from infra.cluster.user_data import ami_type, node_user_data

POOL_LABEL: Final = "slipway/pool"
# EKS takes names of 63 characters, and the provider adds 26 to a prefix.
NAME_PREFIX_LIMIT: Final = 36
EFA_LABEL: Final = "vpc.amazonaws.com/efa.present"
# Types whose cards beyond the first take an interface for EFA alone, without an address: a p5.48xlarge would use 32 addresses.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html
EFA_ONLY_FAMILIES: Final = ("p5", "p6", "trn2")


@dataclass(frozen=True, kw_only=True, slots=True)
class Interface:
    """One network interface of a launch template."""

    card: int
    device: int
    type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolPlan:
    """One managed node group. `subnet_zones` are zone names; `reservation_id` and `placement_group` are never both set."""

    name: str
    instance_types: tuple[str, ...]
    ami_type: str
    capacity_type: str
    min: int
    desired: int
    max: int
    disk_gb: int
    hop_limit: int
    subnet_zones: tuple[str, ...]
    labels: Mapping[str, str]
    taints: tuple[Mapping[str, str], ...]
    interfaces: tuple[Interface, ...]
    reservation_id: str | None
    capacity_block: bool
    placement_group: bool
    user_data: str | None
    may_be_empty: bool

    @property
    def efa(self) -> bool:
        """Whether the pool's interfaces are EFA's, which then need a group that refers to itself."""
        return bool(self.interfaces)


def node_group_prefix(naming: Naming, pool: str) -> str:
    """The prefix of a node group's name. A replacement is made before the old group goes, so the name cannot be fixed."""
    return f"{naming.short(pool, limit=NAME_PREFIX_LIMIT)}-"


def system_plan(pool: SystemPool, zones: Sequence[str]) -> PoolPlan:
    """The pool of cluster services, over all `zones`."""
    return _plan("system", pool, instance_facts(pool.instance_type), zones)


def gpu_plan(pool: GpuPool, zones: Sequence[str]) -> PoolPlan:
    """A pool of accelerators over the zones it names, or all of the network's `zones`.

    Raises ValueError for a zone that the network has no subnet in.
    """
    missing = [zone for zone in pool.zones if zone not in zones]
    if missing:
        raise ValueError(
            f"GPU pool {pool.name!r} names zone {missing[0]}, where the network has no subnet; it has {', '.join(zones)}: "
            "name one of these in gpuPools[].zones, or that zone in network.zoneNames"
        )
    facts = instance_facts(pool.instance_type)
    neuron = pool.accelerator_resource != "nvidia.com/gpu"
    labels = {
        **({} if neuron else {"nvidia.com/gpu.present": "true"}),
        **({EFA_LABEL: "true"} if pool.efa else {}),
        **pool.labels,
    }
    return _plan(
        pool.name,
        pool,
        facts,
        pool.zones or zones,
        capacity_type=pool.capacity_type,
        labels=labels,
        taints=pool.node_taints,
        more_types=pool.more_instance_types,
        interfaces=efa_interfaces(facts) if pool.efa else (),
        reservation_id=pool.reservation_id,
        placement_group=pool.placement_group and not pool.reservation_id,
        may_be_empty=pool.may_be_empty,
    )


def efa_interfaces(facts: InstanceFacts) -> tuple[Interface, ...]:
    """One EFA interface for each network card. Only the first card has a device 0; the devices of the other cards start at 1."""
    others = "efa-only" if facts.type.startswith(EFA_ONLY_FAMILIES) else "efa"
    return tuple(
        Interface(card=card, device=1 if card else 0, type=others if card else "efa") for card in range(facts.efa_interfaces)
    )


def _plan(
    name: str,
    pool: PoolSettings,
    facts: InstanceFacts,
    zones: Sequence[str],
    *,
    capacity_type: CapacityType = CapacityType.ON_DEMAND,
    labels: Mapping[str, str] | None = None,
    taints: tuple[Mapping[str, str], ...] = (),
    more_types: tuple[str, ...] = (),
    interfaces: tuple[Interface, ...] = (),
    reservation_id: str | None = None,
    placement_group: bool = False,
    may_be_empty: bool = False,
) -> PoolPlan:
    return PoolPlan(
        name=name,
        instance_types=(facts.type, *more_types),
        ami_type=ami_type(facts),
        capacity_type=capacity_type.value,
        min=pool.min,
        desired=pool.desired,
        max=pool.max,
        disk_gb=pool.disk_gb,
        hop_limit=pool.metadata_hop_limit,
        subnet_zones=tuple(zones),
        labels={POOL_LABEL: name, **(labels or {})},
        taints=taints,
        interfaces=interfaces,
        reservation_id=reservation_id,
        capacity_block=capacity_type is CapacityType.CAPACITY_BLOCK,
        placement_group=placement_group,
        user_data=node_user_data(facts),
        may_be_empty=may_be_empty,
    )
