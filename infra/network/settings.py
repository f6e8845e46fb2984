"""The settings of the VPC."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from infra.base.fields import LogDays
from infra.base.section import Fault, Place, Section
from infra.network.decide import MIN_ZONES, ZONE_SLOTS, cidr_fault, overlaps

# https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html: those such a platform calls.
INTERFACE_SERVICES: Final = frozenset(
    {
        "autoscaling", "bedrock-runtime", "ec2", "ec2messages", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticloadbalancing",
        "events", "kms", "lambda", "logs", "monitoring", "s3", "sagemaker.api", "sagemaker.runtime", "secretsmanager", "sns",
        "sqs", "ssm", "ssmmessages", "sts", "xray",
    }
)  # fmt: skip
# Without NAT, a private node can pull, join and log only through these, pods read secrets, and operators come in (ssm).
# https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html; S3 has its gateway endpoint in any case.
ENDPOINTS_WITHOUT_NAT: Final = (
    "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "kms", "logs", "sagemaker.api", "secretsmanager", "ssm", "ssmmessages", "sts",
)  # fmt: skip


def _cidr(cidr: str) -> str:
    if fault := cidr_fault(cidr):
        raise ValueError(fault)
    return cidr


def _service(name: str) -> str:
    if name not in INTERFACE_SERVICES:
        raise ValueError(f"is no interface endpoint known here; known: {', '.join(sorted(INTERFACE_SERVICES))}")
    return name


class Nat(StrEnum):
    """How private subnets reach the internet: not at all, through one gateway, or through one in each zone."""

    NONE = "none"
    SINGLE = "single"
    PER_ZONE = "per-zone"


class NetworkSettings(Section):
    """The VPC."""

    cidr: Annotated[str, AfterValidator(_cidr)] = Field(description="The VPC's IPv4 range; all subnets are cut from it.")
    zones: int = Field(default=2, ge=MIN_ZONES, le=ZONE_SLOTS, description="How many availability zones to use, 2 to 4.")
    zone_names: tuple[str, ...] = Field(default=(), description="Which zones, by name, where the first `zones` will not do.")
    nat: Nat = Field(default=Nat.SINGLE, description="NAT gateways: `none`, `single` (one for all zones) or `per-zone`.")
    interface_endpoints: tuple[Annotated[str, AfterValidator(_service)], ...] = Field(
        default=("ecr.api", "ecr.dkr", "kms", "logs", "sagemaker.api", "sagemaker.runtime", "sts"),
        description="AWS services reached inside the VPC, by endpoint name; each costs by the hour and zone.",
    )
    peer_cidrs: tuple[str, ...] = Field(
        default=(), description="Ranges this VPC is or will be connected to; none may overlap its own."
    )
    flow_log_retention_days: LogDays = Field(default=365, description="How long VPC flow logs are kept.")

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        for left, right in overlaps((self.cidr, *self.peer_cidrs)):
            if self.cidr in (left, right):
                other = right if left == self.cidr else left
                yield Fault(
                    f"{path}.cidr", self.cidr, f"overlaps peer range {other}; connected networks need ranges of their own"
                )
        known = place.zone_names
        if known and self.zones > len(known):
            yield Fault(
                f"{path}.zones",
                self.zones,
                f"{place.region} has {len(known)} zones ({', '.join(known)}); use {len(known)} or fewer",
            )
        for number, name in enumerate(self.zone_names):
            if known and name not in known:
                yield Fault(f"{path}.zoneNames[{number}]", name, f"is no zone of {place.region}; it has {', '.join(known)}")
        if self.zone_names and len(set(self.zone_names)) != self.zones:
            yield Fault(
                f"{path}.zoneNames",
                list(self.zone_names),
                f"must name `zones` different zones; name {self.zones}, or leave it out",
            )
        missing = [name for name in ENDPOINTS_WITHOUT_NAT if name not in self.interface_endpoints]
        if self.nat is Nat.NONE and missing:
            yield Fault(
                f"{path}.nat",
                self.nat.value,
                f"without NAT nodes and jobs also need interfaceEndpoints {', '.join(missing)}; add them, or use nat: single",
            )
