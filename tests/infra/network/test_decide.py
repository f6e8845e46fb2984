from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.network.decide import (
    LARGEST_PREFIX,
    SMALLEST_PREFIX,
    Tier,
    cidr_fault,
    covers,
    layout,
    overlaps,
    smallest_vpc_prefix,
)

# The arithmetic is the same for every start of a range: 40 examples meet each of the nine sizes.
few = settings(max_examples=40)
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d")


@st.composite
def vpc_ranges(draw: st.DrawFn) -> str:
    prefix = draw(st.integers(LARGEST_PREFIX, smallest_vpc_prefix()))
    start = int(IPv4Network("10.0.0.0/8").network_address)
    step = draw(st.integers(0, 2 ** (prefix - 8) - 1))
    return str(IPv4Network((start + step * 2 ** (32 - prefix), prefix)))


@few
@given(cidr=vpc_ranges(), zones=st.integers(2, 4))
def test_subnets_lie_inside_the_vpc_and_never_overlap(cidr: str, zones: int) -> None:
    specs = layout(cidr, ZONES[:zones])
    networks = [IPv4Network(spec.cidr) for spec in specs]
    assert all(network.subnet_of(IPv4Network(cidr)) for network in networks)
    assert not any(left.overlaps(right) for left, right in combinations(networks, 2))
    assert all(network.prefixlen <= SMALLEST_PREFIX for network in networks), "AWS refuses a subnet that small"


@few
@given(cidr=vpc_ranges(), zones=st.integers(2, 4))
def test_every_tier_has_one_subnet_in_every_zone(cidr: str, zones: int) -> None:
    specs = layout(cidr, ZONES[:zones])
    assert [(spec.tier, spec.zone) for spec in specs] == [(tier, zone) for tier in Tier for zone in ZONES[:zones]]


@few
@given(cidr=vpc_ranges(), zones=st.integers(2, 3))
def test_one_zone_more_moves_no_subnet(cidr: str, zones: int) -> None:
    before, after = layout(cidr, ZONES[:zones]), layout(cidr, ZONES[: zones + 1])
    assert set(before) < set(after), "a moved subnet is a replaced one, and so is everything in it"


@few
@given(cidr=vpc_ranges())
def test_four_zones_use_the_whole_range(cidr: str) -> None:
    assert covers(cidr, [spec.cidr for spec in layout(cidr, ZONES)])


@few
@given(cidr=vpc_ranges())
def test_private_subnets_have_the_most_room(cidr: str) -> None:
    room = {spec.tier: spec.addresses for spec in layout(cidr, ZONES)}
    assert room[Tier.PRIVATE] > room[Tier.PUBLIC] == room[Tier.ISOLATED]


@pytest.mark.parametrize(
    ("cidr", "says"),
    [
        ("10.0.0.0/25", "too small"),
        ("10.0.0.0/15", "larger than AWS"),
        ("8.8.0.0/16", "public"),
        ("172.17.0.0/16", "Docker"),
        ("10.0.0.1/16", "no IPv4 network"),
        ("fd00::/8", "no IPv4 network"),
        ("vpc", "no IPv4 network"),
    ],
)
def test_an_impossible_range_is_refused_with_the_reason_and_the_way_out(cidr: str, says: str) -> None:
    fault = cidr_fault(cidr)
    assert fault is not None
    assert says in fault
    assert ";" in fault, "the way out follows the fault"
    with pytest.raises(ValueError, match="cidr"):
        layout(cidr, ZONES[:2])


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_vpc_has_two_to_four_zones(count: int) -> None:
    with pytest.raises(ValueError, match="2 to 4"):
        layout("10.0.0.0/16", [f"zone-{number}" for number in range(count)])


def test_overlaps_names_both_ranges_and_skips_what_is_no_range() -> None:
    assert overlaps(["10.0.0.0/16", "nonsense", "10.0.4.0/24", "10.1.0.0/16"]) == [("10.0.0.0/16", "10.0.4.0/24")]
