"""The settings of the Kubernetes cluster and its pools of nodes. Every default is written here, once, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from catalog import limits
from catalog.instances import Ec2Type, InstanceFacts, instance_facts
from catalog.limits import nodes
from catalog.services import CONTROL_PLANE_LOGS
from catalog.versions import EKS_DEFAULT
from infra.base.fields import Name, matching
from infra.base.section import Fault, Place, Section
from infra.network.decide import PRIVATE_RANGES

_VERSION: Final = re.compile(r"1\.\d{2}")
_ADDON_VERSION: Final = re.compile(r"v\d+\.\d+\.\d+-eksbuild\.\d+")
_PRINCIPAL_ARN: Final = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+")
_RESERVATION: Final = re.compile(r"cr-[0-9a-f]{8,17}")
_TAINT: Final = re.compile(
    r"(?P<key>[A-Za-z0-9][\w./-]*)(=(?P<value>[\w.-]*))?:(?P<effect>NoSchedule|PreferNoSchedule|NoExecute)"
)
_TAINT_EFFECTS: Final = {"NoSchedule": "NO_SCHEDULE", "PreferNoSchedule": "PREFER_NO_SCHEDULE", "NoExecute": "NO_EXECUTE"}


AddonVersion = Annotated[
    str, matching(_ADDON_VERSION, "pins no add-on; write it whole, like v1.21.1-eksbuild.3 (`aws eks describe-addon-versions`)")
]
PrincipalArn = Annotated[
    str, matching(_PRINCIPAL_ARN, "is no IAM role's or user's arn; write one like arn:aws:iam::123456789012:role/platform-admin")
]
TaintText = Annotated[
    str, matching(_TAINT, "is no taint; write key=value:effect, where the effect is NoSchedule, PreferNoSchedule or NoExecute")
]
ReservationId = Annotated[str, matching(_RESERVATION, "is no capacity reservation; write its id, cr-...")]


def _log_type(name: str) -> str:
    if name not in CONTROL_PLANE_LOGS:
        raise ValueError(f"is no control-plane log; there are {', '.join(CONTROL_PLANE_LOGS)}")
    return name


def _private_range(cidr: str) -> str:
    try:
        private = any(IPv4Network(cidr).subnet_of(range_) for range_ in PRIVATE_RANGES)
    except ValueError as error:
        raise ValueError(f"is no IPv4 range ({error}); write one like 10.0.0.0/16") from None
    if not private:
        raise ValueError("is public address space, which never comes in by the private address; use publicAccessCidrs")
    return cidr


class CapacityType(StrEnum):
    """How a pool's machines are bought. Not whether they are reserved: `reservationId` says which reservation they come from."""

    ON_DEMAND = "ON_DEMAND"
    SPOT = "SPOT"
    CAPACITY_BLOCK = "CAPACITY_BLOCK"


_MOST: Final = (
    f"Most nodes: what the pool can cost at worst. EKS takes {limits.NODES_A_GROUP}; "
    f"of a GPU pool, the rule gpu-pool-has-a-maximum takes {limits.GUARDED_GPU_NODES}."
)


class PoolSettings(Section):
    """What every pool of nodes has: its size and its disk."""

    min: int = Field(default=0, ge=0, description="Fewest nodes.")
    desired: int = Field(default=0, ge=0, description="Nodes to start with; an autoscaler owns the number afterwards.")
    max: int = Field(default=1, ge=1, le=limits.NODES_A_GROUP, description=_MOST)
    disk_gb: int = Field(default=100, ge=20, le=16384, description="Root volume of a node, gp3, in GiB.")
    metadata_hop_limit: int = Field(
        default=1,
        ge=1,
        le=2,
        description="IMDSv2 hops: 1 keeps pods away from the node's credentials; 2 where a pod must have them.",
    )

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        if not self.min <= self.desired <= self.max:
            yield Fault(
                f"{path}.desired",
                self.desired,
                f"must lie between min {self.min} and max {self.max}; set it to {min(max(self.desired, self.min), self.max)}"
                if self.min <= self.max
                else f"no number lies between min {self.min} and max {self.max}; raise max to {self.min} or more",
            )


class SystemPool(PoolSettings):
    """The nodes that cluster services run on. Never GPU nodes, never zero: add-ons and autoscalers live here."""

    min: int = Field(default=2, ge=1, description="Fewest nodes.")
    desired: int = Field(default=2, ge=1, description="Nodes to start with; an autoscaler owns the number afterwards.")
    max: int = Field(default=4, ge=1, le=limits.NODES_A_GROUP, description=_MOST)
    instance_type: Ec2Type = Field(
        default="m6i.large", description="EC2 type; 2 CPUs and 8 GiB hold the add-ons and their agents."
    )


