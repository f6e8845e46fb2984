"""Hints at what would cost less: from the price table, and none that would take away what a resource needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.instances import instance_table
from catalog.types import ec2, eks, sagemaker
from tests.tools.cost.make import NOTHING_USED, view
from tools.cost import Usage, estimate
from tools.cost.hints import ASKED, WORKING_HOURS, hints
from tools.cost.machines import Machine, cheapest, does_the_same
from tools.cost.prices import quote, table
from tools.cost.purchase import Purchase
from tools.cost.report import Hint
from tools.plan.view import UNKNOWN, Plan, ResourceView

INSTANCES = sorted(name for name in instance_table() if ("ec2", name, "us-east-1") in table())


def hinted(
    *views: ResourceView,
    usage: Usage = NOTHING_USED,
    production: bool = True,
    purchase: Purchase | None = None,
    region: str = "us-east-1",
    machines: Mapping[str, Machine] | None = None,
) -> tuple[Hint, ...]:
    plan, bought = Plan(views), purchase or Purchase()
    report = estimate(plan, region=region, usage=usage, purchase=bought)
    return hints(plan, report, machines or instance_table(), purchase=bought, production=production)


def group(instance: str = "m6i.xlarge", name: str = "pool", **more: Any) -> ResourceView:
    return view(eks.NODE_GROUP.token, {"instanceTypes": [instance], "diskSize": 0, **more}, name)


def test_another_type_with_as_much_of_everything_is_named_with_what_it_saves() -> None:
    (hint,) = hinted(group(scalingConfig={"desiredSize": 3, "minSize": 1}))
    assert "m6a.xlarge instead of m6i.xlarge has 4 vCPU, 16 GiB on x86_64" in hint.message
    assert hint.saves_usd == pytest.approx(3 * 730 * (0.192 - 0.1728))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(INSTANCES), st.sampled_from(["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1"]))
def test_a_hinted_type_is_cheaper_and_has_no_less_of_anything(instance: str, region: str) -> None:
    other = cheapest(instance, "ec2", region, instance_table())
    if other is None:
        return
    had, gets = instance_table()[instance], instance_table()[other]
    assert (gets.architecture, gets.accelerator) == (had.architecture, had.accelerator)
    for amount in ("vcpus", "memory_gib", "accelerators", "accelerator_memory_gib", "efa_interfaces", "nvme"):
        assert getattr(gets, amount) >= getattr(had, amount), amount
    assert not other.startswith("t") or instance.startswith("t")
    prices = [quote("ec2", name, region) for name in (other, instance)]
    assert prices[0].usd < prices[1].usd
    assert [price.stand_in for price in prices] == ["", ""]


def test_a_hint_for_an_endpoint_names_another_type_for_one_variant() -> None:
    variants = [
        {"variantName": "main", "instanceType": "ml.m5.xlarge", "initialInstanceCount": 2},
        {"variantName": "next", "instanceType": "ml.g5.xlarge", "initialInstanceCount": 1},
    ]
    views = (
        view(sagemaker.ENDPOINT.token, {"endpointConfigName": UNKNOWN}),
        view(sagemaker.ENDPOINT_CONFIGURATION.token, {"productionVariants": variants}, "configuration"),
    )
    # No SageMaker type of the table can stand in for another, so one is given memory that it does not have.
    types = instance_table()
    (hint,) = hinted(*views, machines={"m5.xlarge": types["m5.xlarge"], "c5.xlarge": replace(types["c5.xlarge"], memory_gib=16)})
    assert "ml.c5.xlarge instead of ml.m5.xlarge" in hint.message
    assert hint.saves_usd == pytest.approx(2 * 730 * (0.23 - 0.204))


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("i3en.xlarge", "i4i.xlarge"),
        ("m7a.xlarge", "m7i.xlarge"),
        ("m5.xlarge", "m6g.xlarge"),
        ("m5.xlarge", "t3a.xlarge"),
        ("m5.xlarge", "m4.xlarge"),
        ("m5.xlarge", "m7i-flex.xlarge"),
        ("g5.xlarge", "g6.xlarge"),
        ("m5.xlarge", "c5.xlarge"),
    ],
    ids=["less storage", "half cores", "another architecture", "burstable", "older", "flexible", "another GPU", "less memory"],
)
def test_a_type_that_lacks_something_does_not_do_the_same(name: str, other: str) -> None:
    assert not does_the_same(name, instance_table()[name], other, instance_table()[other])


def template(**props: Any) -> list[ResourceView]:
    """A pool that may be empty, of a type with a spot price and a cheaper kin, and its launch template."""
    free: dict[str, Any] = {"launchTemplate": {"id": UNKNOWN}, "scalingConfig": {"desiredSize": 2, "minSize": 0}}
    return [group("r6i.xlarge", **free), view(ec2.LAUNCH_TEMPLATE.token, props, "template")]


EFA = {"networkInterfaces": [{"interfaceType": "interface"}, {"interfaceType": "efa-only"}]}
RESERVATION = {"capacityReservationSpecification": {"capacityReservationTarget": {"capacityReservationId": "cr-1"}}}


def test_a_pool_that_may_be_empty_gets_a_hint_at_spot() -> None:
    (hint,) = hinted(*template())
    assert hint.message.startswith("capacityType SPOT")
    prices = [quote(service, "r6i.xlarge", "us-east-1").usd for service in ("ec2", "ec2-spot")]
    assert hint.saves_usd == pytest.approx(2 * 730 * (prices[0] - prices[1]))


@pytest.mark.parametrize(
    "props",
    [EFA, RESERVATION, {"networkInterfaces": UNKNOWN}, {"capacityReservationSpecification": UNKNOWN}],
    ids=["efa", "reservation", "interfaces unknown", "reservation unknown"],
)
def test_a_pool_with_efa_or_a_reservation_keeps_its_type_and_market(props: dict[str, Any]) -> None:
    assert hinted(*template(**props)) == ()


@pytest.mark.parametrize(
    "more",
    [{"capacityType": "CAPACITY_BLOCK"}, {"capacityType": "SPOT"}, {"instanceTypes": ["m6i.xlarge", "m5.xlarge"]}],
    ids=["capacity block", "spot already", "several types"],
)
def test_a_pool_whose_machines_cannot_change_gets_no_hint(more: dict[str, Any]) -> None:
    assert hinted(group(**{"scalingConfig": {"desiredSize": 2, "minSize": 0}, **more})) == ()


def test_a_pool_that_must_have_a_node_gets_no_hint_at_spot() -> None:
    found = hinted(group("r6i.xlarge", scalingConfig={"desiredSize": 2, "minSize": 1}))
    assert not any("SPOT" in hint.message for hint in found)


def test_an_instance_that_a_commitment_pays_for_gets_no_hint() -> None:
    plan = Purchase(option="savings-plan-1y", discount={"m6i.*": 0.3}, source="offer 4711", as_of="2026-10-01")
    assert hinted(group(), purchase=plan, production=False) == ()


def test_nights_and_weekends_are_hinted_at_outside_production_only() -> None:
    pool = group("g5.xlarge")
    (hint,) = hinted(pool, production=False)
    assert hint.saves_usd == pytest.approx((730 - WORKING_HOURS) * 1.006)
    assert "instanceHours" in hint.message
    assert hinted(pool) == ()
    at_work = Usage.of({"overrides": {"pool": {"instance_hours": WORKING_HOURS}}})
    assert hinted(pool, production=False, usage=at_work) == ()


def test_a_pool_that_may_be_empty_gets_a_hint_at_working_hours_unless_it_has_them() -> None:
    pool = group("g5.xlarge", scalingConfig={"desiredSize": 1, "minSize": 0}, capacityType="SPOT")
    (hint,) = hinted(pool, production=False)
    assert hint.message.endswith("slipway:cost.workingHours sees to that")
    assert hinted(pool, view("aws:scheduler/schedule:Schedule", name="evening"), production=False) == ()


def test_a_reserved_pool_gets_no_hint_to_stop_at_night() -> None:
    assert hinted(*template(**RESERVATION), production=False) == ()


@pytest.mark.parametrize("service", ["com.amazonaws.us-east-1.s3", UNKNOWN])
def test_a_nat_gateway_gets_a_hint_at_a_missing_gateway_endpoint(service: Any) -> None:
    usage = Usage(nat_gb=1000)
    (hint,) = hinted(view(ec2.NAT_GATEWAY.token), usage=usage)
    assert hint.saves_usd == pytest.approx(45.0)
    assert "at most" in hint.message
    assert hinted(view(ec2.NAT_GATEWAY.token), view(ec2.VPC_ENDPOINT.token, {"serviceName": service}), usage=usage) == ()


def test_a_second_nat_gateway_is_too_many_outside_production() -> None:
    pair = (view(ec2.NAT_GATEWAY.token, name="a"), view(ec2.NAT_GATEWAY.token, name="b"))
    (hint,) = hinted(*pair, production=False)
    assert hint.urn == pair[1].urn
    assert hint.saves_usd == pytest.approx(730 * 0.045)
    assert hinted(*pair) == ()


def test_an_interface_endpoint_for_s3_gets_a_hint_at_the_free_gateway_endpoint() -> None:
    props = {"vpcEndpointType": "Interface", "subnetIds": ["a", "b"], "serviceName": "com.amazonaws.us-east-1.s3"}
    (hint,) = hinted(view(ec2.VPC_ENDPOINT.token, props))
    assert hint.saves_usd == pytest.approx(2 * 730 * 0.01)


def test_a_price_reasoned_from_another_region_is_no_ground_for_a_hint() -> None:
    assert hinted(group(), region="us-east-2") == ()


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(ASKED)),
    st.dictionaries(
        st.sampled_from(
            [
                "instanceTypes", "instanceType", "launchTemplate", "scalingConfig", "capacityType", "endpointConfigName",
                "vpcEndpointType", "serviceName", "region", "productionVariants", "networkInterfaces", "instanceMarketOptions",
            ]
        ),
        st.sampled_from([UNKNOWN, "m5.large", ["m5.large"], [UNKNOWN], [None], {"id": UNKNOWN}, 3, True, [], {}, [{"a": 1}]]),
    ),
)  # fmt: skip
def test_odd_properties_are_never_a_crash(type_: str, props: dict[str, Any]) -> None:
    for hint in hinted(
        view(type_, props),
        view(sagemaker.ENDPOINT_CONFIGURATION.token, props),
        view(ec2.LAUNCH_TEMPLATE.token, props),
        production=False,
    ):
        assert hint.saves_usd >= 1
