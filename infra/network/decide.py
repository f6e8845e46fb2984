"""Where each subnet lies: plain CIDR arithmetic, no Pulumi.

A VPC's range is cut in quarters: two for private (nodes and their pods take an address each), one for public, one for isolated.
Each tier always has room for four zones, so that going from two zones to three moves no subnet: moving one replaces all in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, collapse_addresses
from itertools import combinations
from typing import Final

from catalog.limits import RESERVED_ADDRESSES

# https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html: a VPC or subnet is /16 to /28.
LARGEST_PREFIX: Final = 16
SMALLEST_PREFIX: Final = 28
ZONE_SLOTS: Final = 4
MIN_ZONES: Final = 2

# https://www.rfc-editor.org/rfc/rfc1918 and rfc6598; AWS takes others, but they hide parts of the internet from the VPC.
PRIVATE_RANGES: Final = tuple(IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
# Docker's bridge on every host of SageMaker and EKS: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
DOCKER_BRIDGE: Final = IPv4Network("172.17.0.0/16")


class Tier(StrEnum):
    """Public subnets reach the internet directly, private ones through NAT, isolated ones not at all."""

    PUBLIC = "public"
    PRIVATE = "private"
    ISOLATED = "isolated"


@dataclass(frozen=True, kw_only=True, slots=True)
class SubnetSpec:
    """One subnet to make: `zone` is a zone name (`us-east-1a`), `index` its place among the zones from 0."""

    tier: Tier
    zone: str
    index: int
    cidr: str

    @property
    def addresses(self) -> int:
        """How many addresses are left for us."""
        return IPv4Network(self.cidr).num_addresses - RESERVED_ADDRESSES


def smallest_vpc_prefix() -> int:
    """The longest VPC prefix whose public and isolated subnets (a quarter, in four slots) are still subnets for AWS."""
    return SMALLEST_PREFIX - 4


def layout(cidr: str, zones: Sequence[str]) -> tuple[SubnetSpec, ...]:
    """The subnets of a VPC with range `cidr` in `zones`, by tier and then by zone.

    Raises ValueError, naming the way out, when the range is no network, too large or too small, or the zones are too few or many.
    """
    fault = cidr_fault(cidr)
    if fault:
        raise ValueError(f"cidr {cidr!r} {fault}")
    if not MIN_ZONES <= len(zones) <= ZONE_SLOTS:
        raise ValueError(f"{len(zones)} zones: a VPC here has {MIN_ZONES} to {ZONE_SLOTS}; give that many")
    low, high = IPv4Network(cidr).subnets(prefixlen_diff=1)
    public, isolated = high.subnets(prefixlen_diff=1)
    ranges = {Tier.PUBLIC: public, Tier.PRIVATE: low, Tier.ISOLATED: isolated}
    return tuple(
        SubnetSpec(tier=tier, zone=zone, index=index, cidr=str(block))
        for tier, network in ranges.items()
        for index, (zone, block) in enumerate(zip(zones, network.subnets(prefixlen_diff=2), strict=False))
    )


def cidr_fault(cidr: str) -> str | None:
    """What is wrong with a VPC's range and the way out, or None."""
    try:
        network = IPv4Network(cidr)
    except ValueError as error:
        return f"is no IPv4 network ({error}); write one like 10.20.0.0/16"
    if not any(network.subnet_of(range_) for range_ in PRIVATE_RANGES):
        return "is public address space; take one in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10"
    if network.overlaps(DOCKER_BRIDGE):
        return f"overlaps {DOCKER_BRIDGE}, which Docker uses on every host; take another range"
    if network.prefixlen < LARGEST_PREFIX:
        return f"is larger than AWS lets a VPC be; take a /{LARGEST_PREFIX} or smaller"
    if network.prefixlen > smallest_vpc_prefix():
        return (
            f"is too small for its zones: three tiers with room for {ZONE_SLOTS} zones need /{smallest_vpc_prefix()} or larger, "
            f"because AWS makes no subnet smaller than /{SMALLEST_PREFIX}; take /20 or /16"
        )
    return None


def overlaps(cidrs: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs among `cidrs` that share an address. Entries that are no network are left out."""
    networks: list[tuple[str, IPv4Network]] = []
    for cidr in cidrs:
        try:
            networks.append((cidr, IPv4Network(cidr)))
        except ValueError:
            continue
    return [(a, b) for (a, left), (b, right) in combinations(networks, 2) if left.overlaps(right)]


def covers(cidr: str, parts: Sequence[str]) -> bool:
    """Whether `parts` together are exactly `cidr`."""
    return list(collapse_addresses(IPv4Network(part) for part in parts)) == [IPv4Network(cidr)]