class GpuPool(PoolSettings):
    """A node group of accelerators, tainted so that nothing else lands on it."""

    name: Name = Field(description="The pool's name, one of its own in the cluster.")
    instance_type: Ec2Type = Field(description="EC2 type with an accelerator.")
    more_instance_types: tuple[Ec2Type, ...] = Field(
        default=(),
        description="Types that will do as well, for spot above all: one type alone runs out. Put the dearest into "
        "`instanceType`, which is the one that is priced.",
    )
    capacity_type: CapacityType = Field(default=CapacityType.ON_DEMAND, description="`ON_DEMAND`, `SPOT` or `CAPACITY_BLOCK`.")
    zones: tuple[str, ...] = Field(default=(), description="Zones to use, by full name; empty means all of the network's.")
    efa: bool = Field(
        default=False, description="Elastic Fabric Adapter on every network card, for jobs across nodes. One zone only."
    )
    reservation_id: ReservationId | None = Field(
        default=None, description="A capacity reservation or capacity block (`cr-...`) that the nodes must come from."
    )
    placement_group: bool = Field(
        default=False,
        description="A cluster placement group of its own: nodes close together. Not with a reservation, which has its place.",
    )
    taints: tuple[TaintText, ...] = Field(default=(), description="Taints, key=value:effect; empty means the accelerator's own.")
    labels: dict[str, str] = Field(default={}, description="Kubernetes labels besides the accelerator's own.")

    @property
    def may_be_empty(self) -> bool:
        """Whether the pool may have no nodes and then costs nothing: working hours empty such a pool."""
        return self.min == 0 and not self.reservation_id and self.capacity_type is not CapacityType.CAPACITY_BLOCK

    @property
    def accelerator_resource(self) -> str:
        """The Kubernetes resource that pods ask for: `nvidia.com/gpu`, or `aws.amazon.com/neuron` for Neuron."""
        return _accelerator_resource(self.instance_type)

    @property
    def node_taints(self) -> tuple[dict[str, str], ...]:
        """The taints as EKS takes them: `{"key", "value", "effect"}`, effects as NO_SCHEDULE."""
        texts = self.taints or (f"{self.accelerator_resource}=present:NoSchedule",)
        matches = [match for text in texts if (match := _TAINT.fullmatch(text))]
        return tuple(
            {"key": match["key"], "value": match["value"] or "", "effect": _TAINT_EFFECTS[match["effect"]]} for match in matches
        )

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        yield from PoolSettings.faults(self, path, place)
        facts = instance_facts(self.instance_type)
        if facts.accelerators == 0:
            yield Fault(
                f"{path}.instanceType", self.instance_type, "has no accelerator; take one such as g6.xlarge or p5.48xlarge"
            )
        if facts.undriven:
            yield Fault(
                f"{path}.instanceType", self.instance_type, f"{facts.undriven}; take one such as g6.xlarge or p5.48xlarge"
            )
        if self.efa and facts.efa_interfaces == 0:
            yield Fault(
                f"{path}.efa", True, f"{self.instance_type} has no EFA; take a type that has, such as g6.12xlarge, or drop efa"
            )
        yield from self._faults_of_more_types(path, facts)
        for number, zone in enumerate(self.zones):
            if place.zone_names and zone not in place.zone_names:
                yield Fault(
                    f"{path}.zones[{number}]", zone, f"is no zone of {place.region}; it has {', '.join(place.zone_names)}"
                )
        for field, wanted in (
            ("efa", self.efa),
            ("placementGroup", self.placement_group),
            ("reservationId", self.reservation_id),
        ):
            if wanted and len(self.zones) != 1:
                yield Fault(
                    f"{path}.zones",
                    list(self.zones),
                    f"{field} ties the pool to one zone; name exactly one, or make one pool a zone",
                )
                break
        if self.reservation_id and self.placement_group:
            yield Fault(
                f"{path}.placementGroup",
                True,
                "clashes with reservationId: a reservation has its own placement; drop one of the two",
            )
        if self.capacity_type is CapacityType.CAPACITY_BLOCK and not self.reservation_id:
            yield Fault(
                f"{path}.capacityType", "CAPACITY_BLOCK", "needs the block's reservationId (cr-...); add it, or use ON_DEMAND"
            )
        if self.capacity_type is CapacityType.SPOT and self.reservation_id:
            yield Fault(
                f"{path}.capacityType",
                "SPOT",
                "spot machines cannot come from a reservation; use ON_DEMAND, or drop reservationId",
            )
        full = place.naming.name(self.name)
        if len(full) > limits.EKS_NODE_GROUP_NAME:
            yield Fault(
                f"{path}.name",
                self.name,
                f"makes {full}, {len(full)} characters where EKS takes {limits.EKS_NODE_GROUP_NAME}; shorten it",
            )

    def _faults_of_more_types(self, path: str, facts: InstanceFacts) -> Iterator[Fault]:
        """The types of one pool must share the image, the user data and the resources that pods ask for."""
        where = f"{path}.moreInstanceTypes"
        if self.more_instance_types and (self.efa or self.reservation_id):
            tied = "efa" if self.efa else "reservationId"
            yield Fault(where, list(self.more_instance_types), f"clashes with {tied}, which is for one type; drop one of the two")
        for number, name in enumerate(self.more_instance_types):
            other, resource = instance_facts(name), _accelerator_resource(name)
            if name == self.instance_type or name in self.more_instance_types[:number]:
                why = "is there already; drop it"
            elif other.undriven:
                why = f"{other.undriven}; take another type"
            elif other.accelerators != facts.accelerators:
                why = (
                    f"has {other.accelerators} accelerators where {facts.type} has {facts.accelerators}; take a type with as many"
                )
            elif other.architecture != facts.architecture:
                why = (
                    f"is {other.architecture} and {facts.type} is {facts.architecture}: the image is one; make a pool of its own"
                )
            elif resource != self.accelerator_resource:
                why = f"has {resource} where pods of this pool ask for {self.accelerator_resource}; make a pool of its own"
            elif other.nvme != facts.nvme:
                why = f"differs from {facts.type} in local NVMe disks, which nodes boot from; make a pool of its own"
            else:
                continue
            yield Fault(f"{where}[{number}]", name, why)


