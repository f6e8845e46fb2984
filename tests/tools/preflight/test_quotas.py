"""Quotas: what a plan takes of each, compared with an account that the tests fill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.instances import instance_table
from catalog.types import appautoscaling, sagemaker
from catalog.types import ec2 as ec2_types
from tests.tools.preflight.make import REGION, Caller, Parts, job, pool, refusing, view
from tools.plan.links import LinkedPlan
from tools.plan.view import UNKNOWN, ResourceView
from tools.preflight import quotas
from tools.preflight.account import Account, Quota
from tools.preflight.counted import COUNTED
from tools.preflight.families import FAMILIES, ON_DEMAND, SPOT, quota_of
from tools.preflight.fleets import fleets
from tools.preflight.needs import Need
from tools.preflight.quotas import Wanted, judged
from tools.preflight.report import Row, State

G = "L-DB2E81BA"


def rows(account: Account, *views: ResourceView) -> list[Row]:
    parts = Parts(account, *views)
    return quotas.rows(parts.views, parts.links, parts.fleets, instance_table(), account)


def row(account: Account, code: str, *views: ResourceView) -> Row:
    (found,) = [row for row in rows(account, *views) if row.code == code]
    return found


def test_a_pool_at_its_largest_is_compared_with_the_quota_of_its_family(account: Account) -> None:
    found = row(account, G, pool(types=["g6.12xlarge"], most=4))
    assert (found.state, found.need, found.have) == (State.SHORT, 192, 0)
    assert found.message == (
        "node group gpu (4 x g6.12xlarge): 192 vCPU of `Running On-Demand G and VT instances`; the account may have 0: "
        "192 short; aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-DB2E81BA "
        "--desired-value 192 --region us-east-1"
    )
    assert found.way_out[1] == "https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ec2/quotas/L-DB2E81BA"


def test_a_granted_quota_fits(account: Account, grant: Callable[[str, float], None]) -> None:
    grant(f"ec2/{G}", 192)
    found = row(account, G, pool(types=["g6.12xlarge"], most=4))
    assert (found.state, found.need, found.have, found.way_out) == (State.OK, 192, 192, ())


def test_pools_of_one_family_are_counted_together_and_spot_apart(account: Account, grant: Callable[[str, float], None]) -> None:
    grant(f"ec2/{G}", 9)
    one, two = pool("one", ["g5.xlarge"], 1), pool("two", ["g6.2xlarge"], 1)
    assert row(account, G, one, two).need == 12
    assert row(account, "L-3819A6DF", one, pool("spot", ["g5.xlarge"], 1, props={"capacityType": "SPOT"})).need == 4


def test_of_several_types_the_largest_counts(account: Account) -> None:
    assert row(account, G, pool(types=["g5.xlarge", "g6.2xlarge"], most=3)).need == 24


def test_reserved_machines_take_no_quota(account: Account) -> None:
    block = pool(props={"capacityType": "CAPACITY_BLOCK"})
    assert [found.code for found in rows(account, block) if found.kind == "quota" and found.need == 8] == []
    path = {"capacityReservationSpecification": {"capacityReservationTarget": {"capacityReservationId": "cr-1"}}}
    assert [
        found for found in rows(account, view(ec2_types.INSTANCE.token, {"instanceType": "g6.xlarge", **path})) if found.code == G
    ] == []


@pytest.mark.parametrize(
    ("op", "before", "added"),
    [
        ("create", {}, 8),
        ("replace", {}, 8),
        ("update", {"scalingConfig": {"maxSize": 1}}, 4),
        ("update", {"scalingConfig": {"maxSize": 5}}, 0),
        ("update", {}, 0),
        ("same", {}, 0),
    ],
)
def test_only_what_the_change_adds_is_new(op: str, before: dict[str, Any], added: int) -> None:
    if before:
        before = {**before, "instanceTypes": ["g6.xlarge"]}
    one = replace(pool(most=2, op=op), before=before)
    (wanted,) = quotas.vcpus(fleets([one], LinkedPlan([one])), instance_table())
    assert (wanted.need.total, wanted.need.added) == (8, added)


def test_a_deleted_pool_takes_nothing(account: Account) -> None:
    assert rows(account, pool(op="delete")) == []


def test_a_need_that_is_known_at_up_only_is_unknown_and_never_ok(account: Account) -> None:
    for one in (
        pool(types=UNKNOWN),
        pool(most=UNKNOWN),
        pool(types=[UNKNOWN]),
        view(ec2_types.INSTANCE.token, {"instanceType": UNKNOWN}),
    ):
        (found,) = [row for row in rows(account, one) if "vCPU" in row.code]
        assert found.state == State.UNKNOWN
        assert "known at `up` only" in found.message


def test_the_type_of_a_launch_template_counts_and_eks_has_a_default(account: Account) -> None:
    template = view(ec2_types.LAUNCH_TEMPLATE.token, {"instanceType": "g6.xlarge"}, "t", id="lt-1")
    assert row(account, G, template, pool(types=(), props={"launchTemplate": {"id": "lt-1"}})).need == 8
    assert row(account, "L-1216C47A", pool(types=(), most=2)).need == 4


def test_an_account_that_does_not_answer_is_unknown_with_its_reason() -> None:
    found = rows(refusing(), pool(), job(), view(ec2_types.VPC.token))
    assert {row.state for row in found} == {State.UNKNOWN}
    assert "AccessDenied: User is not authorized" in found[0].message


def test_sagemaker_is_counted_by_type_and_use(account: Account) -> None:
    found = rows(account, job("a", many=3), job("b", many=2), job("c", spot=True), job("d", "ml.p4d.24xlarge"))
    assert [(str(row.state), row.need, row.have) for row in found] == [("short", 5, 4), ("ok", 1, 4), ("short", 1, 0)]
    assert "`ml.m5.large for training job usage`" in found[0].message
    assert "`ml.m5.large for spot training job usage`" in found[1].message
    assert found[0].code.startswith("L-")


def test_a_job_that_has_run_takes_no_machine(account: Account) -> None:
    (found,) = rows(account, job(many=9, op="same"))
    assert (found.state, found.need) == (State.OK, 0)


def variant(name: str, type_: Any = "ml.m5.large", many: Any = 1) -> dict[str, Any]:
    return {"variantName": name, "instanceType": type_, "initialInstanceCount": many}


def endpoint(variants: Any, op: str = "create", most: Any = 5) -> list[ResourceView]:
    scaled = {"scalableDimension": "sagemaker:variant:DesiredInstanceCount", "maxCapacity": most}
    return [
        view(sagemaker.ENDPOINT_CONFIGURATION.token, {"productionVariants": variants}, "c", id="c"),
        view(sagemaker.ENDPOINT.token, {"endpointConfigName": "c", "name": "e"}, "e", op=op),
        view(appautoscaling.TARGET.token, {"resourceId": "endpoint/e/variant/main", **scaled}, "t"),
    ]


def test_an_endpoint_is_counted_as_far_as_it_scales_and_variants_together(account: Account) -> None:
    (found,) = rows(account, *endpoint([variant("main"), variant("other", many=2)]))
    assert (found.state, found.need, found.have) == (State.SHORT, 7, 4)
    assert "variant main of endpoint e (5 x ml.m5.large), variant other of endpoint e (2 x ml.m5.large): 7" in found.message


def test_an_updated_endpoint_is_brought_up_beside_the_old_one() -> None:
    views = endpoint([variant("main", many=2)], op="update")
    (wanted,) = quotas.sagemaker(fleets(views, LinkedPlan(views)))
    assert (wanted.need.total, wanted.need.added) == (5, 2)


def test_a_type_without_a_quota_of_its_name_is_unknown(account: Account) -> None:
    (found,) = rows(account, job(type_="ml.x9.large"))
    assert found.state == State.UNKNOWN
    assert found.message == (
        "training job digits (1 x ml.x9.large): 1 of `ml.x9.large for training job usage`; sagemaker tells no quota of this name"
    )


def test_resources_that_the_account_has_already_count(account: Account, aws: Callable[[str], Any]) -> None:
    ec2 = aws("ec2")
    for _ in range(4):
        ec2.create_vpc(CidrBlock="10.0.0.0/16")
    found = row(account, "L-F678F1CE", view(ec2_types.VPC.token, name="mine"))
    assert (found.state, found.need, found.have) == (State.SHORT, 1, 0)  # moto begins with a default VPC, as an account does
    assert "the account may have 5 and uses 5: 1 short" in found.message
    assert "--desired-value 6 " in found.message


def test_a_resource_of_the_plan_that_exists_already_is_not_counted_twice(account: Account, aws: Callable[[str], Any]) -> None:
    for _ in range(4):
        aws("ec2").create_vpc(CidrBlock="10.0.0.0/16")
    found = row(account, "L-F678F1CE", view(ec2_types.VPC.token, name="mine", op="same"))
    assert (found.state, found.need) == (State.OK, 0)


def test_within_one_vpc_only_its_own_count_and_unknown_ones_may_come_together(account: Account) -> None:
    nat = "aws:ec2/natGateway:NatGateway"
    zones = [view("aws:ec2/subnet:Subnet", {"availabilityZone": zone}, zone, id=zone) for zone in ("a", "b")]
    spread = [view(nat, {"subnetId": "ab"[n % 2]}, str(n)) for n in range(6)]
    assert row(account, "L-FE5A380F", *zones, *spread).state == State.OK
    assert row(account, "L-FE5A380F", *zones, *[replace(one, props={"subnetId": "a"}) for one in spread]).state == State.SHORT
    lost = row(account, "L-FE5A380F", *zones, *[replace(one, props={"subnetId": UNKNOWN}) for one in spread])
    assert (lost.state, lost.need) == (State.UNKNOWN, 6)
    assert "how many come together is known at `up` only" in lost.message


def test_use_that_cloudwatch_counts_is_subtracted_from_the_quota(account: Account, aws: Callable[[str], Any]) -> None:
    dimensions = {"Service": "EC2", "Type": "Resource", "Resource": "vCPU", "Class": "G/OnDemand"}
    aws("cloudwatch").put_metric_data(
        Namespace="AWS/Usage",
        MetricData=[
            {
                "MetricName": "ResourceCount",
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                "Value": 12.0,
            }
        ],
    )
    metric = {"MetricNamespace": "AWS/Usage", "MetricName": "ResourceCount", "MetricDimensions": dimensions}
    quota = Quota(service="ec2", code=G, name="G", value=16, metric=metric)
    used = account.used(quota)
    assert used == 12
    wanted = Wanted(service="ec2", code=G, name="G", unit="vCPU ", need=Need(total=8, added=8, by=("gpu",)))
    found = judged(wanted, quota, used, "", REGION)
    assert (found.state, found.need, found.have) == (State.SHORT, 8, 4)
    assert found.says == "gpu: 8 vCPU of `G`; the account may have 16 and uses 12: 4 short"
    assert account.used(replace(quota, metric={**metric, "MetricDimensions": {"Class": "none"}})) is None


class OnlyDefaults(Caller):
    """An account to which no quota was ever applied."""

    def list_service_quotas(self, **_: Any) -> dict[str, Any]:
        return {"Quotas": [{"QuotaCode": "L-2", "QuotaName": "Two"}]}

    def list_aws_default_service_quotas(self, **_: Any) -> dict[str, Any]:
        return {"Quotas": [{"QuotaCode": "L-1", "QuotaName": "One", "Value": 7.0}]}


def test_a_quota_that_was_never_applied_has_awss_default() -> None:
    account = Account(lambda _: OnlyDefaults(), region=REGION)
    assert (
        account.quota("ec2", "L-1", "One")
        == account.quota("ec2", "", "One")
        == Quota(service="ec2", code="L-1", name="One", value=7)
    )
    assert account.quota("ec2", "L-2", "Two") is None  # told without a value


def test_a_quota_that_is_fixed_says_so() -> None:
    wanted = Wanted(service="eks", code="L-1", name="Q", unit="", need=Need(total=9, added=9, by=("it",)))
    quota = Quota(service="eks", code="L-1", name="Q", value=4, adjustable=False)
    assert judged(wanted, quota, None, "", REGION).way_out == ("AWS does not raise this quota: take less, or another account",)


def test_a_larger_iam_quota_is_requested_in_us_east_1() -> None:
    wanted = Wanted(service="iam", code="L-FE177D64", name="Roles", unit="", need=Need(total=2, added=2, by=("it",)))
    quota = Quota(service="iam", code="L-FE177D64", name="Roles", value=1)
    assert "--region us-east-1" in judged(wanted, quota, None, "", "eu-west-1").message


amounts = st.integers(0, 300)


@given(total=amounts, share=st.floats(0, 1), value=amounts, used=st.none() | amounts)
def test_a_verdict_is_short_exactly_when_what_is_new_does_not_fit(total: int, share: float, value: int, used: int | None) -> None:
    added = int(total * share)
    wanted = Wanted(service="ec2", code=G, name="G", unit="", need=Need(total=total, added=added, by=("it",)))
    found = judged(wanted, Quota(service="ec2", code=G, name="G", value=value), used, "", REGION)
    over = total > value or (used is not None and used + added > value)
    assert (found.state == State.SHORT) == (added > 0 and over)
    assert bool(found.way_out) == (found.state == State.SHORT)
    if found.state == State.SHORT:
        asked = int(found.message.split("--desired-value ")[1].split(" ")[0])
        granted = judged(wanted, Quota(service="ec2", code=G, name="G", value=asked), used, "", REGION)
        assert granted.state == State.OK, "what is asked for is enough"


TYPES = sorted(type_ for type_ in instance_table() if quota_of(type_, ON_DEMAND))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(TYPES), st.integers(0, 20)), max_size=5))
def test_every_vcpu_of_a_plan_is_counted_once(pools: list[tuple[str, int]]) -> None:
    views = [pool(str(number), [type_], most) for number, (type_, most) in enumerate(pools)]
    wanted = quotas.vcpus(fleets(views, LinkedPlan(views)), instance_table())
    assert sum(one.need.total for one in wanted) == sum(instance_table()[type_].vcpus * most for type_, most in pools)
    assert len({one.code for one in wanted}) == len(wanted)


def test_every_type_but_a_mac_has_a_quota_on_demand() -> None:
    assert {type_.partition(".")[0][:3] for type_ in instance_table() if quota_of(type_, ON_DEMAND) is None} == {"mac"}
    assert quota_of("p5.48xlarge", SPOT) != quota_of("p4d.24xlarge", SPOT)
    assert quota_of("hpc7a.96xlarge", SPOT) is None


def test_the_local_cloud_lists_every_quota_that_has_a_code(account: Account) -> None:
    asked = [("ec2", *pair) for one in FAMILIES for pair in (one.on_demand, one.spot) if pair[0]]
    asked += [(one.quota.service, one.quota.code, one.quota.name) for one in COUNTED]
    for service, code, name in asked:
        told = account.quota(service, code, name)
        assert told is not None, code
        assert told.name == name
