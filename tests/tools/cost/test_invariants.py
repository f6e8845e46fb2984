"""Invariants of any plan: totals are sums, more is never cheaper, and odd properties never crash or hide a resource."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.types import ec2, eks, sagemaker
from tests.support.odd_values import odd_value
from tests.tools.cost.make import line, view
from tools.cost import Usage, estimate
from tools.cost.prices import table
from tools.cost.rows import ROWS
from tools.cost.usage import numbers
from tools.plan.view import Plan, ResourceView

TYPES = sorted(ROWS)
INSTANCES = sorted({row.dimension for row in table().values() if row.service == "ec2"})
REGIONS = ["us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1", "sa-east-1"]

TEXTS = ["g5.xlarge", "ml.g5.xlarge", "SPOT", "Interface", "gp3", "LoadBalancer", "12", "-3", "1e9", "\x00 x"]
_KEYS = """
scalingConfig desiredSize maxSize minSize instanceTypes instanceType launchTemplate id diskSize capacityType subnetIds
vpcEndpointType endpointConfigName productionVariants size type iops throughput period metricQueries metric retentionInDays
region fifoQueue resource_config instance_type instance_count max_runtime_in_seconds volume_size_in_gb spec resources
requests storage rules memorySize architectures billingMode
"""
KEYS = _KEYS.split()


def odd_plan(random: Random) -> Plan:
    """Resources of any types, priced or not, with odd properties and any operation."""
    types = [*TYPES, "aws:ec2/subnet:Subnet", "aws:no/body:Knows", ec2.LAUNCH_TEMPLATE.token]
    ops = ["create", "update", "replace", "delete", "same", "read"]
    views = []
    for number in range(random.randrange(25)):
        props = {key: odd_value(random, KEYS, TEXTS) for key in random.choices(KEYS, k=random.randrange(6))}
        views.append(view(random.choice(types), props, f"r{number}", op=random.choice(ops)))
    return Plan(views)


# Each example is a plan of twelve resources on average.
@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(REGIONS))
def test_any_plan_is_priced_whole_and_its_totals_are_the_sums_of_its_lines(seed: int, region: str) -> None:
    plan = odd_plan(Random(seed))
    report = estimate(plan, region=region)
    live = {item.urn for item in plan if item.op not in ("delete", "read")}
    named = {item.urn for item in report.lines} | {item.urn for item in report.unpriced}
    assert named == live, "every live resource has a line or is named as unpriced"
    for column in ("monthly_usd", "min_usd", "max_usd"):
        values = [getattr(item, column) for item in report.lines]
        assert math.isclose(getattr(report, column), math.fsum(values), rel_tol=1e-9, abs_tol=1e-4)
    for item in report.lines:
        assert 0 <= item.min_usd <= item.monthly_usd + 1e-4, item
        assert item.monthly_usd <= item.max_usd + 1e-4, item
        assert math.isfinite(item.max_usd)
        assert item.basis
        assert item.monthly_usd > 0 or item.max_usd > 0 or item.basis.startswith("free: ") or " 0" in item.basis, item


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(INSTANCES), st.integers(0, 50), st.integers(0, 50), st.sampled_from(REGIONS[:-1]), st.booleans())
def test_more_nodes_are_never_cheaper(instance: str, fewer: int, extra: int, region: str, spot: bool) -> None:
    def group(count: int) -> ResourceView:
        kind = "SPOT" if spot else "ON_DEMAND"
        return view(
            eks.NODE_GROUP.token, {"instanceTypes": [instance], "capacityType": kind, "scalingConfig": {"desiredSize": count}}
        )

    few, many = line(group(fewer), region=region), line(group(fewer + extra), region=region)
    assert few.monthly_usd <= many.monthly_usd
    assert (few.monthly_usd == many.monthly_usd) == (extra == 0)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 20), st.integers(0, 20), st.sampled_from(["ml.m5.large", "ml.g5.xlarge", "ml.p5.48xlarge"]))
def test_more_endpoint_instances_and_longer_jobs_are_never_cheaper(count: int, extra: int, instance: str) -> None:
    def endpoint(instances: int) -> float:
        variant = {"variantName": "v", "instanceType": instance, "initialInstanceCount": instances}
        config = view(sagemaker.ENDPOINT_CONFIGURATION.token, {"name": "c", "productionVariants": [variant]})
        return line(view(sagemaker.ENDPOINT.token, {"endpointConfigName": "c"}), config).monthly_usd

    def job(hours: int) -> float:
        return line(
            view(sagemaker.TRAINING_JOB.token, {"instance_type": instance, "max_runtime_in_seconds": hours * 3600})
        ).one_off_max_usd

    assert endpoint(count) <= endpoint(count + extra)
    assert job(count) <= job(count + extra)


# Properties with which every assumption matters.
USING: dict[str, Any] = {
    "instance_type": "ml.m5.large",
    "subnetIds": ["a"],
    "vpcEndpointType": "Interface",
    "billingMode": "PAY_PER_REQUEST",
    "streamModeDetails": {"streamMode": "ON_DEMAND"},
    "environment": {"computeType": "BUILD_GENERAL1_LARGE"},
}


@pytest.mark.parametrize("name", [name for name in numbers() if name not in ("hours", "instance_hours")])
def test_more_use_is_dearer(name: str) -> None:
    plan = Plan([view(type_, USING, type_) for type_ in TYPES])
    base = Usage()
    little, much = (
        estimate(plan, region="us-east-1", usage=usage).monthly_usd
        for usage in (base, Usage.of({name: getattr(base, name) * 1000 + 1000}))
    )
    assert little < much


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(INSTANCES), st.sampled_from(["eu-west-1", "eu-central-1", "ap-northeast-1"]))
def test_a_region_changes_the_price_but_stays_near_it(instance: str, region: str) -> None:
    def monthly(where: str) -> float:
        return line(view(eks.NODE_GROUP.token, {"instanceTypes": [instance], "diskSize": 0}), region=where).monthly_usd

    if ("ec2", instance, "us-east-1") in table():
        assert 0.8 * monthly("us-east-1") <= monthly(region) <= 2.0 * monthly("us-east-1")