def _accelerator_resource(instance_type: str) -> str:
    return "aws.amazon.com/neuron" if instance_facts(instance_type).maker == "AWS" else "nvidia.com/gpu"


class AddonVersions(Section):
    """The cluster's add-ons, pinned: an upgrade is a diff that somebody reads."""

    vpc_cni: AddonVersion = Field(default="v1.21.1-eksbuild.3", description="Pod networking.")
    coredns: AddonVersion = Field(default="v1.13.2-eksbuild.1", description="Cluster DNS.")
    kube_proxy: AddonVersion = Field(default="v1.35.0-eksbuild.2", description="Service networking.")
    eks_pod_identity_agent: AddonVersion = Field(default="v1.3.10-eksbuild.3", description="IAM roles for pods.")
    aws_ebs_csi_driver: AddonVersion = Field(default="v1.57.1-eksbuild.1", description="EBS volumes for pods.")


class ClusterSettings(Section):
    """The EKS cluster. Its API has a private address: people come through a peered network or a VPN (`privateAccessCidrs`), or as
    operators through a node: `aws ssm start-session --target NODE --document-name AWS-StartPortForwardingSessionToRemoteHost
    --parameters host=API,portNumber=443,localPortNumber=8443`. NVIDIA's or Neuron's device plug-in is for you to install.
    """

    version: Annotated[str, matching(_VERSION, "is no Kubernetes version; write one like 1.35, in quotes")] = Field(
        default=EKS_DEFAULT.version,
        description=f"Kubernetes version. {EKS_DEFAULT.version} has AWS's standard support to {EKS_DEFAULT.standard_until}.",
    )
    log_types: tuple[Annotated[str, AfterValidator(_log_type)], ...] = Field(
        default=CONTROL_PLANE_LOGS, description="Control-plane logs to keep; all of them unless told."
    )
    public_access_cidrs: tuple[str, ...] = Field(
        default=(), description="Ranges that may reach the API server from outside. Empty: it has a private address only."
    )
    private_access_cidrs: tuple[Annotated[str, AfterValidator(_private_range)], ...] = Field(
        default=(), description="Private ranges beyond the VPC's own (a VPN's, a peer's) that may reach the API server."
    )
    admin_principal_arns: tuple[PrincipalArn, ...] = Field(
        default=(), description="IAM roles that administer the cluster, besides the platform's own."
    )
    oidc_provider: bool = Field(
        default=False, description="An IAM OpenID Connect provider for the cluster, for charts that cannot use Pod Identity yet."
    )
    addons: AddonVersions = Field(default=AddonVersions(), description="Pinned add-on versions.")
    system_pool: SystemPool = Field(default=SystemPool(), description="Nodes for cluster services.")
    gpu_pools: tuple[GpuPool, ...] = Field(
        default=(GpuPool(name="gpu", instance_type="g6.xlarge"),), description="Pools of accelerators; zero nodes cost nothing."
    )

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        if self.version not in nodes.known_versions():
            known = ", ".join(nodes.known_versions())
            yield Fault(f"{path}.version", self.version, f"{nodes.UNKNOWN_VERSION}: EKS has {known}; take one of them")
        yield from self.system_pool.faults(f"{path}.systemPool", place)
        if not self.addons.kube_proxy.startswith(f"v{self.version}."):
            yield Fault(
                f"{path}.addons.kubeProxy",
                self.addons.kube_proxy,
                f"does not fit version {self.version}; pin a v{self.version}.x build",
            )
        for number, cidr in enumerate(self.public_access_cidrs):
            if cidr in ("0.0.0.0/0", "::/0"):
                yield Fault(
                    f"{path}.publicAccessCidrs[{number}]",
                    cidr,
                    "opens the API server to the world; name your own ranges, or leave it empty",
                )
        short = [arn.rpartition("/")[2] for arn in self.admin_principal_arns]
        for number, name in enumerate(short):
            if name in short[:number]:
                yield Fault(
                    f"{path}.adminPrincipalArns[{number}]",
                    self.admin_principal_arns[number],
                    f"ends in {name} like another one, and entries are named by their last part; take one of the two",
                )
        seen: set[str] = {"system"}
        for number, pool in enumerate(self.gpu_pools):
            where = f"{path}.gpuPools[{number}]"
            yield from pool.faults(where, place)
            if pool.name in seen:
                yield Fault(f"{where}.name", pool.name, "is taken by another pool; give each its own name")
            seen.add(pool.name)
