"""The whole preflight: the check of the account, the plan of every stack, and odd plans."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.instances import instance_table
from catalog.types import appautoscaling, autoscaling, ec2, sagemaker
from catalog.types.every import CARDS
from tests.support.stacks import recorded_stack
from tests.tools.preflight.make import REGION, RefusingClient, job, pool, refusing, view
from tools.plan.view import UNKNOWN, Plan, Secret
from tools.preflight import Account, NoAccount, Preflight, State, preflight
from tools.preflight.places import PATHS

AWS = Callable[[str], Any]
ROOT = Path(__file__).resolve().parents[3]
OURS = "123456789012"


def asked(account: Account, *views: Any, owner: str = OURS) -> Preflight:
    return preflight(Plan(views), account, instance_table(), owner=owner)


def test_credentials_of_another_account_fail_first_and_nothing_else_is_asked(account: Account) -> None:
    found = asked(account, view(ec2.VPC.token), owner="222222222222")
    (row,) = found.rows
    assert (found.ok, row.kind, row.need, row.have) == (False, "account", "222222222222", OURS)
    assert "the stack is for account 222222222222 (slipway:accountId), the credentials are of 123456789012" in row.message
    assert "log in to 222222222222" in row.message


def test_the_account_of_the_local_cloud_is_not_compared_with_the_stacks(aws: AWS) -> None:
    assert asked(Account(aws, region=REGION, local=True), owner="222222222222").ok


def test_without_credentials_the_preflight_raises_no_account() -> None:
    with pytest.raises(NoAccount, match="rehearse with --local"):
        asked(Account(lambda _: RefusingClient(), region=REGION), view(ec2.VPC.token))


def test_unknown_rows_neither_fail_a_preflight_nor_count_as_ok() -> None:
    found = asked(refusing(), view(ec2.VPC.token), pool())
    assert found.ok
    assert {row.state for row in found.rows if row.kind != "account"} == {State.UNKNOWN}


def test_short_rows_come_first(account: Account) -> None:
    found = asked(account, view(ec2.VPC.token), pool(types=["g6.xlarge"]))
    states = [list(State).index(row.state) for row in found.rows]
    assert states == sorted(states)
    assert found.rows[0].code == "L-DB2E81BA"
    assert not found.ok


def hidden(value: Any, ids: set[str]) -> Any:
    """A value as a first preview has it: with `UNKNOWN` for every id."""
    if isinstance(value, str):
        return UNKNOWN if value in ids else value
    if isinstance(value, dict):
        return {key: hidden(item, ids) for key, item in value.items()}
    return [hidden(item, ids) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("stack", ["local", "prod"])
def test_a_stack_needs_the_same_whether_its_ids_are_known_or_not(stack: str, aws: AWS) -> None:
    plan = recorded_stack(stack)
    ids = {one.id for one in plan if one.id}
    first = [replace(one, props=hidden(one.props, ids), id="") for one in plan]
    known, unknown = (asked(Account(aws, region=REGION, local=True), *views) for views in (plan, first))
    assert {row.code for row in known.all(State.SHORT)} == {row.code for row in unknown.all(State.SHORT)} != set()
    # Without ids the bounds decide, so only permissions are unknown.
    assert {row.kind for row in unknown.all(State.UNKNOWN)} == {"permission"}
    assert {row.kind for row in known.rows} == {"account", "quota", "offering", "addresses", "name", "permission"}


def test_what_the_stack_file_asks_for_fits_when_all_that_is_short_was_granted(aws: AWS) -> None:
    plan = recorded_stack("prod")
    for row in asked(Account(aws, region=REGION, local=True), *plan).all(State.SHORT):
        words = row.way_out[0].split()
        options = dict(zip(words[3::2], words[4::2], strict=False))
        aws("service-quotas").request_service_quota_increase(
            ServiceCode=options["--service-code"],
            QuotaCode=options["--quota-code"],
            DesiredValue=float(options["--desired-value"]),
        )
    assert asked(Account(aws, region=REGION, local=True), *plan).ok


class Listening(Account):
    """An account that records the calls that it gets."""

    heard: set[tuple[str, str]]

    def _answered(self, service: str, operation: str, *more: Any) -> Any:
        self.heard.add((service, operation))
        return super()._answered(service, operation, *more)


# Operation -> the right that allows it, where the two have different names.
RIGHTS = {"s3:HeadBucket": "s3:ListBucket", "s3:ListBuckets": "s3:ListAllMyBuckets"}


def test_the_page_names_every_right_that_is_needed(aws: AWS) -> None:
    told = re.search(r"```json\n(.*?)```", (ROOT / "docs" / "preflight.md").read_text(), re.DOTALL)
    assert told
    documented = set(json.loads(told[1])["Statement"][0]["Action"])
    account = Listening(aws, region=REGION)
    account.heard = set()
    block = {"capacityReservationSpecification": {"capacityReservationTarget": {"capacityReservationId": "cr-1"}}}
    lost = job("lost", "ml.x9.large")  # so that AWS's defaults are asked for, too
    asked(
        account,
        *recorded_stack("prod"),
        view(ec2.INSTANCE.token, {"instanceType": "g6.xlarge", "subnetId": "subnet-1", **block}),
        lost,
    )
    needed = set()
    for service, operation in account.heard:
        api = aws(service).meta.method_to_api_mapping[operation]
        right = f"{service.replace('-', '')}:{api}"
        needed.add(RIGHTS.get(right, right))
    assert needed <= documented
    # This plan and account cause no call of these: no quota has a metric of use, the caller is no role, and nodes use prefixes.
    unheard = {"cloudwatch:GetMetricStatistics", "iam:SimulatePrincipalPolicy", "ec2:DescribeInstanceTypes"}
    assert documented - needed == unheard


leaves = st.one_of(
    st.just(UNKNOWN),
    st.none(),
    st.booleans(),
    st.integers(-5, 10**12),
    st.floats(),
    st.sampled_from(["", "s", "g6.xlarge", "cr-1"]),
)
values = st.recursive(
    leaves | leaves.map(Secret),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["instanceType", "maxSize", "id"]), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = {
    *("instanceTypes", "instanceType", "scalingConfig", "subnetIds", "subnetId", "launchTemplate", "vpcConfig", "resourceConfig"),
    *(
        "cidrBlock",
        "productionVariants",
        "endpointConfigName",
        "resourceId",
        "scalableDimension",
        "maxCapacity",
        "name",
        "bucket",
    ),
    *("url", "vpcId", "networkInterfaces", "configurationValues", "addonName", "capacityType", "vpcEndpointType", "role"),
    *("capacityReservationSpecification", "instanceMarketOptions", "enableManagedSpotTraining", "securityGroupId"),
}
keys = st.sampled_from(sorted(KEYS))
views = st.builds(
    lambda type_, props, op, before, name: view(type_, props, name, op=op, before=before, id=name),
    st.sampled_from(
        [
            *PATHS,
            *(card.token for card in CARDS.values() if card.rights),
            sagemaker.ENDPOINT_CONFIGURATION.token,
            appautoscaling.TARGET.token,
            autoscaling.GROUP.token,
        ]
    ),
    st.dictionaries(keys, values, max_size=6),
    st.sampled_from(["create", "update", "replace", "same", "delete", "read"]),
    st.dictionaries(keys, values, max_size=2),
    st.sampled_from(["a", "b", "s", "cr-1"]),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(views, max_size=6))
def test_an_odd_plan_never_raises_and_never_fits_an_account_that_does_not_answer(plan: list[Any]) -> None:
    found = asked(refusing(), *plan)
    # Two checks need no answer of the account: that of EFA in one zone, and that of addresses in the plan's own subnets.
    told = [row for row in found.rows if row.state == State.OK and row.kind not in ("account", "addresses") and row.code != "efa"]
    assert told == []
    assert all(row.message and row.code and row.kind for row in found.rows)


@pytest.mark.parametrize("count", [0, 1])
def test_a_plan_of_nothing_fits(account: Account, count: int) -> None:
    assert asked(account, *[view("slipway:network:Network", custom=False)] * count).ok
