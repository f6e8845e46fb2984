"""Capacity: types in their zones, reservations, addresses in subnets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.types import ec2 as ec2_types
from catalog.types import sagemaker
from tests.tools.preflight.make import Parts, job, pool, refusing, states_of, subnet, view
from tools.plan.view import UNKNOWN, ResourceView
from tools.preflight import addresses, offering, reservation
from tools.preflight.account import Account
from tools.preflight.addresses import Taker
from tools.preflight.fleets import Fleet
from tools.preflight.places import Place, Subnet
from tools.preflight.report import Row, State

AWS = Callable[[str], Any]


def offered(account: Account, *views: ResourceView) -> list[Row]:
    parts = Parts(account, *views)
    return offering.rows(parts.fleets, parts.places, account)


def test_a_type_that_no_zone_of_the_pool_has_is_short(account: Account) -> None:
    (found,) = offered(account, subnet("s", "us-east-1e"), pool(types=["p4d.24xlarge"], subnets=["s"]))
    assert (found.state, found.code, found.need) == (State.SHORT, "p4d.24xlarge", "us-east-1e")
    assert found.message == (
        f"node group gpu (2 x p4d.24xlarge) in us-east-1e; p4d.24xlarge is offered in {found.have}; "
        f"put it into {found.have} (slipway:network.zoneNames, gpuPools[].zones), or take another type"
    )


def test_a_type_that_is_nowhere_in_the_region_is_short_wherever_the_pool_is(account: Account) -> None:
    (found,) = offered(account, pool(types=["x9.large"], subnets=[UNKNOWN]))
    assert (found.state, found.have) == (State.SHORT, "nowhere")
    assert "another region" in found.message


def test_a_type_that_some_zones_have_fits_and_says_where_it_will_be(account: Account) -> None:
    both = [subnet("a", "us-east-1a"), subnet("e", "us-east-1e")]
    (found,) = offered(account, *both, pool(types=["p4d.24xlarge"], subnets=["a", "e"]))
    assert found.state == State.OK
    assert "it will stand in us-east-1a alone" in found.message


def test_before_ids_are_known_a_verdict_must_be_true_for_every_zone_of_the_plan(account: Account) -> None:
    a, b, e = (subnet(name, f"us-east-1{name}") for name in "abe")
    anywhere = pool(types=["p4d.24xlarge"], subnets=[UNKNOWN])
    assert states_of(offered(account, a, b, anywhere)) == [("ok", "p4d.24xlarge")]
    (found,) = offered(account, a, e, anywhere)
    assert found.state == State.UNKNOWN
    assert "which of the zones it will be is known at `up` only" in found.message
    assert states_of(offered(account, e, anywhere)) == [("short", "p4d.24xlarge")]


def test_the_account_is_asked_for_the_zone_of_existing_subnets(account: Account, aws: AWS) -> None:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    there = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24", AvailabilityZone="us-east-1e")["Subnet"]["SubnetId"]
    assert states_of(offered(account, pool(types=["p4d.24xlarge"], subnets=[there]))) == [("short", "p4d.24xlarge")]
    (found,) = offered(account, pool(types=["p4d.24xlarge"], subnets=["subnet-gone"]))
    assert found.state == State.UNKNOWN


def test_offerings_that_the_account_does_not_list_are_unknown() -> None:
    (found,) = offered(refusing(), pool(types=["g6.xlarge"], subnets=["s"]))
    assert (found.state, found.code) == (State.UNKNOWN, "g6.xlarge")
    assert "describe_instance_type_offerings: AccessDenied" in found.message


def with_efa(*subnets: Any) -> list[ResourceView]:
    interfaces = {"networkInterfaces": [{"interfaceType": "efa"}]}
    return [
        view(ec2_types.LAUNCH_TEMPLATE.token, interfaces, "t", id="lt"),
        pool(types=["p4d.24xlarge"], subnets=list(subnets), props={"launchTemplate": {"id": "lt"}}),
    ]


def test_a_pool_with_efa_is_in_one_zone(account: Account) -> None:
    a, b = subnet("a", "us-east-1a"), subnet("b", "us-east-1b")
    assert ("short", "efa") in states_of(offered(account, a, b, *with_efa("a", "b")))
    assert ("ok", "efa") in states_of(offered(account, a, b, *with_efa("a")))
    assert ("ok", "efa") in states_of(offered(account, a, b, *with_efa(UNKNOWN)))
    assert ("unknown", "efa") in states_of(offered(account, a, b, *with_efa(UNKNOWN, UNKNOWN)))


def reserved(account: Account, id_: str, *, most: int = 2, type_: str = "p5.48xlarge", start: int = 0, zone: str = "a") -> Row:
    target = {"capacityReservationTarget": {"capacityReservationId": id_}}
    template = view(ec2_types.LAUNCH_TEMPLATE.token, {"capacityReservationSpecification": target}, "t", id="lt")
    sizes = {"minSize": start, "desiredSize": start, "maxSize": most}
    props = {"launchTemplate": {"id": "lt"}, "scalingConfig": sizes}
    parts = Parts(account, template, subnet("s", f"us-east-1{zone}"), pool(types=[type_], subnets=["s"], props=props))
    (found,) = reservation.rows(parts.fleets, parts.places, account)
    return found


@pytest.fixture
def cr(aws: AWS) -> str:
    """A reservation of two p5 in us-east-1a."""
    asked = {"InstanceType": "p5.48xlarge", "InstancePlatform": "Linux/UNIX", "AvailabilityZone": "us-east-1a"}
    made = aws("ec2").create_capacity_reservation(InstanceCount=2, **asked)["CapacityReservation"]
    return str(made["CapacityReservationId"])


def test_a_pool_that_its_reservation_holds_fits(account: Account, cr: str) -> None:
    found = reserved(account, cr)
    assert (found.state, found.need, found.have) == (State.OK, 2, 2)
    assert found.message == "node group gpu (2 x p5.48xlarge): 2 of 2 free in us-east-1a"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"most": 3}, "it holds 2"),
        ({"type_": "p4d.24xlarge"}, "it holds p5.48xlarge"),
        ({"zone": "b"}, "it is in us-east-1a, the nodes in us-east-1b"),
    ],
)
def test_a_pool_that_its_reservation_does_not_hold_is_short(account: Account, cr: str, asked: Any, says: str) -> None:
    found = reserved(account, cr, **asked)
    assert found.state == State.SHORT
    assert says in found.message
    assert "gpuPools[]" in found.way_out[0]


def test_a_reservation_that_is_not_there_is_short(account: Account, cr: str, aws: AWS) -> None:
    aws("ec2").cancel_capacity_reservation(CapacityReservationId=cr)
    found = reserved(account, cr)
    assert (found.state, found.have) == (State.SHORT, 0)
    assert "no such reservation in this account and region" in found.message
    assert reserved(refusing(), cr).state == State.UNKNOWN


BLOCK = {
    "InstanceType": "p5.48xlarge",
    "AvailabilityZone": "us-east-1a",
    "TotalInstanceCount": 2,
    "AvailableInstanceCount": 0,
    "State": "scheduled",
    "StartDate": datetime(2026, 12, 1, 11, 30, tzinfo=UTC),
    "EndDate": datetime(2026, 12, 8, 11, 30, tzinfo=UTC),
}


@pytest.mark.parametrize(
    ("start", "held", "state", "says"),
    [
        (0, {}, State.UNKNOWN, "it is scheduled from 2026-12-01 11:30 UTC: no node comes before; it ends 2026-12-08 11:30 UTC"),
        (1, {}, State.SHORT, "nodes are wanted at once; begin with 0"),
        (0, {"State": "expired"}, State.SHORT, "it is expired"),
        (0, {"State": "active"}, State.SHORT, "0 of its 2 are free"),
        (0, {"State": "active", "AvailableInstanceCount": 2}, State.OK, "2 of 2 free in us-east-1a; it ends 2026-12-08"),
    ],
)
def test_a_capacity_block_has_its_dates(account: Account, start: int, held: dict[str, Any], state: State, says: str) -> None:
    parts = Parts(account, pool(types=["p5.48xlarge"], most=2, props={"scalingConfig": {"desiredSize": start, "maxSize": 2}}))
    place = Place(subnets=(Subnet(name="s", zone="us-east-1a"),))
    found = reservation.judged("cr-1", parts.fleets, parts.fleets[0].machines, [place], {**BLOCK, **held})
    assert found.state == state
    assert says in found.message


def test_a_reserved_pool_whose_place_is_known_at_up_only_is_unknown(account: Account) -> None:
    parts = Parts(account, pool(types=UNKNOWN, most=UNKNOWN, subnets=[UNKNOWN]))
    held = {**BLOCK, "State": "active", "AvailableInstanceCount": 2}
    found = reservation.judged("cr-1", parts.fleets, parts.fleets[0].machines, [Place(unknown=1)], held)
    assert found.state == State.UNKNOWN
    for words in ("where the nodes will be", "how many are wanted", "whether the type is the same"):
        assert words in found.message


def room(account: Account, *views: ResourceView) -> list[Row]:
    parts = Parts(account, *views)
    return addresses.rows(parts.views, parts.links, parts.fleets, parts.places, account)


def test_a_pool_is_compared_with_all_its_subnets_together(account: Account) -> None:
    small = [subnet("a", cidr="10.0.0.0/26"), subnet("b", cidr="10.0.1.0/26")]
    (found,) = room(account, *small, pool(types=["m6i.large"], most=8, subnets=["a", "b"]))
    # m6i.large: 3 interfaces of 10 addresses, two of which a node holds.
    assert (found.state, found.code, found.need, found.have) == (State.SHORT, "a, b", 160, 118)
    assert found.message.startswith("node group gpu (8 x m6i.large), 20 addresses a node: 160 addresses of 118 free: 42 short; ")
    (fits,) = room(account, *small, pool(types=["m6i.large"], most=5, subnets=["a", "b"]))
    assert (fits.state, fits.need) == (State.OK, 100)


def test_a_node_takes_two_prefixes_where_the_cni_hands_out_prefixes(account: Account) -> None:
    text = '{"env": {"ENABLE_PREFIX_DELEGATION": "true"}}'
    cni = view("aws:eks/addon:Addon", {"addonName": "vpc-cni", "configurationValues": text}, "cni")
    (found,) = room(account, cni, subnet("a"), pool(types=["m6i.large"], most=2, subnets=["a"]))
    assert found.need == 2 * 33


def test_each_subnet_must_have_room_for_what_is_in_each(account: Account) -> None:
    small = [subnet(name, cidr=f"10.0.{n}.0/28") for n, name in enumerate("ab")]
    services = [view("aws:ec2/vpcEndpoint:VpcEndpoint", {"subnetIds": ["a", "b"]}, f"endpoint-{n}") for n in range(9)]
    assert states_of(room(account, *small, *services)) == [("ok", "a"), ("ok", "b")]
    cluster = view("aws:eks/cluster:Cluster", {"vpcConfig": {"subnetIds": ["a"]}}, "c")
    assert states_of(room(account, *small, *services, cluster)) == [("short", "a"), ("ok", "b")]


def test_existing_subnets_have_as_many_free_addresses_as_ec2_reports(account: Account, aws: AWS) -> None:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    there = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/28")["Subnet"]["SubnetId"]
    one = job(many=6, type_="ml.m5.large")
    one = view(sagemaker.TRAINING_JOB.token, {**one.props, "vpcConfig": {"subnets": [there]}}, "j")
    (found,) = room(account, one)
    assert (found.state, found.need, found.have) == (State.SHORT, 12, 11)


def test_in_a_first_preview_no_subnet_is_known_and_the_bounds_decide(account: Account) -> None:
    a, b = subnet("a", cidr="10.0.0.0/26"), subnet("b", cidr="10.0.1.0/24")

    def state(most: int) -> tuple[str, str]:
        (found,) = states_of(room(account, a, b, pool(types=["m6i.large"], most=most, subnets=[UNKNOWN])))
        return found

    assert state(2) == ("ok", "subnets of the plan")  # 40: even the smaller one has 59
    assert state(5) == ("unknown", "subnets of the plan")  # 100: the larger has room, the smaller has not
    assert state(20) == ("short", "subnets of the plan")  # 400: together they have 310
    assert states_of(room(account, subnet("a", cidr=UNKNOWN), pool(subnets=[UNKNOWN]))) == [("unknown", "subnets of the plan")]


def test_an_unchanged_pool_takes_no_new_address(account: Account) -> None:
    assert room(account, subnet("a", cidr="10.0.0.0/28"), pool(most=50, subnets=["a"], op="same")) == []


def test_an_endpoint_takes_addresses_where_its_model_is(account: Account) -> None:
    views = [
        subnet("a", cidr="10.0.0.0/28"),
        view("aws:sagemaker/model:Model", {"vpcConfig": {"subnets": ["a"]}}, "m", id="m"),
        view(
            "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
            {
                "productionVariants": [
                    {"variantName": "v", "modelName": "m", "instanceType": "ml.m5.large", "initialInstanceCount": 6}
                ]
            },
            "c",
            id="c",
        ),
        view(sagemaker.ENDPOINT.token, {"endpointConfigName": "c"}, "e"),
    ]
    assert states_of(room(account, *views)) == [("short", "a")]


def test_addresses_of_subnets_that_ec2_does_not_describe_are_unknown() -> None:
    (found,) = room(refusing(), pool(subnets=["subnet-1"]))
    assert found.state == State.UNKNOWN
    assert "describe_subnets: AccessDenied" in found.message


names = st.sampled_from("abcd")


@given(
    free=st.dictionaries(names, st.integers(0, 30), min_size=4, max_size=4),
    takers=st.lists(st.tuples(st.sets(names, min_size=1), st.integers(1, 20)), min_size=1, max_size=4),
)
def test_a_set_of_subnets_is_short_exactly_where_it_has_less_than_must_fit_into_it(
    free: dict[str, int], takers: list[tuple[set[str], int]]
) -> None:
    """The short rows are those sets of subnets that takers name and that have less than the takers which fit only into them."""
    subnets = {name: Subnet(name=name, zone="z", free=many) for name, many in free.items()}
    given_ = [
        Taker(says=str(n), place=Place(subnets=tuple(subnets[name] for name in sorted(where))), many=many)
        for n, (where, many) in enumerate(takers)
    ]
    found = list(addresses.judged(given_, tuple(subnets.values())))
    short = {row.code for row in found if row.state == State.SHORT}
    wanted = {
        ", ".join(sorted(where))
        for where, _ in takers
        if sum(many for other, many in takers if other <= where) > sum(free[name] for name in where)
    }
    assert short == wanted


def test_a_plan_without_machines_asks_for_no_capacity() -> None:
    parts = Parts(refusing(), view(ec2_types.VPC.token))
    empty: list[Fleet] = []
    assert parts.fleets == empty
    assert offering.rows(empty, parts.places, parts.account) == []
    assert reservation.rows(empty, parts.places, parts.account) == []
